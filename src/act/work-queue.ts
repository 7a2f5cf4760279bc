/**
 * The keyed work queue, with the guarantees of client-go's (DESIGN §2, house style §2.5) on top of p-queue.
 *
 * Per key: one run at a time; the newest run wins while it waits; added while running, it runs once more afterwards; a failed
 * run is tried again with exponential back-off and full jitter until it succeeds or is replaced. Over all keys: so many at
 * once, so many per second, higher priority first and first come first served within one. p-queue does concurrency and
 * priority; time is the injected clock's alone, so a virtual one stays in charge. Knows nothing of what a run does.
 * @module
 */

import { type BackOff, backOffMs } from "../back-off.ts";
import type { Clock } from "../clock.ts";
import { askedPauseMs, hasCode } from "../cluster/cluster.ts";
import { createPacedQueue, type PacedQueue } from "./paced-queue.ts";
import { type Phase, QueuedKey, type Run } from "./queued-key.ts";

export interface WorkQueue {
  /**
   * Queues a run in place of the one that waits under this key, if one does. While it waits it keeps its place, or gets
   * a better one if the priority is higher.
   *
   * A key that backs off runs the new one at once, but no sooner than `backOff.firstMs` after the failure (so that a run which
   * causes its own next `add` cannot spin), and not before the time that the API server asked for. Its count of failures stays:
   * should the new run fail too, it backs off longer.
   * @param options.priority higher runs first; 0 if absent
   * @throws {RangeError} If the queue holds its maximum of keys.
   */
  add(key: string, run: Run, options?: { readonly priority?: number }): void;
  /** Drops what waits under the key, and its failures. A run under way ends, and is not tried again. */
  forget(key: string): void;
  /** Keys that wait, run or back off. */
  readonly size: number;
  /** Resolves when {@link WorkQueue.size} is 0. */
  onIdle(): Promise<void>;
  /** Drops what waits, takes nothing more, and resolves when what runs has ended. */
  stop(): Promise<void>;
  stats(): WorkQueueStats;
}

