/** The plan as a table of situations, and its promise: from anything it comes to rest with a certificate that holds. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { issueServing, makeAuthority } from "../../../src/admission/certificates/authority.ts";
import { covers, type KeyPair } from "../../../src/admission/certificates/certificate.ts";
import { emptyMaterial, type Material } from "../../../src/admission/certificates/key-material.ts";
import { defaultLifetimes } from "../../../src/admission/certificates/lifetimes.ts";
import { perform } from "../../../src/admission/certificates/rotation.ts";
import { isUsable, nextStep, type Situation } from "../../../src/admission/certificates/rotation-plan.ts";

const plan = suite("rotation plan");
const day = 86_400_000;
const year = 365 * day;
const hosts = ["a.example"];
const lifetimes = defaultLifetimes;
const start = Date.UTC(2026, 0, 1);

const situation = (change: Partial<Situation>): Situation => ({
  material: emptyMaterial,
  isDamaged: false,
  remembered: undefined,
  now: start,
  hosts,
  lifetimes,
  carriedSince: () => start,
  ...change,
});

const authority = (at: number): Promise<KeyPair> =>
  makeAuthority({ notBefore: at - lifetimes.backdateMs, notAfter: at + lifetimes.caMs });
const serving = (ca: KeyPair, at: number, names = hosts): Promise<KeyPair> =>
  issueServing(ca, names, { notBefore: at - lifetimes.backdateMs, notAfter: at + lifetimes.servingMs });

const ca = await authority(start);
const next = await authority(start + 4 * year);
const other = await authority(start);
const whole: Material = { ...emptyMaterial, ca, serving: await serving(ca, start) };
const late: Material = { ...whole, serving: await serving(ca, start + 4 * year) };
const keyless: Material = { ...whole, ca: { certificate: ca.certificate, key: undefined } };
const foreign = await serving(other, start);
const elsewhere = await serving(ca, start, ["b.example"]);
const never = (): undefined => undefined;

const rows: readonly (readonly [title: string, expected: string, change: Partial<Situation>])[] = [
  ["there is nothing", "found", {}],
  ["there is nothing, but what was there is remembered", "revive", { remembered: whole }],
  ["what is remembered has expired", "found", { remembered: whole, now: start + 10 * year }],
  ["all is well", "keep", { material: whole }],
  ["two thirds have passed", "renew", { material: whole, now: start + 60 * day }],
  ["two thirds have not quite passed", "keep", { material: whole, now: start + 60 * day - 1 }],
  ["what is served has expired", "renew", { material: whole, now: start + 91 * day }],
  ["it lacks a host", "renew", { material: { ...whole, serving: elsewhere } }],
  ["it is of another authority", "renew", { material: { ...whole, serving: foreign } }],
  ["it is missing", "renew", { material: { ...whole, serving: undefined } }],
  ["the authority has no key", "announce", { material: keyless }],
  ["it has no key and nothing is served", "found", { material: { ...keyless, serving: undefined } }],
  ["its successor can begin then", "switch", { material: { ...keyless, serving: undefined, next: other } }],
  ["four fifths have passed", "announce", { material: late, now: start + 4 * year }],
  ["the next one is not carried", "keep", { material: { ...late, next }, now: start + 4 * year, carriedSince: never }],
  [
    "the next one has not been carried for long enough",
    "keep",
    { material: { ...late, next }, now: start + 4 * year, carriedSince: () => start + 4 * year - 599_000 },
  ],
  [
    "the next one has been carried for ten minutes",
    "switch",
    { material: { ...late, next }, now: start + 4 * year, carriedSince: () => start + 4 * year - 600_000 },
  ],
  [
    "an hour after a switch",
    "retire",
    { material: { ...whole, previous: [other.certificate] }, now: start + 3_600_000 },
  ],
  ["less than that", "keep", { material: { ...whole, previous: [other.certificate] }, now: start + 3_599_000 }],
  ["something cannot be read", "tidy", { material: whole, isDamaged: true }],
  ["all has expired", "found", { material: whole, now: start + 10 * year }],
  ["nothing has begun", "found", { material: whole, now: start - year }],
];

for (const [title, expected, change] of rows) {
  plan(`${expected}: ${title}`, () => assert.is(nextStep(situation(change)).kind, expected));
}

plan("waits no longer than until the next thing is due", () => {
  const step = nextStep(situation({ material: whole }));
  assert.equal(step, { kind: "keep", until: start + 60 * day });
});

plan("comes to rest from anything, with a certificate that holds", async () => {
  const part = <T>(...values: T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(...values, undefined);
  const material = fc.record({
    ca: part(ca, keyless.ca, other, { ...other, key: ca.key }),
    next: part(next, other),
    serving: part(whole.serving, foreign, elsewhere, late.serving),
    previous: fc.subarray([other.certificate, ca.certificate, next.certificate]),
  });
  const now = fc.constantFrom(start - 2 * year, start, start + 80 * day, start + 4.1 * year, start + 10 * year);
  await fc.assert(
    fc.asyncProperty(material, part(whole, keyless), now, fc.boolean(), async (first, remembered, at, isDamaged) => {
      const look = (of: Material, isFirst: boolean): Situation =>
        situation({
          material: of,
          remembered,
          now: at,
          isDamaged: isDamaged && isFirst,
          carriedSince: () => at - lifetimes.propagationMs,
        });
      let current: Material = first;
      for (let count = 0; ; count += 1) {
        const step = nextStep(look(current, count === 0));
        if (step.kind === "keep") break;
        assert.ok(count < 6, "it comes to rest");
        current = await perform(step.kind, look(current, count === 0), [other.certificate]);
      }
      assert.ok(isUsable(current, at));
      assert.ok(current.serving && covers(current.serving.certificate, hosts));
    }),
    { numRuns: 150 },
  );
});

plan.run();
