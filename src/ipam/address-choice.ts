/**
 * Which address comes next: the lowest free one of the first listed range that has one (ipam §2.7).
 *
 * Ranges are never expanded: a /64, or an exclusion of a million addresses, costs no more than a single address. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import { parseRange } from "../address/range.ts";
import { parseRanges, type RangeSet, subtract, union } from "../address/range-set.ts";
import type { SpiderIPPoolSpec } from "../api/ippool.ts";

/** What a pool may give out, in the order of its list; see {@link usableRanges}. */
export type UsableRanges = readonly RangeSet[];

/**
 * Returns the listed ranges of a pool, in their order, each without what is excluded or reserved.
 * @throws {SyntaxError} If a range is malformed.
 */
export function usableRanges(
  { ips, excludeIPs }: Pick<SpiderIPPoolSpec, "ips" | "excludeIPs">,
  family: Family,
  reserved: RangeSet,
): UsableRanges {
  const closed = union(parseRanges(excludeIPs, family), reserved);
  return (ips ?? []).map((text) => subtract([parseRange(text, family)], closed));
}

/** Yields the addresses that are not taken, in the order in which they are to be given out. */
export function* freeAddresses(usable: UsableRanges, isTaken: (address: bigint) => boolean): Generator<bigint, void> {
  for (const set of usable) {
    for (const { first, last } of set) {
      for (let address = first; address <= last; address++) if (!isTaken(address)) yield address;
    }
  }
}
