/**
 * A mutable set of addresses for the ledger: what is free in one subnet, changed a little at a time.
 *
 * The pure algebra of `range-set.ts` costs one pass over all runs for each operation. The ledger gives and takes for
 * thousands of pools, so here each operation finds its place by binary search and touches only the runs that it changes.
 * @module
 */

import type { Range } from "./range.ts";
import { countOf, EMPTY, type RangeSet, takeLowest } from "./range-set.ts";

/** Addresses that are free; see {@link createFreeSet}. */
export interface FreeSet {
  /** Counts the addresses. */
  size(): bigint;
  /** Removes and returns the `n` lowest addresses; `undefined`, changing nothing, where there are fewer. */
  takeLowest(n: bigint): RangeSet | undefined;
  /** Makes every address of the set a member; some may be members already. */
  add(set: RangeSet): void;
  /** Makes no address of the set a member; some may be missing already. */
  remove(set: RangeSet): void;
  /** Returns the members now; later changes do not show in it. */
  snapshot(): RangeSet;
}

/** Creates a {@link FreeSet} that holds the given addresses. */
export function createFreeSet(initial: RangeSet): FreeSet {
  const runs: Range[] = [...initial];
  let count = countOf(runs);

  /** Puts `replacement` in the place of the runs `from` (included) to `to` (excluded). */
  const replace = (from: number, to: number, replacement: readonly Range[]): void => {
    const removed = runs.splice(from, to - from, ...replacement);
    count += countOf(replacement) - countOf(removed);
  };

  const addRange = ({ first, last }: Range): void => {
    // Neighbours that only touch are replaced too, so that the runs stay merged.
    const from = indexOfLastFrom(runs, first - 1n);
    const to = indexOfFirstAbove(runs, last + 1n);
    const [lowest, highest] = [runs[from], runs[to - 1]];
    const reachesDown = from < to && lowest !== undefined && lowest.first < first;
    const reachesUp = from < to && highest !== undefined && highest.last > last;
    replace(from, to, [{ first: reachesDown ? lowest.first : first, last: reachesUp ? highest.last : last }]);
  };

  const removeRange = ({ first, last }: Range): void => {
    const from = indexOfLastFrom(runs, first);
    const to = indexOfFirstAbove(runs, last);
    if (from >= to) return;
    const [lowest, highest] = [runs[from] as Range, runs[to - 1] as Range];
    const rest: Range[] = [];
    if (lowest.first < first) rest.push({ first: lowest.first, last: first - 1n });
    if (highest.last > last) rest.push({ first: last + 1n, last: highest.last });
    replace(from, to, rest);
  };

  return {
    size: () => count,
    takeLowest(n) {
      if (n <= 0n) return EMPTY;
      if (n > count) return undefined;
      const taken = takeLowest(runs, n);
      // Whole runs go from the front; the last one may be cut.
      const cut = runs[taken.length - 1] as Range;
      const { last } = taken[taken.length - 1] as Range;
      runs.splice(0, taken.length, ...(cut.last > last ? [{ first: last + 1n, last: cut.last }] : []));
      count -= n;
      return taken;
    },
    add: (set) => set.forEach(addRange),
    remove: (set) => set.forEach(removeRange),
    snapshot: () => [...runs],
  };
}

/** Returns the index of the first run whose last address is `address` or above it. */
function indexOfLastFrom(runs: readonly Range[], address: bigint): number {
  return partition(runs.length, (index) => (runs[index] as Range).last < address);
}

/** Returns the index of the first run whose first address is above `address`. */
function indexOfFirstAbove(runs: readonly Range[], address: bigint): number {
  return partition(runs.length, (index) => (runs[index] as Range).first <= address);
}

/** Returns how many of the indices 0 to `length` - 1 lie on the left side, where `isLeft` holds for a prefix of them. */
function partition(length: number, isLeft: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isLeft(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
