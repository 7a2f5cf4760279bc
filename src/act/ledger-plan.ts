/**
 * One group commit of a subnet's ledger, computed: which wants get which addresses, which records shrink or go.
 *
 * Pure. Wants are served in the order in which they came; one that does not fit keeps its place and is passed over, so that a
 * large one cannot hold up all others. Lowest free addresses first (DESIGN §3).
 * @module
 */

import type { Family } from "../address/address.ts";
import { createFreeSet, type FreeSet } from "../address/free-set.ts";
import { countOf, EMPTY, includes, intersect, type RangeSet, subtract, union } from "../address/range-set.ts";
import { type Book, type Entry, entryOf, renewedEntry, withRecords } from "../api/book.ts";
import { type Holding, planHoldings, recordsBut } from "./manual-records.ts";

/** A pool that needs a record. */
export interface Want {
  /** Name of the pool. */
  readonly pool: string;
  /** Key of the machine that asked. */
  readonly key: string;
  /** Record form of the application. */
  readonly application: string;
  /** Family that the subnet must have. */
  readonly family: Family;
  /** Addresses that the record must have at least. */
  readonly size: number;
  /** Addresses in use: they must be in the record. */
  readonly inUse: RangeSet;
  /** Addresses with which the API server refused this pool; others are picked as long as there are any. */
  readonly avoid: RangeSet;
  /** Addresses that the pool has: they are in the record unless another pool has them. */
  readonly held: RangeSet;
  /** For certain there is no pool: what is recorded for it goes back while it is not enough. */
  readonly isAbsent: boolean;
  /** The record is to be written even where it has all that is asked for: who wants to use it must have written it (`grants.ts`). */
  readonly isRenewal?: boolean;
  /** There was a record of this name before: the new one must be another text. */
  readonly isAgain?: boolean;
}

/** What a record becomes: fewer addresses, or nothing. */
export interface Cut {
  readonly pool: string;
  /** Addresses that stay; `undefined` where the record goes. */
  readonly keep: RangeSet | undefined;
  /** The record's mark when this was decided: who has been let in since then may be about to use what would be cut. */
  readonly admittedAt?: string;
}

export type Answer =
  | { readonly kind: "granted"; readonly want: Want }
  | { readonly kind: "short"; readonly want: Want; readonly free: bigint; readonly needed: bigint }
  | { readonly kind: "conflict"; readonly want: Want; readonly addresses: RangeSet };

export interface LedgerPlan {
  /** The book to write; the same object where nothing changes. */
  readonly book: Book;
  readonly answers: readonly Answer[];
}

/** What a plan starts from. */
export interface LedgerSituation {
  readonly family: Family;
  readonly book: Book;
  /** All addresses of the subnet. */
  readonly total: RangeSet;
  /** Addresses that nobody may be given: reserved ones. */
  readonly reserved: RangeSet;
  /** Addresses that pools of the same CIDR have without a record. */
  readonly held: RangeSet;
  /** Version of the subnet; needed for renewals. */
  readonly version?: string;
}

/** etcd takes requests of 1.5 MiB; the object has more in it than its ledger. */
export const ledgerBytesMax = 1_500_000;

/** Returns the size of a ledger inside the object that holds it: JSON in JSON. What is far from the limit is not measured. */
export function bytesOf({ text = "" }: Book): number {
  return text.length < ledgerBytesMax / 2 ? text.length : Buffer.byteLength(JSON.stringify(text));
}

