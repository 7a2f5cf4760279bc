/**
 * Finds sets of addresses that have one in common, among tens of thousands of them: one sweep over all their runs. Pure.
 * @module
 */

import type { Range } from "../address/range.ts";
import type { RangeSet } from "../address/range-set.ts";

/** Pairs that are found; who has more overlaps than this has other troubles. */
const pairsMax = 1000;

/** Returns each pair of sets with an address in common, once. */
export function overlapsOf<T extends { readonly ranges: RangeSet }>(sets: readonly T[]): [T, T][] {
  const runs: { range: Range; set: number }[] = sets.flatMap(({ ranges }, set) =>
    ranges.map((range) => ({ range, set })),
  );
  runs.sort((a, b) => (a.range.first < b.range.first ? -1 : a.range.first > b.range.first ? 1 : a.set - b.set));
  const pairs = new Map<string, [T, T]>();
  // Runs that began before and have not ended; a healthy cluster has one at most.
  let open: typeof runs = [];
  for (const run of runs) {
    open = open.filter(({ range }) => range.last >= run.range.first);
    for (const other of open) {
      const [a, b] = [Math.min(run.set, other.set), Math.max(run.set, other.set)];
      if (pairs.size < pairsMax) pairs.set(`${a} ${b}`, [sets[a] as T, sets[b] as T]);
    }
    open.push(run);
  }
  return [...pairs.values()];
}
