/**
 * The timers of a virtual clock, earliest first: a binary heap ordered by time, then by the order of setting.
 *
 * Cancelled timers stay where they are until they surface, or until they are the majority; so cancelling is cheap, which
 * matters because nearly every request sets a deadline that never fires.
 * @module
 */

/** One pending timer. */
export interface Timer {
  readonly time: number;
  /** Breaks ties: equal times fire in the order in which they were set. */
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.time < right.time || (left.time === right.time && left.order < right.order);
}

/** Holds timers and yields the earliest one that is not cancelled. */
export class TimerHeap {
  #timers: Timer[] = [];
  /** How many of `#timers` are not cancelled. */
  #live = 0;

  /** How many timers are still to fire. */
  get size(): number {
    return this.#live;
  }

  /** Adds a timer. */
  push(timer: Timer): void {
    this.#live += 1;
    this.#timers.push(timer);
    this.#rise(this.#timers.length - 1);
  }

  /** Cancels a timer; harmless when it has fired or was cancelled before. */
  cancel(timer: Timer): void {
    if (timer.cancelled) return;
    timer.cancelled = true;
    this.#live -= 1;
    if (this.#timers.length > 64 && this.#live * 2 < this.#timers.length) this.#sweep();
  }

  /** The earliest timer, without taking it. */
  peek(): Timer | undefined {
    while (this.#timers[0]?.cancelled) this.#take();
    return this.#timers[0];
  }

  /** Takes the earliest timer out; a later {@link cancel} of it does nothing. */
  pop(): Timer | undefined {
    const timer = this.peek();
    if (timer === undefined) return undefined;
    this.#take();
    timer.cancelled = true;
    this.#live -= 1;
    return timer;
  }

  #sweep(): void {
    this.#timers = this.#timers.filter((timer) => !timer.cancelled);
    this.#timers.sort((left, right) => (isBefore(left, right) ? -1 : 1));
  }

  #take(): void {
    const last = this.#timers.pop();
    if (last === undefined || this.#timers.length === 0) return;
    this.#timers[0] = last;
    this.#sink();
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const leftTimer = this.#timers[left];
      if (leftTimer === undefined) return;
      const rightTimer = this.#timers[right];
      const child = rightTimer !== undefined && isBefore(rightTimer, leftTimer) ? right : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  /** Swaps two places if the timer at `lower` belongs before the one at `upper`; tells whether it did. */
  #swapIfBefore(lower: number, upper: number): boolean {
    const below = this.#timers[lower];
    const above = this.#timers[upper];
    if (below === undefined || above === undefined || !isBefore(below, above)) return false;
    this.#timers[lower] = above;
    this.#timers[upper] = below;
    return true;
  }
}
