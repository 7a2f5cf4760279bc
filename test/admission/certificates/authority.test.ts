/** The certificates that are made, read back by another library; and reading what is none. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { issueServing, makeAuthority } from "../../../src/admission/certificates/authority.ts";
import {
  covers,
  hostsOf,
  isIssuedBy,
  isKeyOf,
  readCertificate,
  readCertificates,
} from "../../../src/admission/certificates/certificate.ts";

const authorities = suite("authority");
const hour = 3_600_000;
const now = Date.UTC(2026, 0, 1);
const validity = { notBefore: now, notAfter: now + 10 * hour };

authorities("signs itself, and nothing but certificates", async () => {
  const { certificate, key } = await makeAuthority(validity);

  assert.ok(certificate.x509.ca);
  assert.ok(isIssuedBy(certificate, certificate));
  assert.ok(isKeyOf(key, certificate));
  assert.equal([certificate.notBefore, certificate.notAfter], [validity.notBefore, validity.notAfter]);
  assert.is(certificate.x509.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
});

authorities("issues for DNS names and addresses of both families, to servers alone", async () => {
  const authority = await makeAuthority(validity);
  const hosts = ["a.b.svc", "localhost", "127.0.0.1", "fd00::7"];

  const { certificate, key } = await issueServing(authority, hosts, validity);

  assert.equal(hostsOf(certificate), hosts);
  assert.ok(covers(certificate, hosts));
  assert.not(covers(certificate, ["b.svc"]));
  assert.not(covers(certificate, ["127.0.0.2"]));
  assert.equal(certificate.x509.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
  assert.not(certificate.x509.ca);
  assert.ok(isIssuedBy(certificate, authority.certificate));
  assert.ok(isKeyOf(key, certificate));
  assert.not(isKeyOf(authority.key, certificate));
});

authorities("issues nothing that outlives it", async () => {
  const authority = await makeAuthority(validity);
  const { certificate } = await issueServing(authority, ["a"], { notBefore: now, notAfter: now + 99 * hour });
  assert.is(certificate.notAfter, validity.notAfter);
});

authorities("is never taken for another one", async () => {
  const [one, other] = [await makeAuthority(validity), await makeAuthority(validity)];
  const { certificate } = await issueServing(one, ["a"], validity);
  assert.not(isIssuedBy(certificate, other.certificate));
  assert.is.not(one.certificate.x509.subject, other.certificate.x509.subject);
});

authorities("writes dates after 2049, where the format changes", async () => {
  for (const year of [2049, 2050, 2100]) {
    const notBefore = Date.UTC(year, 11, 31, 23, 59, 59);
    const { certificate } = await makeAuthority({ notBefore, notAfter: notBefore + hour });
    assert.equal([certificate.notBefore, certificate.notAfter], [notBefore, notBefore + hour]);
  }
});

authorities("does not sign with a key that is none", async () => {
  const { certificate } = await makeAuthority(validity);
  const error = await issueServing({ certificate, key: "none" }, ["a"], validity).catch((reason: Error) => reason);
  assert.match(String(error), "is no P-256 key");
});

authorities.run();

const reading = suite("reading certificates");

reading("finds each certificate of a bundle once, whatever stands between", async () => {
  const [one, other] = [(await makeAuthority(validity)).certificate, (await makeAuthority(validity)).certificate];
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  const bundle = `# a\n${one.pem}\n${broken}\nb\n${other.pem}${one.pem}`;
  assert.equal(
    readCertificates(bundle).map(({ fingerprint }) => fingerprint),
    [one.fingerprint, other.fingerprint],
  );
  assert.is(readCertificate(bundle), undefined);
  assert.is(readCertificate(one.pem)?.fingerprint, one.fingerprint);
});

reading("never throws", async () => {
  const { certificate } = await makeAuthority(validity);
  const text = fc.oneof(
    fc.string(),
    fc.base64String().map((body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`),
    fc.base64String().map((body) => `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`),
  );
  fc.assert(
    fc.property(text, (garbage) => {
      assert.is(readCertificate(garbage), undefined);
      assert.not(isKeyOf(garbage, certificate));
      assert.not(covers(certificate, [garbage]));
    }),
  );
});

reading.run();
