/**
 * Whether an operator's process is well, and whether it can serve: what the kubelet asks, judged by what has been seen of it.
 *
 * Unwell is only what a new process would mend: an event loop that comes too late to hold a lease, and a watch that neither hears nor
 * fails. An API server that is away makes nobody unwell, since starting anew would not bring it back. Knows no HTTP.
 * @module
 */

import type { Cancel, Clock } from "./clock.ts";
import type { Watch } from "./cluster/watch.ts";
import { watchLoopLag } from "./metrics/loop-lag.ts";

export interface HealthOptions {
  /** By which watches are dated. */
  readonly clock: Clock;
  /** By which the event loop is measured. */
  readonly steadyClock: Clock;
  /** Latest that the event loop may come, in ms: a leader that comes later has lost its lease. */
  readonly lagMaxMs: number;
  watches(): readonly Watch[];
  /** Whether every cache that it decides by has been filled once. */
  isFilled(): boolean;
  /** Whether it has been told to end: whoever routes to it is to look elsewhere. */
  isEnding(): boolean;
  /** What it cannot serve yet besides what needs the caches, as a sentence; `undefined` where all is served. */
  unserved(): string | undefined;
}

/** For so long it counts that the event loop was late, in ms: less than the kubelet's patience, which one long pause is not to exhaust. */
const LAG_MEMORY_MS = 30_000;
/** Longer than any watch may live without a word, 480 s and what is granted to its end. */
const SILENCE_MAX_MS = 600_000;

export class OperatorHealth {
  readonly #options: HealthOptions;
  readonly #cancel: Cancel;
  #late: { readonly seconds: number; readonly at: number } | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
    const { steadyClock, lagMaxMs } = options;
    this.#cancel = watchLoopLag(steadyClock, (seconds) => {
      if (seconds * 1000 > lagMaxMs) this.#late = { seconds, at: steadyClock.now() };
    });
  }

  /** What only a new process mends, as a sentence; `undefined` where nothing is wrong. */
  ailment(): string | undefined {
    const { clock, steadyClock, lagMaxMs, watches } = this.#options;
    if (this.#late && steadyClock.now() - this.#late.at < LAG_MEMORY_MS) {
      return `The event loop came ${this.#late.seconds.toFixed(1)} s late, more than ${lagMaxMs / 1000} s`;
    }
    const silent = watches().find((watch) => clock.now() - watch.lastTurn() > SILENCE_MAX_MS);
    return (
      silent && `The watch of "${silent.resource}" has neither told anything nor failed for ${SILENCE_MAX_MS / 1000} s`
    );
  }

  /** Why it cannot serve at the moment, as a sentence; `undefined` where it can. */
  obstacle(): string | undefined {
    const { isEnding, isFilled, watches, unserved } = this.#options;
    if (isEnding()) return "The process is ending";
    if (isFilled()) return unserved();
    const empty = watches().filter((watch) => !watch.hasSynced());
    return `Not filled yet are the caches of ${empty.map(({ resource }) => resource).join(", ")}`;
  }

  stop(): void {
    this.#cancel();
  }
}
