/**
 * Fetches details of what is looked at, again when what is shown of it has changed, and never faster than twice a second.
 *
 * What was fetched last is shown until the next is there; an answer that comes too late for what is looked at now is dropped.
 * @module
 */

const PAUSE_MS = 500;

export class DetailLoader<T> {
  readonly #fetch: (id: string) => Promise<T | undefined>;
  readonly #onLoaded: () => void;
  #id: string | undefined;
  #version: unknown;
  #value: T | undefined;
  #isBusy = false;

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
      this.#version = {};
    }
    if (version !== this.#version && !this.#isBusy) void this.#load(id, version);
    return this.#value;
  }

  /** Fetches again what is looked at: it comes from elsewhere now. */
  forget(): void {
    this.#version = {};
  }

  async #load(id: string, version: unknown): Promise<void> {
    this.#isBusy = true;
    this.#version = version;
    try {
      const value = await this.#fetch(id);
      if (id === this.#id) this.#value = value;
    } catch {
      // The operator is away; what is shown stays, and the status says so.
    }
    this.#onLoaded();
    setTimeout(() => {
      this.#isBusy = false;
      this.#onLoaded();
    }, PAUSE_MS);
  }
}
