/**
 * When the next write of one pool may begin: at once for whoever is alone, in turns where the agents of several nodes write it.
 *
 * Whoever has written knows the new version first, and would win every time: others would starve, and each of their attempts costs the
 * API server a conflict. So an agent lets as many others go before it as it saw in its last round, each for the time of one
 * write; what the watch shows of their writes brings its turn nearer. A refused one comes again right after the write that came
 * before it, or one later. Measured with five agents of ten callers: four times as fast, and no one waits for seconds.
 * @module
 */

import type { Clock } from "../clock.ts";

export interface PoolPaceOptions {
  readonly clock: Clock;
  readonly random: () => number;
}

/** How long the others' writes are expected to take, in milliseconds. */
const slotMs = { least: 5, most: 100 };
/** More others than this are not told apart. */
const othersMax = 16;
/** Who has not written for so long, in milliseconds, is not about to. */
const forgottenMs = 2000;
/** From how many requests on it is worth while to wait for as many again, and how long. */
const crowdMin = 4;
const gatherSlots = 4;
/** How often one who sees nobody leaves a gap: those who have not come to write once cannot be seen. */
const gapShare = 1 / 8;
/** How often one other less is expected: those who have ended cannot be seen either. */
const lessShare = 1 / 4;

export class PoolPace {
  readonly #options: PoolPaceOptions;
  #slotMs = slotMs.least;
  /** Milliseconds since the epoch. */
  #dueAt = 0;
  /** Versions that others have written since our last turn. */
  readonly #foreign = new Set<string>();
  #foreignAt = Number.NEGATIVE_INFINITY;
  /** How many others there were in our last round. */
  #others = 0;
  /** How many of them we still let go before us. */
  #ahead = 0;
  #own = "";
  /** As many requests came together lately. */
  #crowd = 0;
  /** Until then the next write waits for as many to come again. */
  #gatherUntil = 0;
  #wake: () => void = () => {};

  constructor(options: PoolPaceOptions) {
    this.#options = options;
  }

  /**
   * Takes in that a write of ours has made this version, and how long it took.
   *
   * @param requests how many it has served and how many have come meanwhile
   */
  wrote(version: string, ms: number, requests: number): void {
    this.#own = version;
    // The watch may have been faster than the answer.
    this.#foreign.delete(version);
    this.#others = this.#countOthers();
    this.#foreign.clear();
    this.#slotMs = Math.min(slotMs.most, Math.max(slotMs.least, ms));
    const isGap = this.#others === 0 && this.#options.random() < gapShare;
    this.#letPass(isGap ? 1 : this.#others);
    this.#crowd = requests;
    this.#gatherUntil = this.#options.clock.now() + (requests < crowdMin ? 0 : gatherSlots * this.#slotMs);
  }

  /** Takes in that somebody else's write came before ours. */
  refused(): void {
    this.#letPass(this.#options.random() < 0.5 ? 0 : 1);
  }

  /** Takes in a version that the watch has shown. */
  saw(version: string): void {
    if (version === this.#own) return;
    this.#foreign.add(version);
    this.#foreignAt = this.#options.clock.now();
    this.#letPass(Math.max(0, this.#ahead - 1));
    this.#wake();
  }

  /** Takes in that one more request waits. */
  joined(): void {
    this.#wake();
  }

  /**
   * Resolves when the next write may begin. One at a time.
   *
   * @param waiting how many requests wait
   */
  async turn(waiting: () => number): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const isGathered = waiting() >= this.#crowd;
      const leftMs = Math.max(this.#dueAt, isGathered ? 0 : this.#gatherUntil) - clock.now();
      if (leftMs <= 0) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(leftMs, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
  }

  #countOthers(): number {
    const { clock, random } = this.#options;
    if (clock.now() - this.#foreignAt > forgottenMs) return 0;
    // One more at a time: whoever was kept waiting for long has seen the same others more than once.
    const seen = Math.min(this.#foreign.size, this.#others + 1, othersMax);
    return Math.max(0, seen - (random() < lessShare ? 1 : 0));
  }

  #letPass(count: number): void {
    this.#ahead = count;
    this.#dueAt = this.#options.clock.now() + count * this.#slotMs;
  }
}
