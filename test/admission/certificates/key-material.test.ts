/** The Secret: what is written is read again, and what is wrong is named without being quoted. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { issueServing, makeAuthority } from "../../../src/admission/certificates/authority.ts";
import {
  bundleOf,
  emptyMaterial,
  formatMaterial,
  type Material,
  parseMaterial,
} from "../../../src/admission/certificates/key-material.ts";

const material = suite("key material");
const validity = { notBefore: 0, notAfter: 1e12 };
const metadata = { name: "autopool-webhook", namespace: "autopool-system" };

async function full(): Promise<Material & { ca: { key: string } }> {
  const [ca, next, old, older] = await Promise.all([1, 2, 3, 4].map(() => makeAuthority(validity)));
  if (!ca || !next || !old || !older) throw new Error("four were made");
  const previous = [old.certificate, older.certificate];
  return { ca, next, previous, serving: await issueServing(ca, ["a"], validity) };
}

function written(of: Material): Record<string, string> {
  const entries = Object.entries(formatMaterial(of));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** What a material consists of, as text. */
function texts({ ca, next, previous, serving }: Material): unknown {
  const pair = (of: { certificate: { pem: string }; key: string | undefined } | undefined) => [
    of?.certificate.pem,
    of?.key,
  ];
  return [pair(ca), pair(next), pair(serving), previous.map(({ pem }) => pem)];
}

material("is read as it was written", async () => {
  const whole = await full();
  const without = {
    ...whole,
    ca: { certificate: whole.ca.certificate, key: undefined },
    next: undefined,
    previous: [],
  };
  for (const each of [whole, without]) {
    const parsed = parseMaterial({ metadata, data: written(each) });
    assert.equal(texts(parsed.material), texts(each));
    assert.equal(parsed.problems, []);
  }
});

material("makes a bundle of all authorities, and of none where its own is missing", async () => {
  const whole = await full();
  assert.is(bundleOf(whole).length, 4);
  assert.equal(bundleOf({ ...whole, ca: undefined }), []);
  assert.equal(bundleOf(emptyMaterial), []);
});

material("names what is missing or wrong, key by key", async () => {
  const data = written(await full());
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  const problemsOf = (change: Record<string, string | undefined>): readonly string[] => {
    const entries = Object.entries({ ...data, ...change }).filter(([, value]) => value !== undefined);
    return parseMaterial({ metadata, data: Object.fromEntries(entries) as Record<string, string> }).problems;
  };
  assert.equal(problemsOf({ "ca.crt": undefined }), ['key "ca.crt" is missing']);
  assert.equal(problemsOf({ "ca.crt": encode("x") }), ['key "ca.crt" does not hold one certificate in PEM']);
  assert.equal(problemsOf({ "ca.crt": data["tls.crt"], "ca.key": data["tls.key"] }), [
    'key "ca.crt" holds no authority',
  ]);
  assert.equal(problemsOf({ "ca.key": data["tls.key"] }), [
    'key "ca.key" is no P-256 private key of the certificate in "ca.crt"',
  ]);
  assert.equal(problemsOf({ "tls.crt": undefined }), ['key "tls.crt" is missing']);
  assert.equal(problemsOf({ "tls.key": undefined }), ['key "tls.key" is missing']);
  assert.equal(problemsOf({ "next-ca.key": undefined }), ['key "next-ca.key" is missing']);
  assert.equal(problemsOf({ "previous-ca.crt": encode("x") }), ['key "previous-ca.crt" holds no authority']);
});

material("is read from anything without throwing, and never quoted", async () => {
  const data = written(await full());
  const names = Object.keys(data);
  const change = fc.record({ name: fc.constantFrom(...names), length: fc.nat(400), tail: fc.base64String() });
  fc.assert(
    fc.property(change, ({ name, length, tail }) => {
      const value = `${data[name]?.slice(0, length)}${tail}`;
      const { problems } = parseMaterial({ metadata, data: { ...data, [name]: value } });
      for (const problem of problems) assert.ok(problem.length < 100 && !problem.includes("BEGIN"));
    }),
  );
  for (const odd of [undefined, null, {}, { "ca.crt": 7 }, { "ca.crt": null }]) {
    assert.equal(parseMaterial({ metadata, data: odd as never }).material, emptyMaterial);
  }
});

material.run();
