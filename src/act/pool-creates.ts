/**
 * The creation of pools, and what is not known about it: which requests are under way, and which ended without an answer.
 *
 * A pool that may exist though no cache shows it holds addresses: its record must not go before it is certain that there is
 * none. Each doubt is settled by a read, at the latest when somebody asks.
 * @module
 */

import type { SpiderIPPool } from "../api/ippool.ts";
import { spiderIPPools } from "../api/resources.ts";
import { type Cluster, hasCode, isUnknownOutcome } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";

/** What the caches hold. */
export interface CreatesWorld {
  pool(name: string): SpiderIPPool | undefined;
  learnPool(pool: SpiderIPPool): void;
}

export class PoolCreates {
  readonly #cluster: Cluster;
  readonly #world: CreatesWorld;
  readonly #underWay = new Map<string, SpiderIPPool>();
  /** Pools that a request may have made. */
  readonly #uncertain = new Map<string, SpiderIPPool>();

  readonly #onAbsent: (pool: SpiderIPPool) => void;

  /** @param onAbsent told of a pool that did not come to be, so that its addresses are nobody's */
  constructor(cluster: Cluster, world: CreatesWorld, onAbsent: (pool: SpiderIPPool) => void) {
    this.#cluster = cluster;
    this.#world = world;
    this.#onAbsent = onAbsent;
  }

  /** Whether a pool of this name may exist that no cache shows. */
  isUncertain(name: string): boolean {
    return this.#underWay.has(name) || this.#uncertain.has(name);
  }

  /** Takes in that a cache shows the pool, or that it has shown it. */
  seen(name: string): void {
    this.#uncertain.delete(name);
  }

  /** Pools that may exist though no cache shows them: nobody else may be given their addresses. */
  *pending(): IterableIterator<SpiderIPPool> {
    yield* this.#underWay.values();
    yield* this.#uncertain.values();
  }

  /**
   * Creates a pool. Where it is not certain what became of this request or an earlier one, what exists is read and learned
   * before the error is passed on.
   * @param signal ends what the record allows
   * @throws {ApiError} The server's refusal.
   * @throws {UnknownOutcome} If no answer came.
   */
  async create(pool: SpiderIPPool, signal?: AbortSignal): Promise<void> {
    const { name } = pool.metadata;
    this.#underWay.set(name, pool);
    try {
      this.#world.learnPool(await this.#cluster.create(spiderIPPools, pool, signal ? { signal } : {}));
      this.#uncertain.delete(name);
    } catch (error) {
      if (isUnknownOutcome(error)) this.#uncertain.set(name, pool);
      if (this.#uncertain.has(name) || hasCode(error, 409)) await this.#read(name);
      throw error;
    } finally {
      this.#underWay.delete(name);
      if (!this.#uncertain.has(name) && !this.#world.pool(name)) this.#onAbsent(pool);
    }
  }

  /**
   * Tells whether there is no pool of this name, for certain.
   * @throws {Error} If a request is under way, or the server cannot be asked.
   */
  async isAbsent(name: string): Promise<boolean> {
    if (this.#underWay.has(name)) throw new Error(`Cannot tell whether pool "${name}" exists: it is being created`);
    if (this.#uncertain.has(name)) await this.#read(name);
    return this.#world.pool(name) === undefined;
  }

  /**
   * Tells by a read whether there is no pool of this name at this moment; what there is, is learned.
   * @throws {Error} If a request is under way, or the server cannot be asked.
   */
  async isAbsentNow(name: string): Promise<boolean> {
    if (this.#underWay.has(name)) throw new Error(`Cannot tell whether pool "${name}" exists: it is being created`);
    await this.#read(name);
    return this.#world.pool(name) === undefined;
  }

  async #read(name: string): Promise<void> {
    const found = await find<SpiderIPPool>(this.#cluster, spiderIPPools, { name });
    if (found) this.#world.learnPool(found);
    const pool = this.#uncertain.get(name);
    this.#uncertain.delete(name);
    if (pool && !this.#world.pool(name)) this.#onAbsent(pool);
  }
}
