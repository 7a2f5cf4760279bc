/**
 * The rules of every kind, found by an object's kind.
 * @module
 */

import type { SpiderIPPool } from "../api/ippool.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import type { KindRules, Wanted } from "./rules/judge.ts";
import { poolRules } from "./rules/pool-rules.ts";
import type { Denial } from "./rules/refusal.ts";
import { reservedRules } from "./rules/reserved-rules.ts";
import { subnetRules } from "./rules/subnet-rules.ts";
import type { World } from "./rules/world.ts";

export interface Rules {
  readonly SpiderSubnet: KindRules<SpiderSubnet>;
  readonly SpiderIPPool: KindRules<SpiderIPPool>;
  readonly SpiderReservedIP: KindRules<SpiderReservedIP>;
}

export const kindRules: Rules = {
  SpiderSubnet: subnetRules,
  SpiderIPPool: poolRules,
  SpiderReservedIP: reservedRules,
};

/** Returns the rules of a kind; `undefined` where there are none. */
export function rulesOf(rules: Rules, kind: string | undefined): KindRules<KubeObject> | undefined {
  return kind !== undefined && Object.hasOwn(rules, kind) ? rules[kind as keyof Rules] : undefined;
}

/** Asks the rules of the object's kind; nothing is wrong with other kinds. */
export function judgeByKind(wanted: Wanted<KubeObject>, world: World): Denial | undefined {
  const { kind } = wanted.operation === "DELETE" ? wanted.old : wanted.object;
  return rulesOf(kindRules, kind)?.judge(wanted, world);
}
