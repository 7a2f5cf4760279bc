/**
 * Who takes addresses out of pools and gives them back: one conditional write at a time for each pool, with all in it that waits.
 *
 * Group commit: what is asked for while a pool's write is under way goes into the next one together. The pool's
 * resourceVersion decides; after a conflict or an unknown outcome the pool is read and everything planned anew, which comes to
 * the same end (`pool-transaction.ts`).
 * @module
 */

import type { Family } from "../address/address.ts";
import type { RangeSet } from "../address/range-set.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { Clock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { PoolLine } from "./pool-line.ts";
import { type Claim, PoolUnavailable, type Rebinding, type Release } from "./pool-transaction.ts";

export { type Claim, PoolUnavailable, type Rebinding, type Release } from "./pool-transaction.ts";

/** What a claim was given. */
export interface Grant {
  /** The pool in the version that the grant was written to. */
  readonly pool: SpiderIPPool;
  readonly addresses: readonly bigint[];
  /** Those of them that this claim took; the others the pod had already. */
  readonly fresh: readonly bigint[];
}

export interface PoolCommitsOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  /** Addresses of a family that nobody may be given from now on. */
  readonly reserved: (family: Family) => RangeSet;
  /** How many records one pool may have. */
  readonly recordsMax: number;
  /** How long a request is tried, in milliseconds; 90 s unless given, which is less than the CNI plugin waits. */
  readonly deadlineMs?: number;
}

export class PoolCommits {
  readonly #options: PoolCommitsOptions;
  readonly #lines = new Map<string, PoolLine>();

  constructor(options: PoolCommitsOptions) {
    this.#options = options;
  }

  /**
   * Gives a pod addresses of a pool: those that it has there already without a NIC, then the lowest free ones.
   * @throws {PoolUnavailable} If this pool has not enough for it, for whatever reason.
   * @throws {IpamError} If the pool's records cannot be read.
   */
  claim(pool: string, claim: Claim, signal?: AbortSignal): Promise<Grant> {
    // Free when it was planned first, so it is new even where the next plan finds it written.
    const tried = new Set<bigint>();
    return this.#line(pool).ask({
      run: (transaction, state) => {
        const { addresses, fresh } = transaction.claim(claim, tried);
        for (const address of fresh) tried.add(address);
        return { pool: state.pool, addresses, fresh: addresses.filter((address) => tried.has(address)) };
      },
      whenGone: () => {
        throw new PoolUnavailable("gone", `spiderippools.spiderpool.spidernet.io "${pool}" not found`);
      },
      signal,
    });
  }

  /** Makes a fixed address the present pod's; writes its record again where it was lost. */
  rebind(pool: string, rebinding: Rebinding, signal?: AbortSignal): Promise<"held" | "taken"> {
    return this.#line(pool).ask<"held" | "taken">({
      run: (transaction) => transaction.rebind(rebinding),
      whenGone: () => "taken",
      signal,
    });
  }

  /** Gives back what this pod, by its UID, has among the addresses; returns those. A pool that is gone has none. */
  release(pool: string, release: Release, signal?: AbortSignal): Promise<readonly bigint[]> {
    return this.#line(pool).ask<readonly bigint[]>({
      run: (transaction) => transaction.release(release),
      whenGone: () => [],
      signal,
    });
  }

  /** Takes in what the watch has shown. */
  observe(pool: SpiderIPPool): void {
    this.#lines.get(pool.metadata.name)?.observe(pool);
  }

  /** Takes in that the watch has shown a pool's end: what is known of it is forgotten as soon as nobody waits for it. */
  forget(pool: string): void {
    this.#lines.get(pool)?.end();
  }

  /** How many pools something is known of. */
  get size(): number {
    return this.#lines.size;
  }

  /** Nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return [...this.#lines.values()].every((line) => line.isIdle);
  }

  #line(pool: string): PoolLine {
    const known = this.#lines.get(pool);
    if (known !== undefined) return known;
    const line = new PoolLine(pool, this.#options, () => this.#lines.delete(pool));
    this.#lines.set(pool, line);
    return line;
  }
}
