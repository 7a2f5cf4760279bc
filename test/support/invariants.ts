/**
 * What must hold between subnets and pools at every instant (docs/lifecycle.md, Invariants), whoever crashes where.
 *
 * Knows the objects alone, so that the same check runs at every commit of a memory cluster and on what a watch of a real one
 * shows. Every broken rule is named once for each address, so that two sets of violations can be compared.
 * @module
 */

import { type Family, formatAddress } from "../../src/address/address.ts";
import { EMPTY, equals, intersect, parseRanges, type RangeSet, subtract, union } from "../../src/address/range-set.ts";
import { isControlledBy } from "../../src/api/adoption.ts";
import { allocatedRanges } from "../../src/api/allocated-ips.ts";
import { applicationOfPool } from "../../src/api/application.ts";
import { type Book, readBook } from "../../src/api/book.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { familyOfSubnet, type SpiderSubnet } from "../../src/api/subnet.ts";
import { isNativeKind } from "../../src/observe/workload.ts";

/** The rules, as they are named in violations. */
export type Rule = "A in I" | "I in R" | "R apart" | "I apart" | "pinned";

export interface Violation {
  readonly rule: Rule;
  /** The pools that it is about, one or two. */
  readonly pools: readonly string[];
  /** The whole of it as one line; equal for equal violations. */
  readonly text: string;
}

interface Parsed {
  readonly family: Family;
  readonly ips: RangeSet;
  readonly inUse: RangeSet;
}

const parsedPools = new WeakMap<SpiderIPPool, Parsed>();
const parsedBooks = new WeakMap<SpiderSubnet, Book>();

/** Addresses that are named one by one; a test that breaks more rules than this is broken enough. */
const namedMax = 64;

/**
 * Returns every violation of A ⊆ I ⊆ R and of disjointness in one state of the cluster. It holds for manual pools as for automatic
 * ones from their adoption on, for what their subnet has of them.
 */
export function violationsOf(subnets: readonly SpiderSubnet[], pools: readonly SpiderIPPool[]): Violation[] {
  const byName = new Map(subnets.map((subnet) => [subnet.metadata.name, subnet]));
  return [
    ...pools.filter(isAutoPool).flatMap((pool) => ofPool(pool, byName.get(subnetOf(pool)))),
    ...pools.flatMap((pool) => ofManualPool(pool, byName.get(subnetOf(pool)))),
    // Nobody is given an address out of a pool that the operator refuses.
    ...pairs(
      pools.filter((pool) => !isRefused(pool)),
      (pool) => pool.spec.subnet,
    ).flatMap(([a, b]) => apart("I apart", poolSide(a), poolSide(b))),
    ...subnets.flatMap(ofSubnet),
    ...subnets.flatMap((subnet) => ofIntruders(subnet, pools)),
  ];
}

/** Returns what a change that is not a user's must not do to a pool: resize or delete a pinned one. */
export function forbiddenChange(before: SpiderIPPool, after: SpiderIPPool): Violation[] {
  const { name } = before.metadata;
  const application = applicationOfPool(before);
  if (!application || isNativeKind(application.apiVersion, application.kind)) return [];
  const broken = (text: string): Violation => ({ rule: "pinned", pools: [name], text: `pinned pool ${name}: ${text}` });
  const [old, now] = [before.spec.ips ?? [], after.spec.ips ?? []];
  return [
    ...(equals(parsePool(before).ips, parsePool(after).ips) ? [] : [broken(`addresses [${old}] became [${now}]`)]),
    ...(before.metadata.deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined
      ? [broken("deleted")]
      : []),
  ];
}

/** Returns a pool's addresses: those in `spec.ips`, of a manual pool without `spec.excludeIPs`, and those in use. What cannot be read counts as none. */
export function parsePool(pool: SpiderIPPool): Parsed {
  const known = parsedPools.get(pool);
  if (known) return known;
  const family = familyOfSubnet(pool.spec);
  const parsed = {
    family,
    // What an automatic pool excludes was excluded by hand.
    ips: readable(() => (isAutoPool(pool) ? parseRanges(pool.spec.ips, family) : totalOf(pool.spec))),
    inUse: readable(() => allocatedRanges(pool.status?.allocatedIPs, family)),
  };
  parsedPools.set(pool, parsed);
  return parsed;
}

