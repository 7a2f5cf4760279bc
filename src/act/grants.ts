/**
 * What a ledger write of ours allows: to create or grow a pool within its record, for a while: the half of the fence that holds
 * back who grows (docs/lifecycle.md).
 *
 * A record that was written long ago, or by somebody else, allows nothing: who is about to cut it may not know of us. Nothing is sent
 * after the time is over, so that others know when what we have sent must have come.
 * @module
 */

import { ON_THE_WAY_MS } from "../api/controlled-pools.ts";
import type { Clock } from "../clock.ts";

/** An API server ends a request after 60 s: what is sent in the first quarter has come, or never will, when all of it is over. */
const share = 4;

export class Grants {
  readonly #clock: Clock;
  readonly #lastsMs: number;
  /** By pool: until when; milliseconds since the epoch. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock, onTheWayMs: number = ON_THE_WAY_MS) {
    this.#clock = clock;
    this.#lastsMs = onTheWayMs / share;
  }

  /** @param sentAt when the write that changed the record was sent */
  give(pool: string, sentAt: number): void {
    this.#until.set(pool, sentAt + this.#lastsMs);
  }

  has(pool: string): boolean {
    return (this.#until.get(pool) ?? 0) > this.#clock.now();
  }

  /** What the record allowed is done, or must not be done any more. */
  end(pool: string): void {
    this.#until.delete(pool);
  }

  /** Sends a request that the record allows; when the time is over it is given up. */
  async use<R>(pool: string, send: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const ending = new AbortController();
    const leftMs = (this.#until.get(pool) ?? 0) - this.#clock.now();
    if (leftMs <= 0) ending.abort();
    const cancel = this.#clock.after(Math.max(0, leftMs), () => ending.abort());
    try {
      const result = await send(ending.signal);
      this.end(pool);
      return result;
    } finally {
      cancel();
    }
  }
}
