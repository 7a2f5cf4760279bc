/**
 * Addresses that the API server refused in a pool, remembered for a while so that they are not picked again at once.
 *
 * Somebody holds them whom we cannot see, such as an admission webhook that knows more than we do (DESIGN §3).
 * @module
 */

import { type RangeSet, union } from "../address/range-set.ts";
import type { Clock } from "../clock.ts";

/** How long, in ms. */
export const avoidMs = 10 * 60_000;

export class AvoidedAddresses {
  readonly #clock: Clock;
  #entries: { readonly addresses: RangeSet; readonly until: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(addresses: RangeSet): void {
    this.#entries.push({ addresses, until: this.#clock.now() + avoidMs });
  }

  /** The addresses that are avoided now. */
  current(): RangeSet {
    const now = this.#clock.now();
    this.#entries = this.#entries.filter(({ until }) => until > now);
    return union(...this.#entries.map(({ addresses }) => addresses));
  }
}
