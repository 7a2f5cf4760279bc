/**
 * What must have become of everything once the faults have stopped and time has passed: nothing left over, nothing missing.
 *
 * Judges by what the cluster holds and what the user wanted, computed here anew; asks the operator for its reasons alone.
 * @module
 */

import type { Family } from "../../src/address/address.ts";
import { countOf, EMPTY, equals, includes, intersect, overlaps, subtract, union } from "../../src/address/range-set.ts";
import { isControlledBy } from "../../src/api/adoption.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { reservedOf, type SpiderReservedIP } from "../../src/api/reserved-ip.ts";
import { spiderReservedIPs } from "../../src/api/resources.ts";
import { familyOfSubnet, type SpiderSubnet } from "../../src/api/subnet.ts";
import type { KubeObject, ObjectMeta } from "../../src/cluster/cluster.ts";
import { bookOf, parsePool, subnetOf } from "../support/invariants.ts";
import type { MemoryWorld } from "../support/memory-world.ts";
import { NAMESPACE, type Wish } from "../support/scenario.ts";
import type { App } from "./chaos.ts";

interface Wanted {
  readonly nic: string;
  readonly family: Family;
  readonly subnet: string;
  readonly desired: number;
}

/**
 * Returns everything that is not as it should be, one line each.
 * @param mayHaveSpares two operators acted, so that an application may have one more pool, if it is one that is kept without one
 */
export function unsettled(world: MemoryWorld, apps: readonly App[], mayHaveSpares = false): string[] {
  return [
    ...apps.flatMap((app) => ofApp(world, app, mayHaveSpares)),
    ...world.pools.flatMap((pool) => ofPool(pool)),
    ...world.pools.flatMap((pool) => ofManualPool(world, pool)),
    ...world.subnets.flatMap((subnet) => ofSubnet(world, subnet, apps)),
  ];
}

function ofApp(world: MemoryWorld, app: App, mayHaveSpares: boolean): string[] {
  const wanted = wantedBy(app);
  const own = world.pools.filter((pool) => isOf(pool, app) && isLive(pool));
  if (wanted === "unknown") return [];
  const problems: string[] = [];
  for (const want of wanted) {
    const there = own.filter((pool) => isAt(pool, want));
    const spares = mayHaveSpares && there.length > 1 ? there.filter((pool) => isSpare(app, pool)) : [];
    const here = there.filter((pool) => !spares.includes(pool));
    problems.push(...spares.flatMap((pool) => ofKept(world, pool)));
    problems.push(...ofWanted(world, app, want, here).map((text) => `${app.name} ${JSON.stringify(want)}: ${text}`));
  }
  for (const pool of own) {
    if (wanted.some((want) => isAt(pool, want))) continue;
    if (isReclaimed(app, pool)) problems.push(`pool ${pool.metadata.name} is wanted by nobody and still there`);
    else if (app.native && pool.status?.state !== "orphaned")
      problems.push(`pool ${pool.metadata.name} is retained, but its state is ${pool.status?.state}`);
    else problems.push(...ofKept(world, pool));
  }
  return problems;
}

/** A pool that is only kept has its addresses in the ledger, as far as there is one and they are nobody else's. */
function ofKept(world: MemoryWorld, pool: SpiderIPPool): string[] {
  const subnet = world.subnets.find(({ metadata }) => metadata.name === subnetOf(pool));
  if (!subnet || subnet.metadata.deletionTimestamp !== undefined) return [];
  const { entries } = bookOf(subnet);
  const { name } = pool.metadata;
  const record = entries.get(name)?.ranges ?? EMPTY;
  const { ips, inUse } = parsePool(pool);
  // What a user's edit brought into the pool while it was another one's stays there until no pod uses it.
  const others = [...entries].filter(([other]) => other !== name).map(([, { ranges }]) => ranges);
  if (overlaps(inUse, union(...others))) return [];
  return equals(ips, record) ? [] : [`pool ${name} is kept without its record`];
}

function isReclaimed(app: App, pool: SpiderIPPool): boolean {
  return app.native && pool.metadata.labels?.[LABEL.reclaim] === "true";
}

function isSpare(app: App, pool: SpiderIPPool): boolean {
  return pool.status?.state === "orphaned" && !isReclaimed(app, pool);
}

