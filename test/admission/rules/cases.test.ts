/**
 * The tables of cases against the rules themselves.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KindRules, Wanted } from "../../../src/admission/rules/judge.ts";
import { poolRules } from "../../../src/admission/rules/pool-rules.ts";
import type { Denial } from "../../../src/admission/rules/refusal.ts";
import { reservedRules } from "../../../src/admission/rules/reserved-rules.ts";
import { RULES, type RuledKind } from "../../../src/admission/rules/rule-table.ts";
import { subnetRules } from "../../../src/admission/rules/subnet-rules.ts";
import { type World, worldOfObjects } from "../../../src/admission/rules/world.ts";
import type { SpiderIPPool } from "../../../src/api/ippool.ts";
import type { SpiderSubnet } from "../../../src/api/subnet.ts";
import type { KubeObject } from "../../../src/cluster/cluster.ts";
import { type RuleCase, renamed } from "../cases/case.ts";
import { poolCases } from "../cases/pool-cases.ts";
import { reservedCases } from "../cases/reserved-cases.ts";
import { subnetCases } from "../cases/subnet-cases.ts";

/** Rules that some case was refused by, each as `kind rule`. */
const met = new Set<string>();

/** Those of them that the definition refuses too. */
const metByDefinition = new Set<string>();

const worldOf = ({ settings, given, old }: RuleCase<KubeObject>): World =>
  worldOfObjects(
    { families: [4, 6], enableSubnet: true, ...settings },
    {
      pools: [...(given?.pools ?? []), ...(old?.kind === "SpiderIPPool" ? [old as SpiderIPPool] : [])],
      subnets: [...(given?.subnets ?? []), ...(old?.kind === "SpiderSubnet" ? [old as SpiderSubnet] : [])],
    },
  );

const assertMatches = (actual: unknown, expected: unknown): void => {
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) {
    assert.equal(actual, expected);
    return;
  }
  for (const [key, value] of Object.entries(expected)) assertMatches((actual as Record<string, unknown>)?.[key], value);
};

const run = <T extends KubeObject>(rules: KindRules<T>, one: RuleCase<T>): void => {
  const world = worldOf(one);
  const object = one.object && rules.defaults(one.object, world);
  if (object && one.object) {
    const again = rules.defaults(object, world);
    assert.is(again, object, "defaults change what they have filled in");
  }
  const wanted = (
    one.old
      ? object
        ? { operation: "UPDATE", object, old: one.old }
        : { operation: "DELETE", old: one.old }
      : { operation: "CREATE", object }
  ) as Wanted<T>;
  const denial = rules.judge(wanted, world);
  for (const { rule } of denial?.refusals ?? []) {
    met.add(`${(one.object ?? one.old)?.kind} ${rule}`);
    if (one.byCel) metByDefinition.add(rule);
  }
  if (one.expect === "accepted" || "defaulted" in one.expect) {
    assert.is(denial?.message, undefined);
    if (one.expect !== "accepted") assertMatches(object, one.expect.defaulted);
    return;
  }
  const { code, field, text } = one.expect;
  assert.ok(denial, "accepted");
  assert.is((denial as Denial).code, code);
  if (field !== undefined)
    assert.equal(
      denial?.refusals.map((refusal) => refusal.field),
      [field].flat(),
    );
  if (text) assert.match(denial?.message ?? "", text);
};

const cases = suite("admission cases");

function declare<T extends KubeObject>(kind: RuledKind, rules: KindRules<T>, table: readonly RuleCase<T>[]): void {
  for (const one of table) {
    const end = one.expect === "accepted" ? "accepted" : "defaulted" in one.expect ? "filled in" : "refused";
    const verb = one.delete ? "delete" : one.old ? "update" : "create";
    cases(`${kind} ${verb}: ${one.title} is ${end}, whatever its name`, () => {
      run(rules, one);
      run(rules, withoutNames(renamed(one, "x")));
    });
  }
}

/** What is filled in with a name cannot be compared under another one. */
function withoutNames<T extends KubeObject>(one: RuleCase<T>): RuleCase<T> {
  const isNamed = one.expect !== "accepted" && "defaulted" in one.expect && /parent/.test(JSON.stringify(one.expect));
  return isNamed ? { ...one, expect: "accepted" } : one;
}

declare("SpiderSubnet", subnetRules, subnetCases);
declare("SpiderIPPool", poolRules, poolCases);
declare("SpiderReservedIP", reservedRules, reservedCases);

cases("are as many as the reference has, or more", () => {
  assert.ok(subnetCases.length >= 60 && poolCases.length >= 60 && reservedCases.length >= 20);
});

cases("have titles of their own", () => {
  for (const table of [subnetCases, poolCases, reservedCases]) {
    const titles = (table as readonly RuleCase<KubeObject>[]).map(({ title, old }) => `${old !== undefined} ${title}`);
    assert.equal(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  }
});

cases("meet every rule of every kind", () => {
  const all = Object.entries(RULES).flatMap(([rule, { kinds }]) => kinds.map((kind) => `${kind} ${rule}`));
  assert.equal(
    all.filter((rule) => !met.has(rule)),
    [],
  );
  assert.equal(
    [...met].filter((rule) => !all.includes(rule)),
    [],
  );
});

cases("meet every rule that the definitions hold, and no other, with no webhook running", () => {
  const all = Object.entries(RULES).flatMap(([rule, { byDefinition }]) => (byDefinition === "no" ? [] : [rule]));
  assert.equal([...metByDefinition].sort(), all.sort());
});

cases.run();
