/**
 * What has to be looked at, each at its time: keyed, so many at once, and again with back-off where a look fails.
 *
 * A key is looked at by one run at a time. Adding it once more brings its time forward, never back. Knows nothing of what a
 * look is; time is the injected clock's.
 * @module
 */

import { type BackOff, steadyBackOffMs } from "../back-off.ts";
import type { Cancel, Clock } from "../clock.ts";

export interface LookQueueOptions<T> {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Looks at once. */
  readonly concurrency: number;
  readonly backOff: BackOff;
  /** Looks; resolves to the milliseconds after which to look again, or to `undefined` if there is nothing more to see. */
  look(item: T): Promise<number | undefined>;
  onFailure(item: T, error: unknown, retryInMs: number): void;
}

/** Timers cannot wait longer; a look that comes too early does no harm. */
const longestMs = 2 ** 31 - 1;

interface Entry<T> {
  readonly item: T;
  dueAt: number;
  failures: number;
  phase: "waiting" | "ready" | "running";
  cancel: Cancel | undefined;
}

export class LookQueue<T> {
  readonly #options: LookQueueOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  /** Looks that have failed so far. */
  failures = 0;
  #ready: string[] = [];
  #running = 0;
  #isStopped = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: LookQueueOptions<T>) {
    this.#options = options;
  }

  /** Nothing is being looked at, or is due. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#ready.length === 0;
  }

  /** Keys that wait, are due or are being looked at. */
  get size(): number {
    return this.#entries.size;
  }

  /** The item of a key, if it is to be looked at. */
  get(key: string): T | undefined {
    return this.#entries.get(key)?.item;
  }

  /** Lets a key be looked at after `afterMs`; returns its item, which is made if the key is new. */
  add(key: string, afterMs: number, make: () => T): T {
    const dueAt = this.#options.clock.now() + afterMs;
    const known = this.#entries.get(key);
    if (known) {
      if (known.phase === "waiting" && dueAt < known.dueAt) this.#wait(key, known, dueAt);
      // For a run under way, this is the time of the next one.
      if (known.phase === "running") known.dueAt = Math.min(known.dueAt, dueAt);
      return known.item;
    }
    const entry: Entry<T> = { item: make(), dueAt, failures: 0, phase: "waiting", cancel: undefined };
    if (this.#isStopped) return entry.item;
    this.#entries.set(key, entry);
    this.#wait(key, entry, dueAt);
    return entry.item;
  }

  /** Drops what waits and resolves when the looks under way have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const entry of this.#entries.values()) entry.cancel?.();
    this.#entries.clear();
    this.#ready = [];
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }

  #wait(key: string, entry: Entry<T>, dueAt: number): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    entry.cancel?.();
    entry.phase = "waiting";
    entry.dueAt = dueAt;
    entry.cancel = clock.after(Math.min(Math.max(0, dueAt - clock.now()), longestMs), () => {
      entry.cancel = undefined;
      entry.phase = "ready";
      this.#ready.push(key);
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#running < this.#options.concurrency) {
      const key = this.#ready.shift();
      const entry = key === undefined ? undefined : this.#entries.get(key);
      if (key === undefined || !entry) return;
      void this.#run(key, entry);
    }
  }

  async #run(key: string, entry: Entry<T>): Promise<void> {
    this.#running += 1;
    entry.phase = "running";
    entry.dueAt = Number.POSITIVE_INFINITY;
    const againMs = await this.#look(entry);
    this.#running -= 1;
    const { clock } = this.#options;
    const dueAt = Math.min(entry.dueAt, clock.now() + (againMs ?? Number.POSITIVE_INFINITY));
    if (dueAt === Number.POSITIVE_INFINITY) this.#entries.delete(key);
    else this.#wait(key, entry, dueAt);
    if (this.#running === 0) this.#onEmpty?.();
    if (!this.#isStopped) this.#pump();
  }

  async #look(entry: Entry<T>): Promise<number | undefined> {
    const { look, onFailure, backOff, random } = this.#options;
    try {
      const againMs = await look(entry.item);
      entry.failures = 0;
      return againMs;
    } catch (error) {
      if (this.#isStopped) return undefined;
      entry.failures += 1;
      this.failures += 1;
      const retryInMs = steadyBackOffMs(backOff, entry.failures, random);
      onFailure(entry.item, error, retryInMs);
      return retryInMs;
    }
  }
}
