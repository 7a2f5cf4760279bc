/**
 * Makes certificates: an authority (CA), and the certificate that the webhook server shows, signed by one.
 *
 * ECDSA P-256 with SHA-256. Knows no cluster and no clock, and keeps nothing; the only file that imports `@peculiar/x509`.
 * Keys are made and used synchronously, so that under a virtual clock no time passes meanwhile.
 * @module
 */

import "reflect-metadata"; // What @peculiar/x509 finds its parts by; it must come first.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509Certificate as X509Structure,
} from "@peculiar/x509";
import { toDate } from "../../clock.ts";
import { type KeyPair, readCertificate, readKey } from "./certificate.ts";
import { isAddress } from "./hosts.ts";

/** From when until when, in milliseconds since the Unix epoch; certificates know whole seconds, the rest is cut off. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

interface Wanted extends Validity {
  readonly serialNumber: string;
  readonly subject: string;
  readonly issuer: string | X509Structure["subjectName"];
  readonly extensions: Extension[];
}

type Create = Parameters<typeof X509CertificateGenerator.create>;

const P256_POINT_BYTES = 65;

/** Returns a new authority. Each has a name of its own, so that nobody takes one for another. */
export async function makeAuthority(validity: Validity): Promise<KeyPair> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serialNumber = newSerialNumber();
  const name = `CN=autopool-webhook-ca-${serialNumber.slice(0, 8)}`;
  const extensions = [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    new SubjectKeyIdentifierExtension(keyId(publicKey)),
  ];
  const wanted = { ...validity, serialNumber, subject: name, issuer: name, extensions };
  return finish(privateKey, await create(wanted, publicKey, privateKey));
}

/**
 * Returns a new certificate for a server of these hosts (DNS names or IP addresses), with a key of its own.
 *
 * It ends with its authority at the latest.
 * @throws {Error} If the authority's key cannot sign.
 */
export async function issueServing(
  authority: KeyPair,
  hosts: readonly string[],
  { notBefore, notAfter }: Validity,
): Promise<KeyPair> {
  const signingKey = readKey(authority.key);
  if (!signingKey) throw new Error("Cannot issue a certificate: the key of the authority is no P-256 key");
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { certificate } = authority;
  // It may be one that a person has put there: its names are taken as they are.
  const issuer = new X509Structure(certificate.pem);
  const issuerKeyId = issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  const extensions = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isAddress(value) ? "ip" : "dns", value }))),
    ...(issuerKeyId ? [new AuthorityKeyIdentifierExtension(issuerKeyId)] : []),
    new SubjectKeyIdentifierExtension(keyId(publicKey)),
  ];
  const wanted: Wanted = {
    notBefore,
    notAfter: Math.min(notAfter, certificate.notAfter),
    serialNumber: newSerialNumber(),
    subject: "CN=autopool-webhook",
    issuer: issuer.subjectName,
    extensions,
  };
  return finish(privateKey, await create(wanted, publicKey, signingKey));
}

async function create(wanted: Wanted, publicKey: KeyObject, signingKey: KeyObject): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const parameters = {
    ...wanted,
    notBefore: toDate(wanted.notBefore),
    notAfter: toDate(wanted.notAfter),
    publicKey: publicKey.export({ format: "der", type: "spki" }),
    signingKey: { algorithm, key: signingKey },
    signingAlgorithm: algorithm,
  };
  // Web Crypto as far as it is used here. The library's default would sign in another thread.
  const engine = {
    subtle: {
      sign: async (_: unknown, { key }: { key: KeyObject }, data: ArrayBuffer) =>
        sign("sha256", new Uint8Array(data), { key, dsaEncoding: "ieee-p1363" }),
    },
  };
  const made = await X509CertificateGenerator.create(
    parameters as unknown as Create[0],
    engine as unknown as Create[1],
  );
  return made.toString("pem");
}

function finish(privateKey: KeyObject, pem: string): KeyPair {
  const certificate = readCertificate(pem);
  if (!certificate) throw new Error("Cannot make a certificate: what was made cannot be read");
  return { certificate, key: privateKey.export({ format: "pem", type: "pkcs8" }).toString() };
}

/** 16 random octets, as hex digits; the first one is such that the number is positive and has no leading zero. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString("hex");
}

/** SHA-1 of the point, as RFC 5280 §4.2.1.2 proposes; it names a key and protects nothing. */
function keyId(publicKey: KeyObject): string {
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-P256_POINT_BYTES);
  return createHash("sha1").update(point).digest("hex");
}
