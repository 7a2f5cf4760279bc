/**
 * From what an application wants and which pool objects carry its labels, to the facts of each pool's machine.
 *
 * Pure. Here is decided which pool object a machine speaks of: a live one that belongs to the application, else, where nobody
 * wants one any more, the one that is being deleted. Every further object gets a life of its own (docs/lifecycle.md, Words).
 * @module
 */

import type { PoolFact, WorkloadFact } from "../../machines/events.ts";
import type { Family } from "../address/address.ts";
import { countOf, EMPTY, equals, type RangeSet } from "../address/range-set.ts";
import { allocatedRanges } from "../api/allocated-ips.ts";
import { type Application, applicationText } from "../api/application.ts";
import { type AutoPoolOwner, correctionOf, keptSize } from "../api/auto-pool.ts";
import { rangesOf, type SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { ownerOf } from "./pool-owner.ts";
import { workloadKey } from "./workload.ts";

/** One pool that an application wants. */
export interface WantedPool extends AutoPoolOwner {
  /** Name of the SpiderSubnet to cut it from. */
  readonly subnet: string;
  /** Addresses wanted. */
  readonly desired: number;
  /** Pods that exist, where nobody tells how many are wanted. */
  readonly pods?: number;
}

/** What is known of an application's wishes. */
export type Demand =
  | { readonly kind: "wants"; readonly pools: readonly WantedPool[] }
  /** It exists, and what it has stays as it is. */
  | { readonly kind: "keeps"; readonly uid: string }
  | { readonly kind: "gone" }
  /** `uid`: whose wishes cannot be read, where that is known. */
  | { readonly kind: "unknown"; readonly uid?: string };

/** The life of one pool: what its machine is told, and what an operation on it needs to know. */
export interface Life {
  readonly key: string;
  readonly native: boolean;
  readonly subnet: string;
  /** Absent where the application does not want the pool, or where that is unknown. */
  readonly wanted: WantedPool | undefined;
  readonly pool: SpiderIPPool | undefined;
  /** Whom that pool was made for. */
  readonly owner: AutoPoolOwner | undefined;
  /** `undefined` where it is not known. */
  readonly workloadFact: WorkloadFact | "gone" | undefined;
  readonly poolFact: PoolFact | "gone";
}

/** What the facts of a pool depend on besides the pool itself. */
export interface Surroundings {
  subnet(name: string): SpiderSubnet | undefined;
  /** The ledger's record of a pool; `undefined` where there is none. */
  record(subnet: string, pool: string): RangeSet | undefined;
  /** Whom that record is for, in record form. */
  recordedFor(subnet: string, pool: string): string | undefined;
}

/** Returns the key of a pool's machine. */
export function lifeKey(application: Omit<Application, "uid">, nic: string, family: Family, subnet: string): string {
  return `${workloadKey(application)}/${nic}/${family}@${subnet}`;
}

/** Returns the lives of all pools that an application wants or has. */
export function livesOf(native: boolean, demand: Demand, pools: Iterable<SpiderIPPool>, around: Surroundings): Life[] {
  const groups = new Map<string, { subnet: string; wanted?: WantedPool; pools: SpiderIPPool[] }>();
  if (demand.kind === "wants") {
    for (const wanted of demand.pools) {
      const key = lifeKey(wanted.application, wanted.interface, wanted.family, wanted.subnet);
      groups.set(key, { subnet: wanted.subnet, wanted, pools: [] });
    }
  }
  for (const pool of pools) {
    const owner = whose(pool, around);
    const subnet = pool.metadata.labels?.[LABEL.ownerSubnet];
    if (!owner || !subnet) continue; // made by an older version, or taken over by a person
    const key = lifeKey(owner.application, owner.interface, owner.family, subnet);
    const group = groups.get(key) ?? { subnet, pools: [] };
    group.pools.push(pool);
    groups.set(key, group);
  }
  return [...groups].flatMap(([key, group]) => livesOfGroup(key, native, demand, group, around));
}

function livesOfGroup(
  key: string,
  native: boolean,
  demand: Demand,
  group: { subnet: string; wanted?: WantedPool; pools: SpiderIPPool[] },
  around: Surroundings,
): Life[] {
  const uid = demand.kind === "keeps" ? demand.uid : group.wanted?.application.uid;
  const ordered = group.pools.toSorted((a, b) => rank(a, uid) - rank(b, uid) || byAge(a, b));
  const successorWanted = group.wanted !== undefined || demand.kind === "keeps";
  const current = ordered[0] && (!isTerminating(ordered[0]) || !successorWanted) ? ordered[0] : undefined;
  const wanted = group.wanted ?? (demand.kind === "keeps" && current ? asItIs(current, demand.uid, around) : undefined);
  const lives: Life[] = [
    {
      key,
      native,
      subnet: group.subnet,
      wanted,
      pool: current,
      owner: current && whose(current, around),
      workloadFact: wanted ? factOf(wanted) : isOpen(demand, current, around) ? undefined : "gone",
      poolFact: current ? poolFactOf(current, group.subnet, wanted, native, around) : "gone",
    },
  ];
  for (const pool of ordered) {
    if (pool === current) continue;
    const poolFact = poolFactOf(pool, group.subnet, undefined, native, around);
    const key2 = `${key}#${pool.metadata.name}`;
    lives.push({
      key: key2,
      native,
      subnet: group.subnet,
      wanted: undefined,
      pool,
      owner: whose(pool, around),
      workloadFact: "gone",
      poolFact,
    });
  }
  return lives;
}

/** Whether it is not known if whom a pool was made for wants it. */
function isOpen(demand: Demand, pool: SpiderIPPool | undefined, around: Surroundings): boolean {
  if (demand.kind !== "unknown") return demand.kind === "keeps";
  // Whatever a successor wants, it is not the one that the pool was made for: that one is gone.
  return demand.uid === undefined || !pool || whose(pool, around)?.application.uid === demand.uid;
}

/** Live pools first, and among them the application's own before a predecessor's. */
function rank(pool: SpiderIPPool, uid: string | undefined): number {
  if (isTerminating(pool)) return 2;
  return pool.metadata.labels?.[LABEL.applicationUid] === uid ? 0 : 1;
}

function byAge(a: SpiderIPPool, b: SpiderIPPool): number {
  const [x, y] = [a.metadata, b.metadata];
  return (x.creationTimestamp ?? "").localeCompare(y.creationTimestamp ?? "") || x.name.localeCompare(y.name);
}

function isTerminating(pool: SpiderIPPool): boolean {
  return pool.metadata.deletionTimestamp !== undefined;
}

function factOf(wanted: WantedPool): WorkloadFact {
  const { desired, reclaim, application, pods } = wanted;
  return { desired, uid: application.uid, reclaim, ...(pods === undefined ? {} : { pods }) };
}

/** What an application wants of a pool that is to stay as it is. */
function asItIs(pool: SpiderIPPool, uid: string, around: Surroundings): WantedPool | undefined {
  const owner = whose(pool, around);
  const subnet = pool.metadata.labels?.[LABEL.ownerSubnet];
  if (!owner || !subnet) return undefined;
  const record = around.record(subnet, pool.metadata.name);
  const desired = keptSize(pool, Number(countOf(record ?? EMPTY)), sizeOf(pool, owner.family));
  return { ...owner, application: { ...owner.application, uid }, subnet, desired };
}

/** Whom a pool was made for, as its record has it too. */
function whose(pool: SpiderIPPool, around: Surroundings): AutoPoolOwner | undefined {
  const subnet = pool.metadata.labels?.[LABEL.ownerSubnet] ?? "";
  return ownerOf(pool, around.recordedFor(subnet, pool.metadata.name));
}

function sizeOf(pool: SpiderIPPool, family: Family): number {
  return Number(countOf(rangesOf(pool, family)));
}

function poolFactOf(
  pool: SpiderIPPool,
  subnetName: string,
  wanted: WantedPool | undefined,
  native: boolean,
  around: Surroundings,
): PoolFact {
  const owner = whose(pool, around) as AutoPoolOwner;
  const ranges = rangesOf(pool, owner.family);
  const record = around.record(subnetName, pool.metadata.name) ?? EMPTY;
  const [size, reserved] = [Number(countOf(ranges)), Number(countOf(record))];
  const subnet = around.subnet(subnetName);
  const number = native ? (wanted?.number ?? owner.number) : String(keptSize(pool, reserved, size));
  // UID and reclaim are facts of their own; what remains is what nobody but us should have written.
  const drifted =
    wanted === undefined
      ? !equals(ranges, record)
      : subnet !== undefined &&
        ((reserved > 0 && around.recordedFor(subnetName, pool.metadata.name) !== applicationText(wanted.application)) ||
          correctionOf(pool, { ...owner, number }, subnet, size === reserved ? record : ranges) !== undefined);
  return {
    size,
    reserved,
    inUse: inUse(pool, owner.family),
    uid: pool.metadata.uid ?? "",
    owner: owner.application.uid,
    reclaim: owner.reclaim,
    terminating: isTerminating(pool),
    drifted,
  };
}

/** Addresses in use; all of them where the record of use cannot be read, since none may then be taken away. */
function inUse(pool: SpiderIPPool, family: Family): number {
  try {
    return Number(countOf(allocatedRanges(pool.status?.allocatedIPs, family)));
  } catch {
    return sizeOf(pool, family);
  }
}
