/**
 * Which records of one subnet's ledger somebody else may be about to use: the half of the fence that holds back who cuts (docs/lifecycle.md).
 *
 * Whoever has written a record may create or grow its pool for a while. So what another operator, or a run before this one, has
 * written is marked when it is seen first, and is not cut before all that may be on its way has come, and the pool was looked at
 * after that. What somebody else has taken out of the ledger is marked likewise: perhaps a pool has it that has not been seen, and the
 * hand was a person's. Pure but for its own maps and the clock; sends nothing.
 * @module
 */

import { EMPTY, includes, type RangeSet, subtract, union } from "../address/range-set.ts";
import type { Book } from "../api/book.ts";
import { ON_THE_WAY_MS } from "../api/controlled-pools.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { Clock } from "../clock.ts";

/** A record that is not known to be ours alone. */
export interface Mark {
  /** When it was first seen as it is now; milliseconds since the epoch. */
  readonly since: number;
}

/** What left the ledger by somebody else's hand. */
export interface Vanished {
  readonly ranges: RangeSet;
  /** It was recorded for a manual pool. */
  readonly isManual: boolean;
  /** When that was seen; milliseconds since the epoch. */
  readonly at: number;
}

/** No watch is behind by as much: then the caches know of every pool that there was. */
const FORGOTTEN_AFTER_MS = 600_000;

export class RecordMarks {
  readonly #clock: Clock;
  readonly #onTheWayMs: number;
  readonly #marks = new Map<string, Mark>();
  #uid: string | undefined;
  #version: string | undefined;
  #book: Book | undefined;
  /** What the version that was seen last has marked, and how that was marked before. */
  #news = new Map<string, Mark | undefined>();
  readonly #vanished = new Map<string, Vanished>();
  /** Names of records that have left the ledger, by whatever hand, and when. */
  readonly #left = new Map<string, number>();

  constructor(clock: Clock, onTheWayMs: number = ON_THE_WAY_MS) {
    this.#clock = clock;
    this.#onTheWayMs = onTheWayMs;
  }

  /** Takes in a version of the ledger that may be anybody's. */
  see({ metadata: { uid, resourceVersion } }: SpiderSubnet, book: Book): void {
    if (resourceVersion === this.#version && uid === this.#uid) return;
    if (uid !== this.#uid) {
      this.#marks.clear();
      this.#vanished.clear();
      this.#left.clear();
    }
    const before = uid === this.#uid ? this.#book?.entries : undefined;
    [this.#uid, this.#version, this.#book] = [uid, resourceVersion, book];
    this.#news = new Map();
    if (before === book.entries) return;
    const mark: Mark = { since: this.#clock.now() };
    for (const [name, entry] of book.entries) {
      const old = before?.get(name);
      if (old === entry || old?.fragment === entry.fragment) continue;
      this.#news.set(name, this.#marks.get(name));
      this.#marks.set(name, mark);
    }
    if (before) this.#miss(before, book, mark);
    this.#forget(book, before);
  }

  /** Takes in a version that we have written on top of the one that was seen; the watch may have shown it already. */
  wrote(base: string | undefined, version: string | undefined, book: Book): void {
    if (this.#version === base) {
      const before = this.#book?.entries;
      [this.#version, this.#book, this.#news] = [version, book, new Map()];
      this.#forget(book, before);
    } else if (this.#version === version) {
      for (const [name, before] of this.#news) {
        if (before) this.#marks.set(name, before);
        else this.#marks.delete(name);
        this.#vanished.delete(name);
      }
      this.#news.clear();
      this.#forget(book, undefined);
    }
  }

  /** A request of our own for this pool has ended without an answer. */
  doubt(pool: string): void {
    this.#marks.set(pool, { since: this.#clock.now() });
  }

  /** `undefined` where nobody else can be about to use the record. */
  of(pool: string): Mark | undefined {
    return this.#marks.get(pool);
  }

  /** Returns what left the ledger without a write of ours, by pool: while it is marked, the pool may have it all the same. */
  vanished(): ReadonlyMap<string, Vanished> {
    for (const name of this.#vanished.keys()) if (!this.#marks.has(name)) this.#vanished.delete(name);
    return this.#vanished;
  }

  /** Whether a pool was recorded here a while ago: who has not seen that it left would take an equal record for the former one. */
  hasLeft(pool: string): boolean {
    return this.#left.has(pool);
  }

  /** How much longer something may be on its way, in milliseconds. */
  leftMs({ since }: Mark): number {
    return Math.max(0, since + this.#onTheWayMs - this.#clock.now());
  }

  /**
   * Drops a mark: the pool, or its absence, was seen at the API server by a request that was sent when nothing was on its way any more.
   * A newer mark stays.
   */
  drop(pool: string, mark: Mark): void {
    if (this.#marks.get(pool) === mark) this.#marks.delete(pool);
  }

  /** Takes in what is there no more; how long it may be waited for is told by the mark that the record had. */
  #miss(before: Book["entries"], book: Book, mark: Mark): void {
    for (const [name, { ranges, application, fragment }] of before) {
      const entry = book.entries.get(name);
      if (entry?.fragment === fragment) continue;
      const lost = subtract(ranges, entry?.ranges ?? EMPTY);
      if (lost.length === 0) continue;
      if (!this.#news.has(name)) this.#news.set(name, this.#marks.get(name));
      this.#marks.set(name, this.#marks.get(name) ?? mark);
      const missed = union(this.#vanished.get(name)?.ranges ?? EMPTY, lost);
      this.#vanished.set(name, { ranges: missed, isManual: application === undefined, at: mark.since });
    }
  }

  #forget(book: Book, before: Book["entries"] | undefined): void {
    const now = this.#clock.now();
    for (const [name, at] of this.#left) if (now - at > FORGOTTEN_AFTER_MS) this.#left.delete(name);
    for (const name of before?.keys() ?? []) if (!book.entries.has(name)) this.#left.set(name, now);
    for (const [name, { ranges, at }] of this.#vanished) {
      const isBack = includes(book.entries.get(name)?.ranges ?? EMPTY, ranges);
      if (isBack || now - at > FORGOTTEN_AFTER_MS) this.#vanished.delete(name);
    }
    for (const name of this.#marks.keys()) {
      if (!book.entries.has(name) && !this.#vanished.has(name)) this.#marks.delete(name);
    }
  }
}
