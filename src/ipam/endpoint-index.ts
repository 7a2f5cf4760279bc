/**
 * Which endpoints there are, how many addresses of each pool they list, and for which pod: as little of each as will do.
 *
 * A cluster has as many endpoints as pods, so an entry shares its list of pools with all that have the same one.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { NamedChange } from "../cluster/reflected-store.ts";
import { addressesOf } from "./endpoint-addresses.ts";

/** What is kept of an endpoint. */
export interface HeldEndpoint {
  readonly podUid: string;
  /** The pool of each address. */
  readonly pools: readonly string[];
}

/** Lists that are shared; more kinds of them than this are not worth it. */
const sharedMax = 50_000;

export class EndpointIndex {
  /** By `namespace/name`. */
  readonly #entries = new Map<string, HeldEndpoint>();
  readonly #counts = new Map<string, number>();
  readonly #shared = new Map<string, readonly string[]>();

  /** Reduces an endpoint to what is kept of it. */
  readonly reduce = (endpoint: SpiderEndpoint): HeldEndpoint => {
    const pools = addressesOf(endpoint).map(({ pool }) => pool);
    return { podUid: endpoint.status?.current.uid ?? "", pools: this.#share(pools) };
  };

  /** Takes a change in; returns the pools that it concerns. */
  take({ type, key, object }: NamedChange<HeldEndpoint>): Set<string> {
    const before = this.#entries.get(key);
    const after = type === "deleted" ? undefined : object;
    if (after) this.#entries.set(key, after);
    else this.#entries.delete(key);
    for (const pool of before?.pools ?? []) this.#add(pool, -1);
    for (const pool of after?.pools ?? []) this.#add(pool, 1);
    return new Set([...(before?.pools ?? []), ...(after?.pools ?? [])]);
  }

  get(key: string): HeldEndpoint | undefined {
    return this.#entries.get(key);
  }

  entries(): IterableIterator<[key: string, endpoint: HeldEndpoint]> {
    return this.#entries.entries();
  }

  /** How many addresses of a pool all endpoints list together. */
  countOf(pool: string): number {
    return this.#counts.get(pool) ?? 0;
  }

  #add(pool: string, difference: number): void {
    const count = this.countOf(pool) + difference;
    if (count === 0) this.#counts.delete(pool);
    else this.#counts.set(pool, count);
  }

  #share(pools: readonly string[]): readonly string[] {
    const name = pools.join();
    const known = this.#shared.get(name);
    if (known) return known;
    if (this.#shared.size >= sharedMax) this.#shared.clear();
    this.#shared.set(name, pools);
    return pools;
  }
}
