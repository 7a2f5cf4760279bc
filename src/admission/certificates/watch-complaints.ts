/**
 * Says once that a watch fails, and once that it works again.
 *
 * A reflector says that it watches before the server has agreed; so only a watch that has lasted a while counts as one.
 * @module
 */

import type { Cancel, Clock } from "../../clock.ts";
import type { ReflectorState } from "../../cluster/reflector.ts";
import type { Complaints } from "./complaints.ts";

/** Longer than requests take. */
const lastsMs = 60_000;

export class WatchComplaints {
  readonly #clock: Clock;
  readonly #complaints: Complaints;
  readonly #what: string;
  #failures = 0;
  #cancel: Cancel = () => undefined;

  /** @param what begins the sentence, e.g. `Secret "a/b"` */
  constructor(clock: Clock, complaints: Complaints, what: string) {
    this.#clock = clock;
    this.#complaints = complaints;
    this.#what = what;
  }

  note(state: ReflectorState): void {
    const topic = `watch of ${this.#what}`;
    this.#cancel();
    if (state.phase === "waiting") {
      this.#failures += 1;
      this.#complaints.failed(topic, `${this.#what} cannot be watched`, state.error, this.#failures);
    } else if (state.phase === "watching" && this.#failures > 0) {
      this.#cancel = this.#clock.after(lastsMs, () => {
        this.#failures = 0;
        this.#complaints.settle(topic, `${this.#what} is watched again`);
      });
    }
  }
}
