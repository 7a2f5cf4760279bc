/**
 * What a ledger write may take away, or give out again: nothing that a pool is seen to have, and nothing that somebody else may be
 * about to use.
 *
 * What is not certain yet is asked for, and left as it is meanwhile: the rest of the write does not wait for it.
 * @module
 */

import { countOf, EMPTY, includes, overlaps, type RangeSet, subtract, union } from "../address/range-set.ts";
import type { Book, Entry } from "../api/book.ts";
import { isAutoPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { type Cut, isEnough, type Want } from "./ledger-plan.ts";
import { poolRanges } from "./ledger-situation.ts";
import type { LedgerView } from "./ledger-view.ts";
import { type Holding, keptBy } from "./manual-records.ts";
import type { RecordClaims } from "./record-claims.ts";
import type { RecordMarks, Vanished } from "./record-marks.ts";

export class SettledRecords {
  readonly #subnet: string;
  readonly #view: Pick<LedgerView, "pool" | "subnet">;
  readonly #marks: RecordMarks;
  readonly #claims: RecordClaims;

  constructor(
    subnet: string,
    view: Pick<LedgerView, "pool" | "subnet">,
    { marks, claims }: { readonly marks: RecordMarks; readonly claims: RecordClaims },
  ) {
    this.#subnet = subnet;
    this.#view = view;
    this.#marks = marks;
    this.#claims = claims;
  }

  /** Returns the cuts that may be made now; those of what a pool has again are dropped, which is told. */
  ripe(cuts: Map<string, Cut>, book: Book, onDropped: (cut: Cut) => void): Cut[] {
    return [...cuts.values()].filter((cut) => {
      const { pool, keep } = cut;
      const entry = book.entries.get(pool);
      const lost = entry && (keep ? subtract(entry.ranges, keep) : entry.ranges);
      if (!lost || lost.length === 0) return true;
      if (overlaps(lost, this.#held(pool, book) ?? [])) {
        cuts.delete(pool);
        onDropped(cut);
        return false;
      }
      return this.#isSettled(pool, isManual(entry));
    });
  }

  /** Returns a want as it may be served now: what is recorded goes back only where that is certain. */
  want(want: Want, book: Book): Want {
    if (!book.entries.has(want.pool)) return this.#marks.hasLeft(want.pool) ? { ...want, isAgain: true } : want;
    const entry = want.isAbsent ? book.entries.get(want.pool) : undefined;
    if (!entry || isEnough(entry.ranges, want) || this.#isSettled(want.pool, isManual(entry))) return want;
    return { ...want, isAbsent: false };
  }

  /** Returns a manual pool as its record may follow it now. */
  holding(holding: Holding, book: Book): Holding {
    const entry = book.entries.get(holding.pool);
    if (!entry || !this.#marks.of(holding.pool)) return holding;
    const isShrinking = countOf(keptBy(holding, entry.ranges)) < countOf(entry.ranges);
    return !isShrinking || this.#isSettled(holding.pool, true) ? holding : { ...holding, isArriving: true };
  }

  /** Returns what left the ledger by somebody else's hand and may be a pool's that is not known. */
  vanished(book: Book): RangeSet {
    const isUnseen = (pool: string, { ranges }: Vanished): boolean =>
      !includes(this.#held(pool, book) ?? EMPTY, ranges);
    const lost = [...this.#marks.vanished()].filter(
      ([pool, vanished]) => isUnseen(pool, vanished) && !this.#isSettled(pool, vanished.isManual),
    );
    return union(...lost.map(([, { ranges }]) => ranges));
  }

  #isSettled(pool: string, isOfPerson: boolean): boolean {
    if (!this.#marks.of(pool)) return true;
    this.#claims.request(pool, isOfPerson);
    return false;
  }

  /** What the pool of this name has of the subnet, as far as it is known. */
  #held(name: string, { family }: Book): RangeSet | undefined {
    const pool = this.#view.pool(name);
    if (!pool) return undefined;
    const isOurs = isAutoPool(pool)
      ? pool.metadata.labels?.[LABEL.ownerSubnet] === this.#subnet
      : pool.spec.subnet === this.#view.subnet(this.#subnet)?.spec.subnet;
    return isOurs ? poolRanges(pool, family) : undefined;
  }
}

function isManual({ application }: Entry): boolean {
  return application === undefined;
}
