/**
 * Fetches details of what is looked at, again when what is shown of it has changed; the rarer, the longer it takes to make them.
 *
 * What was fetched last is shown until the next is there; an answer that comes too late for what is looked at now is dropped.
 * @module
 */

/** Least time between two answers. */
const PAUSE_MS = 500;
/** The operator has other things to do: for so many times as long as it took, it is left alone. */
const PAUSE_TIMES = 20;

export class DetailLoader<T> {
  readonly #fetch: (id: string) => Promise<T | undefined>;
  readonly #onLoaded: () => void;
  #id: string | undefined;
  #version: unknown;
  #value: T | undefined;
  #isBusy = false;
  /** Absent while an answer is on its way. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLoaded called when {@link DetailLoader.get} would return something else */
  constructor(fetch: (id: string) => Promise<T | undefined>, onLoaded: () => void) {
    this.#fetch = fetch;
    this.#onLoaded = onLoaded;
  }

  /**
   * Returns what is known, and fetches it if that may be another now.
   * @param version something that is another one whenever the details may be
   */
  get(id: string, version: unknown): T | undefined {
    if (id !== this.#id) {
      this.#id = id;
      this.#value = undefined;
      this.#endPause();
    }
    if (version !== this.#version && !this.#isBusy) void this.#load(id, version);
    return this.#value;
  }

  /** Fetches again what is looked at: it comes from elsewhere now. */
  forget(): void {
    this.#endPause();
  }

  /** What is looked at next is another thing, and not waited for. */
  #endPause(): void {
    this.#version = {};
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBusy = false;
  }

  async #load(id: string, version: unknown): Promise<void> {
    this.#isBusy = true;
    this.#timer = undefined;
    this.#version = version;
    const begun = performance.now();
    try {
      const value = await this.#fetch(id);
      if (id === this.#id) this.#value = value;
    } catch {
      // The operator is away; what is shown stays, and the status says so.
    }
    const pauseMs = id === this.#id ? Math.max(PAUSE_MS, PAUSE_TIMES * (performance.now() - begun)) : 0;
    this.#onLoaded();
    this.#timer = setTimeout(() => this.#resume(), pauseMs);
  }

  #resume(): void {
    this.#isBusy = false;
    this.#onLoaded();
  }
}
