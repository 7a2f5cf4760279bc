/**
 * The tables of admission through a real API server: what is taken, what is filled in, and what is refused with which code and fields.
 *
 * The cases that the definitions refuse by themselves are in crd-rules.test.ts with no webhook running; here they come before it.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { type RuleCase, renamed } from "../admission/cases/case.ts";
import { poolCases } from "../admission/cases/pool-cases.ts";
import { reservedCases } from "../admission/cases/reserved-cases.ts";
import { subnetCases } from "../admission/cases/subnet-cases.ts";
import { AdmissionStage, type Ended } from "../support/admission-stage.ts";

type Refused = { readonly code: number; readonly field?: string | readonly string[]; readonly text?: RegExp };
type Expected = Exclude<RuleCase<KubeObject>["expect"], { code: number }> | Refused;

/** Cases that end otherwise than the rules alone would have it. */
const otherwise: Readonly<Record<string, Expected>> = {
  // Nobody is asked about other people's labels.
  "a label while it is being deleted": "accepted",
  // Rules do not mind; the door does, since the application may be about to make its pool.
  "its own record": { code: 409, text: /under this name for the application .*: take another name/ },
};

/** `autopool run` has no such switch: subnets are why it is there. */
const isPlayed = ({ notReal, settings }: RuleCase<KubeObject>): boolean =>
  notReal === undefined && settings?.enableSubnet === undefined;

let stage: AdmissionStage;

const matrix = suite("admission matrix");

matrix.before(async () => {
  const all = [...subnetCases, ...poolCases, ...reservedCases] as readonly RuleCase<KubeObject>[];
  stage = await AdmissionStage.start(all.filter(isPlayed).map(({ settings }) => settings));
});
matrix.after.each(() => stage.clear());
matrix.after(() => stage?.stop());

let count = 0;

function declare<T extends KubeObject>(kind: string, cases: readonly RuleCase<T>[]): void {
  for (const one of cases.filter(isPlayed)) {
    const expect = otherwise[one.title] ?? one.expect;
    const end = expect === "accepted" ? "accepted" : "defaulted" in expect ? "filled in" : "refused";
    const verb = one.delete ? "delete" : one.old ? "update" : "create";
    matrix(`${kind} ${verb}: ${one.title} is ${end}`, async () => {
      count += 1;
      const ended = await stage.play(renamed(one, `${stage.prefix(one.settings)}-${count}`));
      assertEnd(ended, expect, one);
    });
  }
}

function assertEnd(ended: Ended, expect: Expected, { old, byCel }: RuleCase<KubeObject>): void {
  if (expect === "accepted" || "defaulted" in expect) {
    assert.not("error" in ended, "error" in ended ? ended.error.message : "");
    if (expect !== "accepted" && "stored" in ended) assertMatches(ended.stored, expect.defaulted);
    return;
  }
  assert.ok("error" in ended, "accepted");
  if (!("error" in ended)) return;
  assert.is(ended.isThere, old !== undefined);
  assert.is(ended.error.code, expect.code, ended.error.message);
  assertFields(ended.error.message, expect, byCel);
  if (expect.text && byCel === undefined) assert.match(ended.error.message, expect.text);
}

/** All fields in the order in which they are told; the definition tells only of its own. */
function assertFields(message: string, { field }: Refused, byCel: RuleCase<KubeObject>["byCel"]): void {
  const found = [...message.matchAll(/(?:: \[?|, )((?:spec|metadata)[^\s:]*): (?:[A-Z][a-z]+ value|Forbidden)/g)].map(
    (match) => match[1],
  );
  if (typeof byCel === "object") assert.ok(found.includes(byCel.field), message);
  else if (byCel) assert.ok(found.includes([field].flat()[0]), message);
  else if (field !== undefined) assert.equal(found, [field].flat(), message);
}

function assertMatches(actual: unknown, expected: unknown): void {
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) {
    assert.equal(actual, expected);
    return;
  }
  for (const [key, value] of Object.entries(expected)) assertMatches((actual as Record<string, unknown>)?.[key], value);
}

declare("SpiderSubnet", subnetCases);
declare("SpiderIPPool", poolCases);
declare("SpiderReservedIP", reservedCases);

matrix.run();
