/**
 * Sets of addresses as sorted, disjoint runs: the algebra that pools, subnets and the ledger are computed with.
 *
 * A {@link RangeSet} is always in normal form (ascending, no overlap, adjacent runs merged), so equal sets are equal lists
 * and their text is what the reference writes (spec §1.6.2). Every operation is one sweep over the runs; none of them
 * ever walks the addresses, so a /8 of IPv6 costs as much as a single address.
 * @module
 */

import type { Family } from "./address.ts";
import { mergedNear } from "./near-ranges.ts";
import { formatRange, parseRange, type Range, sizeOf } from "./range.ts";
import { isSorted, SHORT, sortedRanges } from "./sorted-ranges.ts";

/** A set of addresses in normal form. Build it with the functions here only. */
export type RangeSet = readonly Range[];

/** The set without any address. */
export const EMPTY: RangeSet = [];

/**
 * Parses a list such as `spec.ips`; absent and null mean empty. The elements may overlap and come in any order.
 * @throws {SyntaxError} If an element is malformed.
 */
export function parseRanges(texts: readonly string[] | null | undefined, family: Family): RangeSet {
  return toRangeSet((texts ?? []).map((text) => parseRange(text, family)));
}

/** Formats a set as a list for `spec.ips`: ascending, merged, canonical text. */
export function formatRanges(set: RangeSet, family: Family): string[] {
  return set.map((range) => formatRange(range, family));
}

/** Returns the normal form of any ranges. */
export function toRangeSet(ranges: Iterable<Range>): RangeSet {
  const list: readonly Range[] = Array.isArray(ranges) ? ranges : [...ranges];
  if (isSorted(list)) return merged(list);
  return (list.length > SHORT ? mergedNear(list) : undefined) ?? merged(sortedRanges(list));
}

function merged(sorted: readonly Range[]): RangeSet {
  const runs: Range[] = [];
  let current: Range | undefined;
  for (const range of sorted) {
    if (current === undefined) current = range;
    else if (range.first > current.last + 1n) {
      runs.push(current);
      current = range;
    } else if (range.last > current.last) current = { first: current.first, last: range.last };
  }
  if (current !== undefined) runs.push(current);
  return runs;
}

/** Returns every address that is in at least one of the sets. */
export function union(...sets: RangeSet[]): RangeSet {
  const filled = sets.filter((set) => set.length > 0);
  return filled.length < 2 ? (filled[0] ?? EMPTY) : toRangeSet(filled.flat());
}

/** Returns the addresses of `a` that are not in `b`. */
export function subtract(a: RangeSet, b: RangeSet): RangeSet {
  if (b.length === 0) return a;
  const rest: Range[] = [];
  let next = 0;
  for (const { first, last } of a) {
    let from = first;
    while (next < b.length && (b[next] as Range).last < from) next++;
    // A hole may reach over several runs of `a`, so `next` stays on the last one looked at.
    let hole = next;
    for (; hole < b.length && (b[hole] as Range).first <= last; hole++) {
      const taken = b[hole] as Range;
      if (taken.first > from) rest.push({ first: from, last: taken.first - 1n });
      from = taken.last + 1n;
    }
    if (from <= last) rest.push({ first: from, last });
    next = Math.max(next, hole - 1);
  }
  return rest;
}

/** Returns the addresses that are in both sets. */
export function intersect(a: RangeSet, b: RangeSet): RangeSet {
  const both: Range[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as Range, b[j] as Range];
    const first = left.first > right.first ? left.first : right.first;
    const last = left.last < right.last ? left.last : right.last;
    if (first <= last) both.push({ first, last });
    if (left.last < right.last) i++;
    else j++;
  }
  return both;
}

/** Counts the addresses of a set. */
export function countOf(set: RangeSet): bigint {
  return set.reduce((count, range) => count + sizeOf(range), 0n);
}

/** Tells whether every address of `inner` is in `outer`; quick where one of them has many more runs than the other. */
export function includes(outer: RangeSet, inner: RangeSet): boolean {
  let i = 0;
  return inner.every((range) => {
    i = seek(outer, range.first, i);
    const candidate = outer[i];
    // Runs are merged, so a run of `inner` lies inside one single run of `outer` or not inside it at all.
    return candidate !== undefined && candidate.first <= range.first && range.last <= candidate.last;
  });
}

/** Tells whether at least one address is in both sets; quick where one of them has many more runs than the other. */
export function overlaps(a: RangeSet, b: RangeSet): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as Range, b[j] as Range];
    if (left.last < right.first) i = seek(a, right.first, i);
    else if (right.last < left.first) j = seek(b, left.first, j);
    else return true;
  }
  return false;
}

/** Tells whether both sets hold the same addresses. */
export function equals(a: RangeSet, b: RangeSet): boolean {
  return a.length === b.length && a.every((range, i) => range.first === b[i]?.first && range.last === b[i]?.last);
}

/** Tells whether an address is in the set; logarithmic in the number of runs. */
export function contains(set: RangeSet, address: bigint): boolean {
  const found = set[seek(set, address, 0)];
  return found !== undefined && found.first <= address;
}

/** Returns the index of the first run from index `from` on that ends at the address or above; logarithmic in how far it is. */
function seek(set: RangeSet, address: bigint, from: number): number {
  let [low, step] = [from, 1];
  while (low + step <= set.length && (set[low + step - 1] as Range).last < address) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, set.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle] as Range).last < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the `n` lowest addresses; all of them where the set holds fewer. */
export function takeLowest(set: RangeSet, n: bigint): RangeSet {
  const taken: Range[] = [];
  let missing = n;
  for (const range of set) {
    if (missing <= 0n) break;
    const size = sizeOf(range);
    taken.push(size <= missing ? range : { first: range.first, last: range.first + missing - 1n });
    missing -= size;
  }
  return taken;
}

/** Returns the `n` highest addresses; all of them where the set holds fewer. */
export function takeHighest(set: RangeSet, n: bigint): RangeSet {
  const total = countOf(set);
  return n >= total ? set : subtract(set, takeLowest(set, total - (n > 0n ? n : 0n)));
}
