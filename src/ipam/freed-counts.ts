/**
 * How many addresses were given back, by pool and reason: numbers for metrics and tests.
 * @module
 */

import type { ReleaseReason } from "./leaks.ts";
import type { FreedAddress } from "./reclaimer.ts";

export interface FreedCount {
  readonly pool: string;
  readonly reason: ReleaseReason;
  readonly count: number;
}

export class FreedCounts {
  /** Only pools that have leaked are in it. */
  readonly #counts = new Map<string, FreedCount>();

  count({ pool, reason }: Pick<FreedAddress, "pool" | "reason">): void {
    const key = `${reason} ${pool}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { pool, reason, count });
  }

  values(): IterableIterator<FreedCount> {
    return this.#counts.values();
  }

  /** Over all pools. */
  of(reason: ReleaseReason): number {
    return [...this.values()].reduce((sum, entry) => sum + (entry.reason === reason ? entry.count : 0), 0);
  }
}
