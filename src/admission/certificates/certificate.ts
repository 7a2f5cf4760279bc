/**
 * Reads certificates: how long they hold, for which hosts, who issued them, which key is theirs.
 *
 * Everything here answers and nothing throws: what people or other programs left in a Secret or a configuration may be
 * anything. Pure; makes no certificates.
 * @module
 */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { canonicalHost, isAddress } from "./hosts.ts";

/** A certificate that could be read. Times are milliseconds since the Unix epoch. */
export interface Certificate {
  readonly pem: string;
  /** SHA-256 of the whole certificate; equal ones are the same certificate. */
  readonly fingerprint: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly x509: X509Certificate;
}

/** A certificate with its private key in PEM. */
export interface KeyPair {
  readonly certificate: Certificate;
  readonly key: string;
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** A bundle that is longer was not made by us, and reading all of it would take time. */
const BUNDLE_LENGTH_MAX = 262_144;

/** Returns every certificate of a text in PEM, each once; what cannot be read is left out. */
export function readCertificates(text: string): Certificate[] {
  const blocks = text.length > BUNDLE_LENGTH_MAX ? [] : (text.match(PEM_BLOCK) ?? []);
  return distinct(blocks.flatMap((block) => readBlock(block) ?? []));
}

/** Returns the only certificate of a text; `undefined` where there is none, or another one beside it. */
export function readCertificate(text: string): Certificate | undefined {
  const [first, second] = readCertificates(text);
  return second ? undefined : first;
}

function readBlock(block: string): Certificate | undefined {
  try {
    const x509 = new X509Certificate(block);
    return {
      pem: `${block}\n`,
      fingerprint: x509.fingerprint256,
      notBefore: x509.validFromDate.getTime(),
      notAfter: x509.validToDate.getTime(),
      x509,
    };
  } catch {
    return undefined;
  }
}

/** Returns the certificates in their order without those that came before. */
export function distinct(certificates: readonly Certificate[]): Certificate[] {
  return [...new Map(certificates.map((certificate) => [certificate.fingerprint, certificate])).values()];
}

export function isSame(left: Certificate | undefined, right: Certificate | undefined): boolean {
  return left?.fingerprint === right?.fingerprint;
}

/** Tells whether a certificate has begun to hold and has not ended. */
export function isValidAt({ notBefore, notAfter }: Certificate, now: number): boolean {
  return notBefore <= now && now < notAfter;
}

/** Tells whether `authority` issued and signed a certificate. */
export function isIssuedBy({ x509 }: Certificate, authority: Certificate): boolean {
  try {
    return authority.x509.ca && x509.checkIssued(authority.x509) && x509.verify(authority.x509.publicKey);
  } catch {
    return false;
  }
}

/** Tells whether clients that call any of these hosts (DNS names or IP addresses) accept a certificate. */
export function covers({ x509 }: Certificate, hosts: readonly string[]): boolean {
  const isNamed = (host: string): boolean =>
    (isAddress(host) ? x509.checkIP(host) : x509.checkHost(host, { subject: "never", wildcards: false })) !== undefined;
  try {
    return hosts.every(isNamed);
  } catch {
    return false;
  }
}

/** Returns the DNS names and IP addresses that a certificate names, in their canonical form. */
export function hostsOf({ x509 }: Certificate): string[] {
  const names = (x509.subjectAltName ?? "").split(", ");
  const hosts = names.flatMap((name) => /^(?:DNS|IP Address):([\w.:-]+)$/.exec(name)?.[1] ?? []);
  return hosts.map(canonicalHost);
}

/** Returns a private key, where a text is one in PEM of the kind that we make (ECDSA P-256). */
export function readKey(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(text);
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Tells whether a text is the private key of a certificate. */
export function isKeyOf(text: string, { x509 }: Certificate): boolean {
  const key = readKey(text);
  return key !== undefined && x509.checkPrivateKey(key);
}