/** Returns what one ledger write does for these wants and cuts, and for these manual pools: nobody cuts their records but they. */
export function planLedger(
  situation: LedgerSituation,
  wants: Iterable<Want>,
  cuts: Iterable<Cut>,
  holdings: readonly Holding[] = [],
): LedgerPlan {
  const { book, family } = situation;
  const changes = new Map<string, Entry | undefined>();
  const entry = (name: string): Entry | undefined => (changes.has(name) ? changes.get(name) : book.entries.get(name));
  let free: FreeSet | undefined;
  for (const { pool, keep, admittedAt } of cuts) {
    const before = entry(pool);
    if (!before || (before.admitted && before.admitted.at !== admittedAt)) continue;
    const after = keep && intersect(before.ranges, keep);
    if (after && countOf(after) === countOf(before.ranges)) continue;
    changes.set(pool, after && entryOf(after, before.application, pool, family));
  }
  for (const { pool } of holdings) changes.delete(pool);
  planHoldings(situation, holdings, changes);
  const answers: Answer[] = [];
  for (const want of wants) {
    const before = entry(want.pool);
    const recorded = before?.ranges ?? EMPTY;
    if (before && isEnough(recorded, want) && before.application === want.application) {
      const { version = "" } = situation;
      if (want.isRenewal) changes.set(want.pool, renewedEntry(before, want.pool, family, version));
      answers.push({ kind: "granted", want });
      continue;
    }
    free ??= createFreeSet(freeOf(situation, changes));
    const answer = grant(situation, want, before, free, changes);
    answers.push(answer);
  }
  return { book: changes.size === 0 ? book : withRecords(book, changes), answers };
}

/** Tells whether a record has all that a want asks for. */
export function isEnough(recorded: RangeSet, want: Pick<Want, "size" | "inUse">): boolean {
  return countOf(recorded) >= BigInt(want.size) && includes(recorded, want.inUse);
}

function grant(
  situation: LedgerSituation,
  want: Want,
  before: Entry | undefined,
  free: FreeSet,
  changes: Map<string, Entry | undefined>,
): Answer {
  const { family, total } = situation;
  const recorded = before?.ranges ?? EMPTY;
  let kept = recorded;
  if (!includes(recorded, want.inUse) || !includes(recorded, want.held)) {
    const others = recordsBut(want.pool, situation.book, changes);
    const taken = intersect(subtract(want.inUse, recorded), others);
    if (taken.length > 0) return { kind: "conflict", want, addresses: taken };
    // What the pool has without a record (somebody edited the ledger) stays its own, if it is nobody else's and of this subnet.
    const found = subtract(intersect(want.held, total), others);
    kept = union(recorded, found, want.inUse);
    free.remove(kept);
  }
  const missing = BigInt(want.size) - countOf(kept);
  const added = missing > 0n ? take(free, missing, want.avoid) : EMPTY;
  if (!added) {
    // What the pool has is recorded even where it cannot have all that it wants; who has no pool waits with nothing.
    if (want.isAbsent && before) changes.set(want.pool, undefined);
    else if (kept !== recorded) changes.set(want.pool, entryOf(kept, want.application, want.pool, family));
    return { kind: "short", want, free: free.size(), needed: missing };
  }
  const entry = entryOf(union(kept, added), want.application, want.pool, family);
  const { version = "" } = situation;
  changes.set(want.pool, want.isAgain ? renewedEntry(entry, want.pool, family, version) : entry);
  return { kind: "granted", want };
}

/** Takes the lowest free addresses, those to avoid last: some of them is better than none. */
function take(free: FreeSet, count: bigint, avoid: RangeSet): RangeSet | undefined {
  if (avoid.length === 0) return free.takeLowest(count);
  const shunned = intersect(free.snapshot(), avoid);
  free.remove(shunned);
  const taken = free.takeLowest(count);
  free.add(shunned);
  return taken ?? free.takeLowest(count);
}

/** Free = total − all records − all pool specs of the CIDR − reserved addresses (DESIGN §3). */
function freeOf(situation: LedgerSituation, changes: ReadonlyMap<string, Entry | undefined>): RangeSet {
  const records = [...situation.book.entries].map(([name, entry]) =>
    changes.has(name) ? (changes.get(name)?.ranges ?? EMPTY) : entry.ranges,
  );
  return subtract(situation.total, union(...records, situation.held, situation.reserved));
}