/** Returns a subnet's ledger. */
export function bookOf(subnet: SpiderSubnet): Book {
  const known = parsedBooks.get(subnet);
  if (known) return known;
  const book = readBook(subnet.status?.controlledIPPools, familyOfSubnet(subnet.spec));
  parsedBooks.set(subnet, book);
  return book;
}

/** Name of the subnet that a pool was cut from, or adopted by. */
export function subnetOf(pool: SpiderIPPool): string {
  return pool.metadata.labels?.[LABEL.ownerSubnet] ?? "";
}

function ofPool(pool: SpiderIPPool, subnet: SpiderSubnet | undefined): Violation[] {
  const { name } = pool.metadata;
  const { family, ips, inUse } = parsePool(pool);
  const record = (subnet && bookOf(subnet).entries.get(name)?.ranges) ?? EMPTY;
  return [
    ...named("A in I", [name], subtract(inUse, ips), family, "is in use but not in spec.ips"),
    ...named("I in R", [name], subtract(ips, record), family, "is in spec.ips but not in the record"),
  ];
}

function ofManualPool(pool: SpiderIPPool, subnet: SpiderSubnet | undefined): Violation[] {
  if (isAutoPool(pool) || !subnet || !isControlledBy(pool, subnet)) return [];
  const { name } = pool.metadata;
  const { family, ips } = parsePool(pool);
  const record = bookOf(subnet).entries.get(name)?.ranges ?? EMPTY;
  const own = intersect(
    ips,
    readable(() => totalOf(subnet.spec)),
  );
  return named("I in R", [name], subtract(own, record), family, "is in a manual pool but not in its record");
}

/** Manual pools that have what is recorded for others. */
function ofIntruders(subnet: SpiderSubnet, pools: readonly SpiderIPPool[]): Violation[] {
  const manual = pools.filter(
    (pool) => pool.spec.subnet === subnet.spec.subnet && !isAutoPool(pool) && !isRefused(pool),
  );
  const { entries, family } = bookOf(subnet);
  return manual.flatMap((pool) =>
    [...entries]
      .filter(([name]) => name !== pool.metadata.name)
      .flatMap(([name, { ranges }]) => apart("I apart", poolSide(pool), { name, set: ranges, family })),
  );
}

function isRefused({ status }: SpiderIPPool): boolean {
  const stalled = status?.conditions?.find(({ type }) => type === "Stalled");
  return stalled?.status === "True" && (stalled.reason === "InvalidSpec" || stalled.reason === "Overlap");
}

function ofSubnet(subnet: SpiderSubnet): Violation[] {
  const book = bookOf(subnet);
  // Records that lie side by side are the usual case: only where addresses are counted twice the pairs are looked at.
  const all = union(...[...book.entries.values()].map(({ ranges }) => ranges));
  if (all.reduce((sum, { first, last }) => sum + last - first + 1n, 0n) === book.count) return [];
  return pairs([...book.entries], () => "").flatMap(([[a, x], [b, y]]) =>
    apart("R apart", { name: a, set: x.ranges, family: book.family }, { name: b, set: y.ranges, family: book.family }),
  );
}

interface Side {
  readonly name: string;
  readonly set: RangeSet;
  readonly family: Family;
}

function poolSide(pool: SpiderIPPool): Side {
  const { ips, family } = parsePool(pool);
  return { name: pool.metadata.name, set: ips, family };
}

function apart(rule: Rule, a: Side, b: Side): Violation[] {
  const what = rule === "I apart" ? "is in both pools, or in one and the other's record" : "is in both records";
  return named(rule, [a.name, b.name].sort(), intersect(a.set, b.set), a.family, what);
}

function named(rule: Rule, pools: readonly string[], set: RangeSet, family: Family, what: string): Violation[] {
  const violations: Violation[] = [];
  for (const { first, last } of set) {
    for (let address = first; address <= last && violations.length < namedMax; address++) {
      violations.push({
        rule,
        pools,
        text: `${rule}: ${formatAddress(address, family)} of ${pools.join(", ")} ${what}`,
      });
    }
  }
  return violations;
}

function pairs<T>(items: readonly T[], group: (item: T) => string): [T, T][] {
  return items.flatMap((a, index) =>
    items.slice(index + 1).flatMap((b): [T, T][] => (group(a) === group(b) ? [[a, b]] : [])),
  );
}

function readable(read: () => RangeSet): RangeSet {
  try {
    return read();
  } catch {
    return EMPTY;
  }
}
