/**
 * The records of manual pools: what a person has written into a pool is written into the ledger of its subnet too.
 *
 * Pure. Nothing is chosen here: the record follows the pool, smaller at once, larger only with addresses that are recorded for nobody
 * else. What pods hold stays recorded even where the pool has lost it, so that nobody else is given it.
 * @module
 */

import type { Family } from "../address/address.ts";
import { countOf, EMPTY, equals, intersect, overlaps, type RangeSet, subtract, union } from "../address/range-set.ts";
import { type Book, type Entry, entryOf } from "../api/book.ts";

/** A manual pool of the subnet's CIDR. */
export interface Holding {
  readonly pool: string;
  /** Its addresses; `undefined` where they cannot be read: then its record stays as it is. */
  readonly total: RangeSet | undefined;
  /** More may be recorded for it. */
  readonly mayGrow: boolean;
  /** The subnet is on its way out and does not take the pool with it: nothing of it is the pool's any more. */
  readonly isLeft: boolean;
  /** A change that was let in may still be on its way: the record does not get smaller, and keeps its mark. */
  readonly isArriving: boolean;
  /** Addresses that pods have; `undefined` where they cannot be read. */
  inUse(): RangeSet | undefined;
}

/** Changes of records by pool; `undefined` drops one. */
export type RecordChanges = Map<string, Entry | undefined>;

/** Returns a holding that is not recorded any further. */
export function ungrowing(holding: Holding): Holding {
  return { ...holding, mayGrow: false };
}

/** Adds to `changes` what the records of manual pools become. */
export function planHoldings(
  { book, family, total: all }: { readonly book: Book; readonly family: Family; readonly total: RangeSet },
  holdings: readonly Holding[],
  changes: RecordChanges,
): void {
  let taken: RangeSet | undefined;
  let grown: RangeSet = EMPTY;
  for (const holding of holdings) {
    const { pool, total, isArriving } = holding;
    const before = book.entries.get(pool);
    const recorded = before?.ranges ?? EMPTY;
    const kept = keptBy(holding, recorded);
    const missing = holding.mayGrow && total ? subtract(intersect(total, all), kept) : EMPTY;
    let after = kept;
    if (missing.length > 0) {
      taken ??= recordsBut(undefined, book, changes);
      if (!overlaps(missing, subtract(taken, recorded)) && !overlaps(missing, grown)) {
        after = union(kept, missing);
        grown = union(grown, missing);
      }
    }
    const admitted = isArriving ? before?.admitted : undefined;
    const isSame =
      before && before.application === undefined && before.admitted === admitted && equals(after, recorded);
    if (isSame) continue;
    if (countOf(after) > 0n) changes.set(pool, entryOf(after, undefined, pool, family, admitted));
    else if (before) changes.set(pool, undefined);
  }
}

/** Returns the addresses of all records but one. */
export function recordsBut(
  name: string | undefined,
  book: Book,
  changes: ReadonlyMap<string, Entry | undefined>,
): RangeSet {
  const sets: RangeSet[] = [];
  for (const [other, entry] of book.entries) {
    if (other !== name && !changes.has(other)) sets.push(entry.ranges);
  }
  for (const [other, entry] of changes) if (other !== name && entry) sets.push(entry.ranges);
  return union(...sets);
}

/** Returns what of its record a manual pool keeps. */
export function keptBy({ total, isLeft, isArriving, inUse }: Holding, recorded: RangeSet): RangeSet {
  // What is on its way may be another pool of this name, which goes with the subnet.
  if (isArriving) return recorded;
  if (isLeft) return EMPTY;
  if (!total) return recorded;
  const own = intersect(recorded, total);
  if (countOf(own) === countOf(recorded)) return own;
  const used = inUse();
  return used ? intersect(recorded, union(total, used)) : recorded;
}
