/**
 * Sees to it that every pool's status says what its machine says, with as few writes as that takes.
 *
 * A pool is looked at after its machine has been told the news, never between the two, so that one change is one write.
 * @module
 */

import type { PoolSnapshot } from "../machines/step.ts";
import { PoolKeeper, type PoolKeeperOptions, type PoolStanding } from "./act/pool-keeper.ts";
import { isAutoPool } from "./api/ippool.ts";
import type { Life } from "./observe/pool-life.ts";
import { standingOf } from "./standing.ts";

export interface PoolStatusesOptions extends Omit<PoolKeeperOptions, "standing"> {
  /** What is to be said of a manual pool. */
  manualStanding(name: string): PoolStanding | undefined;
  /** A machine's snapshot and what it was told last, if it lives. */
  entry(key: string): { readonly snapshot: PoolSnapshot; readonly life: Life } | undefined;
  /** `isEnd`: the write lets a pool go that somebody may be waiting to see gone. */
  submit(key: string, run: () => Promise<void>, isEnd: boolean): void;
}

export class PoolStatuses {
  readonly #options: PoolStatusesOptions;
  readonly #keeper: PoolKeeper;
  /** Which machine speaks of a pool. */
  readonly #keys = new Map<string, string>();

  constructor(options: PoolStatusesOptions) {
    this.#options = options;
    this.#keeper = new PoolKeeper({
      ...options,
      standing: (name) => {
        const pool = options.pool(name);
        if (pool && !isAutoPool(pool)) return options.manualStanding(name);
        const entry = options.entry(this.#keys.get(name) ?? "");
        return entry && standingOf(entry.snapshot, entry.life.workloadFact !== undefined);
      },
    });
  }

  /** Takes in that the machines of these lives are up to date. */
  note(lives: readonly Life[]): void {
    for (const { key, pool } of lives) {
      if (!pool) continue;
      this.#keys.set(pool.metadata.name, key);
      this.look(pool.metadata.name);
    }
  }

  /** Queues a write if the pool needs one; an automatic pool whose machine is still to be told waits for it. */
  look(name: string): void {
    const pool = this.#options.pool(name);
    if (!pool) {
      this.#keys.delete(name);
      this.#keeper.forget(name);
      return;
    }
    if (isAutoPool(pool) && !this.#keys.has(name)) return;
    const isEnd = pool.metadata.deletionTimestamp !== undefined;
    if (this.#keeper.isDue(name)) this.#options.submit(`status/${name}`, () => this.#keeper.keep(name), isEnd);
  }
}
