/**
 * How a subnet's addresses are spread: what its ledger records, what is reserved, what pods have, what is left.
 *
 * Counted from the caches when a scrape asks: a look at every pool, and at every record only of subnets with reserved addresses
 * whose ledger has changed since.
 * @module
 */

import { countOf, intersect, type RangeSet } from "../address/range-set.ts";
import { ownerSubnetOf } from "../api/adoption.ts";
import type { Book } from "../api/book.ts";
import { type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";

/** What the caches have of it. */
export interface SubnetCaches {
  readonly subnets: { values(): Iterable<SpiderSubnet>; book(name: string): Book | undefined };
  readonly pools: { values(): Iterable<SpiderIPPool> };
  reserved(family: 4 | 6): RangeSet;
}

/** Numbers of one subnet. */
export interface SubnetFigures {
  readonly name: string;
  readonly total: number;
  readonly recorded: number;
  readonly reserved: number;
  readonly free: number;
  used: number;
  pools: number;
}

/** Returns the figures of all subnets whose addresses can be read. */
export function subnetFigures(caches: SubnetCaches): SubnetFigures[] {
  const { subnets, pools } = caches;
  const figures = new Map<string, SubnetFigures>();
  for (const subnet of subnets.values()) {
    const { name } = subnet.metadata;
    const counted = countsOf(subnet, subnets.book(name), (family) => caches.reserved(family));
    if (counted) figures.set(name, { name, ...counted, used: 0, pools: 0 });
  }
  for (const pool of pools.values()) {
    const of = figures.get(ownerSubnetOf(pool) ?? "");
    if (!of) continue;
    of.pools += 1;
    of.used += pool.status?.allocatedIPCount ?? 0;
  }
  return [...figures.values()];
}

type Counts = Pick<SubnetFigures, "total" | "recorded" | "reserved" | "free">;

function countsOf(
  { spec }: SpiderSubnet,
  book: Book | undefined,
  reserved: SubnetCaches["reserved"],
): Counts | undefined {
  const all = totalsOf(spec);
  if (all === undefined) return undefined;
  const set = reserved(familyOfSubnet(spec));
  const held = set.length === 0 ? 0n : countOf(intersect(all.set, set));
  const recorded = book?.count ?? 0n;
  // What was recorded before it was reserved is both.
  const both = held === 0n || !book ? 0n : overlapOf(book, set);
  const free = all.count - recorded - held + both;
  return {
    total: Number(all.count),
    recorded: Number(recorded),
    reserved: Number(held),
    free: Number(free < 0n ? 0n : free),
  };
}

/** Addresses of a specification; an object of the cache is never changed, so it is counted once. */
const totals = new WeakMap<object, { readonly set: RangeSet; readonly count: bigint } | "unreadable">();

function totalsOf(spec: SpiderSubnet["spec"]): { readonly set: RangeSet; readonly count: bigint } | undefined {
  let known = totals.get(spec);
  if (known === undefined) {
    known = "unreadable";
    try {
      const set = totalOf(spec);
      known = { set, count: countOf(set) };
    } catch {
      // Admission refuses it, and the subnet's own condition says why.
    }
    totals.set(spec, known);
  }
  return known === "unreadable" ? undefined : known;
}

/** Likewise: a book is never changed. */
const overlaps = new WeakMap<Book, { readonly reserved: RangeSet; readonly count: bigint }>();

function overlapOf(book: Book, reserved: RangeSet): bigint {
  const known = overlaps.get(book);
  if (known?.reserved === reserved) return known.count;
  let count = 0n;
  for (const { ranges } of book.entries.values()) count += countOf(intersect(ranges, reserved));
  overlaps.set(book, { reserved, count });
  return count;
}
