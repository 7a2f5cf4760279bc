/**
 * What is wrong with an object that is there already, by the webhook's rules, as one verdict for people and programs.
 * @module
 */

import type { Family } from "./address/address.ts";
import type { KindRules } from "./admission/rules/judge.ts";
import { poolRules } from "./admission/rules/pool-rules.ts";
import { type Denial, formatRefusal } from "./admission/rules/refusal.ts";
import { reservedRules } from "./admission/rules/reserved-rules.ts";
import type { RuleName } from "./admission/rules/rule-table.ts";
import { subnetRules } from "./admission/rules/subnet-rules.ts";
import { type World, worldOfObjects } from "./admission/rules/world.ts";
import { foreignController } from "./api/adoption.ts";
import type { SpiderIPPool } from "./api/ippool.ts";
import type { SpiderReservedIP } from "./api/reserved-ip.ts";
import type { SpiderSubnet } from "./api/subnet.ts";
import type { KubeObject } from "./cluster/cluster.ts";
import { DefenceWorlds, type DefendedCaches } from "./defence-world.ts";

/** What is wrong with an object. */
export interface Verdict {
  /** `ForeignOwner` keeps a pool from belonging to its subnet, and from nothing else. */
  readonly reason: "InvalidSpec" | "Overlap" | "ForeignOwner";
  readonly message: string;
  /** Nothing is wrong but a record of the same addresses, whose pool may be on its way out. */
  readonly mayPass: boolean;
}

/** Rules about what others have; all others are about the object alone. */
const overlapRules: ReadonlySet<string> = new Set<RuleName>([
  "subnet-overlap",
  "subnet-pool-overlap",
  "subnet-has-pools",
  "pool-cidr-overlap",
  "pool-subnet-overlap",
  "pool-overlap",
  "pool-record-overlap",
]);

export class DefenceJudge {
  readonly #worlds: DefenceWorlds;
  readonly #alone: World;

  constructor(caches: DefendedCaches, families: readonly Family[]) {
    this.#worlds = new DefenceWorlds(caches, families);
    this.#alone = worldOfObjects({ families, enableSubnet: true }, { pools: [], subnets: [] });
  }

  /** Whether all addresses of a pool are in a ledger's record of it. */
  isRecorded(pool: SpiderIPPool): boolean {
    return this.#worlds.isRecorded(pool);
  }

  /** Judges a manual pool; `home` is the subnet that it belongs to, or would. */
  ofPool(pool: SpiderIPPool, home: SpiderSubnet | undefined): Verdict | undefined {
    if (pool.metadata.deletionTimestamp !== undefined) return undefined;
    const verdict = judge(poolRules, pool, this.#worlds.beforePool(pool, home));
    const controller = home && foreignController(pool, home);
    if (verdict || !controller) return verdict;
    const owner = `${controller.kind} "${controller.name}"`;
    const cure = "take it out of the pool's metadata.ownerReferences";
    const message = `${owner} controls the pool, so SpiderSubnet "${home.metadata.name}" cannot; ${cure}`;
    return { reason: "ForeignOwner", message, mayPass: false };
  }

  ofSubnet(subnet: SpiderSubnet): Verdict | undefined {
    if (subnet.metadata.deletionTimestamp !== undefined) return undefined;
    return judge(subnetRules, subnet, this.#worlds.beforeSubnet(subnet));
  }

  /** What is reserved may be in use, and reserved twice: no other object counts. */
  ofReserved(reserved: SpiderReservedIP): Verdict | undefined {
    return judge(reservedRules, reserved, this.#alone);
  }
}

function judge<T extends KubeObject>(rules: KindRules<T>, object: T, world: World): Verdict | undefined {
  const denial = rules.judge({ operation: "CREATE", object: rules.defaults(object, world) }, world);
  return denial && verdictOf(denial);
}

function verdictOf({ refusals }: Denial): Verdict {
  return {
    reason: refusals.every(({ rule }) => overlapRules.has(rule)) ? "Overlap" : "InvalidSpec",
    message: refusals.map(formatRefusal).join("; "),
    mayPass: refusals.every(({ rule }) => rule === "pool-record-overlap"),
  };
}
