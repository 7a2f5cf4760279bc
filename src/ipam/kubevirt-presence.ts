/**
 * Whether the cluster has KubeVirt, so that nobody looks for the pods of virtual machines where there can be none.
 *
 * A yes holds for good: launchers may outlive the kinds that they were made by. A no is soon asked again, sooner than a KubeVirt
 * that has just been installed can start its first machine. Whoever asks meanwhile shares one request.
 * @module
 */

import type { Clock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { virtualMachineInstances } from "./static-holder.ts";

export interface KubevirtPresenceOptions {
  readonly cluster: Pick<Cluster, "resolve">;
  readonly clock: Clock;
}

/** Milliseconds for which a no holds; its kinds come first, then its operator, its controllers and their images. */
const absentMs = 30_000;

export class KubevirtPresence {
  readonly #options: KubevirtPresenceOptions;
  #answer: Promise<boolean> | undefined;
  /** Milliseconds since the epoch. */
  #askAgainAt = Number.POSITIVE_INFINITY;

  constructor(options: KubevirtPresenceOptions) {
    this.#options = options;
  }

  /**
   * Tells whether the API server serves virtual machines, or has done so since we began.
   * @throws {ApiError | UnknownOutcome} If it does not say; the next one asks anew.
   */
  isServed(): Promise<boolean> {
    if (this.#options.clock.now() >= this.#askAgainAt) this.#forget();
    this.#answer ??= this.#ask();
    return this.#answer;
  }

  async #ask(): Promise<boolean> {
    const { cluster, clock } = this.#options;
    const { group, version, kind } = virtualMachineInstances;
    try {
      const isServed = (await cluster.resolve(`${group}/${version}`, kind)) !== undefined;
      if (!isServed) this.#askAgainAt = clock.now() + absentMs;
      return isServed;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#answer = undefined;
    this.#askAgainAt = Number.POSITIVE_INFINITY;
  }
}
