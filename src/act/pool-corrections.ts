/**
 * Writes and reads of pools that are there: the one conditional patch that makes a pool what it should be, and what it is now.
 * @module
 */

import { includes, type RangeSet } from "../address/range-set.ts";
import { type AutoPoolOwner, correctionOf } from "../api/auto-pool.ts";
import { rangesOf, type SpiderIPPool } from "../api/ippool.ts";
import { spiderIPPools } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { type Cluster, hasCode, UnknownOutcome, type WriteOptions } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import type { Ledger } from "./ledger.ts";

export interface PoolCorrectionsOptions {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly world: { learnPool(pool: SpiderIPPool): void };
}

export class PoolCorrections {
  readonly #options: PoolCorrectionsOptions;

  constructor(options: PoolCorrectionsOptions) {
    this.#options = options;
  }

  /**
   * Gives a pool its shape and addresses; more than it has only as long as the ledger's last write allows it.
   * @throws {ApiError} The server's refusal; after a conflict the pool has been read again.
   * @throws {UnknownOutcome} If no answer came; likewise.
   */
  async correct(pool: SpiderIPPool, wanted: AutoPoolOwner, subnet: SpiderSubnet, ips: RangeSet): Promise<void> {
    const { cluster, ledger, world } = this.#options;
    const { name } = pool.metadata;
    const patch = correctionOf(pool, wanted, subnet, ips);
    if (!patch) return;
    const send = (options: WriteOptions): Promise<SpiderIPPool> =>
      cluster.patch<SpiderIPPool>(spiderIPPools, { name }, patch, options);
    const { grants } = ledger.of(subnet.metadata.name);
    const isGrowing = !includes(rangesOf(pool, wanted.family), ips);
    try {
      const written = await ledger.noting(pool, () =>
        isGrowing ? grants.use(name, (signal) => send({ signal })) : send({}),
      );
      world.learnPool(written);
    } catch (error) {
      if (error instanceof UnknownOutcome || hasCode(error, 404, 409)) await this.read(name);
      throw error;
    }
  }

  /** Reads what the cluster has; a pool that is gone is learned from the watch. */
  async read(name: string): Promise<SpiderIPPool | undefined> {
    const { cluster, world } = this.#options;
    const pool = await find<SpiderIPPool>(cluster, spiderIPPools, { name });
    if (pool) world.learnPool(pool);
    return pool;
  }
}
