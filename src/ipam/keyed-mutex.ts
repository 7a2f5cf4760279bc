/**
 * One at a time for each key, in the order of asking.
 * @module
 */

/** Lets tasks of one key run one after the other, and those of different keys at once. */
export class KeyedMutex {
  /** The end of the last task of each key that runs or waits; never rejects. */
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Runs the task when all earlier ones of its key have ended, whether well or not.
   * @throws The signal's reason, if it aborts before the task begins; what the task throws otherwise.
   */
  async run<T>(key: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#tails.get(key);
    const running = this.#after(before, task, signal);
    const tail = running.then(ignore, ignore);
    this.#tails.set(key, tail);
    try {
      return await running;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }

  async #after<T>(before: Promise<void> | undefined, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await before;
    signal?.throwIfAborted();
    return task();
  }
}

function ignore(): void {}
