/**
 * Looks at something again and again: when told to, when its time has come, and later after a failure.
 *
 * Promises one look at a time, a look after each call of `wake`, and a rest between looks where one is asked for. Waits by
 * timers alone and never by the date, so that a clock that is set back stops nothing. Does not know what is looked at.
 * @module
 */

import { type BackOff, steadyBackOffMs } from "../../back-off.ts";
import type { Cancel, Clock } from "../../clock.ts";
import { askedPauseMs } from "../../cluster/cluster.ts";

/** What a look ends with. */
export interface Pause {
  /** Milliseconds after which it looks again at the latest; an hour at most. */
  readonly againMs: number;
  /** Milliseconds in which it does not look again whatever happens; 0 if absent. */
  readonly restMs?: number;
}

export interface PacedLoopOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The signal aborts when the loop is stopped. */
  look(signal: AbortSignal): Promise<Pause>;
  /** Told of each failed look; `attempt` counts those in a row from 1. */
  onFailure(error: unknown, attempt: number): void;
}

/** Clocks jump, and timers cannot be set for months. */
const AGAIN_MS_MAX = 3_600_000;
const backOff: BackOff = { firstMs: 100, maxMs: 60_000 };

export class PacedLoop {
  readonly #options: PacedLoopOptions;
  readonly #ending = new AbortController();
  #isWanted = false;
  #isBusy = false;
  #failures = 0;
  #cancel: Cancel = () => undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: PacedLoopOptions) {
    this.#options = options;
  }

  /** Asks for a look, as soon as the one under way and the rest after it are over. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isBusy || this.#ending.signal.aborted) return;
    this.#isBusy = true;
    this.#cancel();
    this.#looking = Promise.resolve().then(() => this.#turn());
  }

  /** Ends the loop; resolves when the look under way is over. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#cancel();
    await this.#looking;
  }

  async #turn(): Promise<void> {
    const { signal } = this.#ending;
    if (signal.aborted) return;
    this.#isWanted = false;
    const { againMs, restMs = 0 } = await this.#look(signal);
    if (signal.aborted) return;
    const { clock } = this.#options;
    this.#cancel = clock.after(restMs, () => {
      this.#isBusy = false;
      if (this.#isWanted) this.wake();
      // A time in the past would mean to look without a pause.
      else this.#cancel = clock.after(Math.max(1, Math.min(againMs, AGAIN_MS_MAX) - restMs), () => this.wake());
    });
  }

  async #look(signal: AbortSignal): Promise<Pause> {
    const { look, onFailure, random } = this.#options;
    try {
      const pause = await look(signal);
      this.#failures = 0;
      return pause;
    } catch (error) {
      this.#failures += 1;
      if (!signal.aborted) onFailure(error, this.#failures);
      const restMs = Math.max(steadyBackOffMs(backOff, this.#failures, random), askedPauseMs(error));
      return { againMs: restMs + 1, restMs };
    }
  }
}