function ofWanted(world: MemoryWorld, app: App, want: Wanted, here: readonly SpiderIPPool[]): string[] {
  const [pool, ...others] = here;
  if (others.length > 0) return [`has ${here.length} pools: ${here.map(({ metadata }) => metadata.name)}`];
  const subnet = world.subnets.find(({ metadata }) => metadata.name === want.subnet);
  const record = pool && subnet ? (bookOf(subnet).entries.get(pool.metadata.name)?.ranges ?? EMPTY) : EMPTY;
  if (pool) {
    const { ips } = parsePool(pool);
    const isWhole = equals(ips, record) && pool.status?.state === "created";
    if (isWhole && (!app.native || countOf(ips) === BigInt(want.desired))) return [];
  }
  const told = refusalOf(world, app, want);
  if (!told) return [pool ? `pool is ${JSON.stringify([pool.spec.ips, record.length, pool.status])}` : "has no pool"];
  const free = subnet && subnet.metadata.deletionTimestamp === undefined ? freeOf(world, subnet) : 0n;
  const needed = BigInt(want.desired) - countOf(record);
  const truth: Readonly<Record<string, boolean>> = {
    SubnetNotFound: subnet === undefined,
    SubnetTerminating: subnet?.metadata.deletionTimestamp !== undefined,
    InsufficientAddresses: needed > free,
    // An address that a user's edit brought into the pool is in use, and recorded for another one.
    SubnetInvalid:
      (pool !== undefined && subtract(parsePool(pool).inUse, record).length > 0) ||
      (subnet !== undefined && lacksAddresses(world, subnet)),
    ShrinkBlocked: pool !== undefined && countOf(parsePool(pool).inUse) > BigInt(want.desired),
  };
  return truth[told] ? [] : [`waits for ${told}, which is not true: ${free} are free, ${needed} needed`];
}

/** A subnet is refused that was made after a pool of its CIDR which has more than it, or that has lost what pods have. */
function lacksAddresses(world: MemoryWorld, subnet: SpiderSubnet): boolean {
  const total = totalOf(subnet.spec);
  const pools = world.pools.filter((pool) => pool.spec.subnet === subnet.spec.subnet);
  return pools.some((pool) => {
    const { ips, inUse } = parsePool(pool);
    if (isAutoPool(pool)) return !includes(total, intersect(ips, inUse));
    return isOlder(pool.metadata, subnet.metadata) && !includes(total, ips);
  });
}

function isOlder(a: ObjectMeta, b: ObjectMeta): boolean {
  return (a.creationTimestamp ?? "") <= (b.creationTimestamp ?? "");
}

function refusalOf(world: MemoryWorld, { resource, name }: App, want: Wanted): string | undefined {
  const group = resource.group === "" ? "" : `.${resource.group}`;
  const key = `${NAMESPACE}/${resource.kind}${group}/${name}/${want.nic}/${want.family}@${want.subnet}`;
  return world.operator?.reconciler.entry(key)?.snapshot.context.refusal?.reason;
}

function ofPool(pool: SpiderIPPool): string[] {
  const { name } = pool.metadata;
  const { ips, inUse, family } = parsePool(pool);
  const problems: string[] = [];
  if (!isLive(pool) && inUse.length === 0) problems.push(`pool ${name} is being deleted and does not go`);
  const total = countOf(totalOf({ ...pool.spec, ipVersion: family }));
  if (isLive(pool) && BigInt(pool.status?.totalIPCount ?? -1) !== total) {
    problems.push(`pool ${name} has ${countOf(ips)} addresses and says ${pool.status?.totalIPCount}`);
  }
  return problems;
}

/** A manual pool is recorded and adopted, or says that somebody else has what it wants. */
function ofManualPool(world: MemoryWorld, pool: SpiderIPPool): string[] {
  const { name } = pool.metadata;
  const home = world.subnets.find(({ spec }) => spec.subnet === pool.spec.subnet);
  if (isAutoPool(pool) || !isLive(pool) || !home || !isLive(home) || lacksAddresses(world, home)) return [];
  const { ips, inUse } = parsePool(pool);
  const { entries } = bookOf(home);
  const [total, record] = [totalOf(home.spec), entries.get(name)?.ranges ?? EMPTY];
  const stalled = pool.status?.conditions?.find(({ type }) => type === "Stalled");
  if (stalled?.status !== "True") {
    const isAdopted = isControlledBy(pool, home) && subnetOf(pool) === home.metadata.name;
    if (!isAdopted) return [`manual pool ${name} is well but not adopted`];
    const isRecorded = equals(intersect(ips, total), intersect(record, ips)) && includes(union(ips, inUse), record);
    return isRecorded ? [] : [`manual pool ${name} is well but not recorded as it is`];
  }
  const others = world.pools.filter((other) => other.metadata.name !== name).map((other) => parsePool(other).ips);
  const records = [...entries].filter(([other]) => other !== name).map(([, { ranges }]) => ranges);
  const isRight = subtract(ips, total).length > 0 || overlaps(union(...others, ...records), ips);
  return isRight ? [] : [`manual pool ${name} is refused (${stalled.message}), but nobody else has its addresses`];
}