/** Keys by what they do now, and what happened since the start. */
export interface WorkQueueStats {
  readonly waiting: number;
  readonly running: number;
  readonly backingOff: number;
  /** Calls of `add`. */
  readonly added: number;
  /** Runs that never ran because a newer one took their place. */
  readonly coalesced: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** What is told about a failed run. */
export interface Failure {
  /** 1 for the first failure in a row. */
  readonly attempt: number;
  /** Until it is tried again; `undefined` if it is not (forgotten, or the queue stops). */
  readonly retryInMs: number | undefined;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Runs at once. */
  readonly concurrency: number;
  /** Runs per second; no limit if absent. */
  readonly perSecond?: number;
  /** Runs that may start together after a rest; a tenth of a second's worth if absent. */
  readonly burst?: number;
  readonly backOff: BackOff;
  /** Keys that it may hold; 200 000 if absent. More is a mistake of the program. */
  readonly keysMax?: number;
  /** Told about every run that has ended, how long its key had waited for its turn, and how long it took. */
  onRun?(waitedMs: number, tookMs: number): void;
  /** Told about every failed run. */
  onFailure(key: string, error: unknown, failure: Failure): void;
}

/** Returns an empty queue that runs what is added. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyedQueue(options);
}

class KeyedQueue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  readonly #paced: PacedQueue;
  readonly #entries = new Map<string, QueuedKey>();
  readonly #count = { waiting: 0, running: 0, backingOff: 0, added: 0, coalesced: 0, succeeded: 0, failed: 0 };
  #idle: (() => void)[] = [];
  #stopped: boolean = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#paced = createPacedQueue(options);
  }

  get size(): number {
    return this.#entries.size;
  }

  stats(): WorkQueueStats {
    return { ...this.#count };
  }

  add(key: string, run: Run, { priority = 0 }: { readonly priority?: number } = {}): void {
    if (this.#stopped) return;
    this.#count.added += 1;
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#enqueue(this.#create(key), run, priority);
      return;
    }
    if (entry.run !== undefined) this.#count.coalesced += 1;
    const isRaised = entry.run === undefined || priority > entry.priority;
    entry.run = run;
    if (isRaised) entry.priority = priority;
    if (entry.phase === "waiting" && isRaised) this.#takePlace(entry);
    if (entry.phase === "backingOff") {
      const soonest = Math.max(entry.failedAt + this.#options.backOff.firstMs, entry.notBefore);
      if (soonest < entry.dueAt) this.#wakeAt(entry, soonest);
    }
  }

  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.run = undefined;
    entry.forgotten = true;
    if (entry.phase !== "running") this.#remove(entry);
  }

  async onIdle(): Promise<void> {
    if (this.#entries.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#paced.close();
    for (const key of [...this.#entries.keys()]) this.forget(key);
    await this.onIdle();
  }

  #create(key: string): QueuedKey {
    const { keysMax = 200_000 } = this.#options;
    if (this.#entries.size >= keysMax)
      throw new RangeError(`Cannot queue "${key}": ${keysMax} keys are queued already`);
    const entry = new QueuedKey(key);
    this.#entries.set(key, entry);
    this.#count.waiting += 1;
    return entry;
  }

  #enqueue(entry: QueuedKey, run: Run, priority: number): void {
    entry.run = run;
    entry.priority = priority;
    this.#setPhase(entry, "waiting");
    this.#takePlace(entry);
  }

  /** A second place makes the first void: cheaper than looking for it among thousands. */
  #takePlace(entry: QueuedKey): void {
    entry.ticket += 1;
    const { ticket } = entry;
    this.#paced.add({
      priority: entry.priority,
      isLive: () => entry.ticket === ticket && entry.phase === "waiting" && entry.run !== undefined,
      run: () => this.#execute(entry),
    });
  }

  async #execute(entry: QueuedKey): Promise<void> {
    const run = entry.run as Run;
    const startedAt = this.#clock.now();
    const waitedMs = startedAt - entry.since;
    this.#setPhase(entry, "running");
    entry.run = undefined;
    try {
      await run();
    } catch (error) {
      this.#failed(entry, run, error);
      return;
    } finally {
      this.#options.onRun?.(waitedMs, this.#clock.now() - startedAt);
    }
    this.#count.succeeded += 1;
    entry.attempt = 0;
    this.#settle(entry);
  }

  #failed(entry: QueuedKey, run: Run, error: unknown): void {
    this.#count.failed += 1;
    const attempt = entry.attempt + 1;
    const pauseMs = askedPauseMs(error);
    if (pauseMs > 0 && hasCode(error, 429)) this.#paced.pauseUntil(this.#clock.now() + pauseMs);
    if (entry.forgotten || this.#stopped) {
      entry.attempt = 0;
      this.#settle(entry);
      this.#options.onFailure(entry.key, error, { attempt, retryInMs: undefined });
      return;
    }
    entry.attempt = attempt;
    // A run that was added meanwhile waits too: it may have been caused by the very attempt that failed.
    entry.run ??= run;
    const retryInMs = Math.max(backOffMs(this.#options.backOff, attempt, this.#options.random), pauseMs);
    entry.failedAt = this.#clock.now();
    entry.notBefore = entry.failedAt + pauseMs;
    this.#setPhase(entry, "backingOff");
    this.#wakeAt(entry, entry.failedAt + retryInMs);
    this.#options.onFailure(entry.key, error, { attempt, retryInMs });
  }

  #wakeAt(entry: QueuedKey, time: number): void {
    entry.cancel?.();
    entry.dueAt = time;
    entry.cancel = this.#clock.after(Math.max(0, time - this.#clock.now()), () => {
      entry.cancel = undefined;
      this.#setPhase(entry, "waiting");
      this.#takePlace(entry);
    });
  }

  /** After a run that is not tried again: the next one that was added meanwhile, or the end of the entry. */
  #settle(entry: QueuedKey): void {
    entry.forgotten = false;
    if (entry.run === undefined || this.#stopped) this.#remove(entry);
    else this.#enqueue(entry, entry.run, entry.priority);
  }

  #remove(entry: QueuedKey): void {
    entry.cancel?.();
    entry.run = undefined;
    this.#count[entry.phase] -= 1;
    this.#entries.delete(entry.key);
    if (this.#entries.size > 0) return;
    const waiters = this.#idle;
    this.#idle = [];
    for (const resolve of waiters) resolve();
  }

  #setPhase(entry: QueuedKey, phase: Phase): void {
    this.#count[entry.phase] -= 1;
    this.#count[phase] += 1;
    entry.phase = phase;
    if (phase === "waiting") entry.since = this.#clock.now();
  }
}