function ofSubnet(world: MemoryWorld, subnet: SpiderSubnet, apps: readonly App[]): string[] {
  const { name, deletionTimestamp } = subnet.metadata;
  const book = bookOf(subnet);
  const problems = book.defects.map((defect) => `ledger of ${name}: ${defect}`);
  for (const [pool, { application }] of book.entries) {
    const there = world.pools.find((other) => other.metadata.name === pool);
    if (there && (subnetOf(there) === name || !isAutoPool(there))) continue;
    // What cannot be read changes nothing.
    const app = apps.find((other) => application?.endsWith(`_${other.resource.kind}_${NAMESPACE}_${other.name}`));
    if (app && wantedBy(app) === "unknown") continue;
    problems.push(`record of ${pool} in ${name} has no pool`);
  }
  const isEmpty = book.entries.size === 0 && !world.pools.some((pool) => subnetOf(pool) === name);
  if (deletionTimestamp !== undefined && isEmpty) problems.push(`subnet ${name} does not go`);
  if (deletionTimestamp === undefined && BigInt(subnet.status?.allocatedIPCount ?? -1) !== book.count) {
    problems.push(`subnet ${name} says ${subnet.status?.allocatedIPCount} are given out, its ledger ${book.count}`);
  }
  return problems;
}

/** Free = total − records − pool specs of the CIDR − reserved addresses. */
function freeOf(world: MemoryWorld, subnet: SpiderSubnet): bigint {
  const family = familyOfSubnet(subnet.spec);
  const pools = world.pools
    .filter((pool) => pool.spec.subnet === subnet.spec.subnet)
    .map((pool) => parsePool(pool).ips);
  const records = [...bookOf(subnet).entries.values()].map(({ ranges }) => ranges);
  const reserved = world.objects<SpiderReservedIP>(spiderReservedIPs).map((object) => reservedOf(object, family));
  return countOf(subtract(totalOf(subnet.spec), union(...pools, ...records, ...reserved)));
}

/** What the user wants of autopool; "unknown" where the annotations cannot be read. */
export function wantedBy(app: App): Wanted[] | "unknown" {
  if (!app.exists) return [];
  if (app.native) {
    if (app.wish === "malformed") return "unknown";
    return app.wish === "none" ? [] : wantedIn(app.wish, (number) => desiredOf(app, number));
  }
  const wanted = new Map<string, Wanted>();
  for (const { wish } of app.pods) {
    if (wish === "malformed" || wish === "none" || wish.number?.startsWith("+")) continue;
    for (const want of wantedIn(wish, Number)) wanted.set(`${want.nic}/${want.family}@${want.subnet}`, want);
  }
  // Pods that ask for nothing readable keep what is there.
  return wanted.size === 0 ? "unknown" : [...wanted.values()];
}

function wantedIn({ nics, number }: Wish, desired: (number: string | undefined) => number): Wanted[] {
  return nics.flatMap(({ interface: nic, ipv4, ipv6 }) => [
    ...(ipv4 === undefined ? [] : [{ nic, family: 4 as const, subnet: ipv4, desired: desired(number) }]),
    ...(ipv6 === undefined ? [] : [{ nic, family: 6 as const, subnet: ipv6, desired: desired(number) }]),
  ]);
}

function desiredOf({ resource, replicas }: App, number: string | undefined): number {
  if (number !== undefined && !number.startsWith("+")) return Number(number);
  const isJob = resource.kind === "Job" || resource.kind === "CronJob";
  return (isJob ? Math.max(1, replicas) : replicas) + Number(number ?? 1);
}

function isOf(pool: SpiderIPPool, { resource, name }: App): boolean {
  const labels = pool.metadata.labels ?? {};
  return labels[LABEL.applicationKind] === resource.kind && labels[LABEL.applicationName] === name;
}

function isAt(pool: SpiderIPPool, { nic, family, subnet }: Wanted): boolean {
  const labels = pool.metadata.labels ?? {};
  return labels[LABEL.interface] === nic && labels[LABEL.ipVersion] === `IPv${family}` && subnetOf(pool) === subnet;
}

function isLive(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp === undefined;
}
