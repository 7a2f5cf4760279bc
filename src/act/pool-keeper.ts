/**
 * What every pool needs, automatic or not: its totals and state in `status`, and its end once the last address is free.
 *
 * At most one write for each look, conditional on the version that was looked at. `status.allocatedIPs` belongs to who hands
 * out addresses and is never written here; `allocatedIPCount` only where nobody has written it yet (spec §7.4).
 * @module
 */

import { asInt64, isSameCount } from "../address/int64.ts";
import { countOf } from "../address/range-set.ts";
import { parseAllocatedIPs } from "../api/allocated-ips.ts";
import type { Condition } from "../api/condition.ts";
import { isAutoPool, type PoolState, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { spiderIPPools } from "../api/resources.ts";
import { type Clock, toTimestamp } from "../clock.ts";
import { type Cluster, hasCode, UnknownOutcome } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { fillingPatch, lettingGoPatch, waitsForUs } from "./filled-in.ts";

/** What a pool's machine says about it; `undefined` for manual pools, and while it is between two states. */
export interface PoolStanding {
  readonly state: PoolState;
  readonly conditions: readonly Omit<Condition, "lastTransitionTime">[];
}

export interface PoolKeeperOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  pool(name: string): SpiderIPPool | undefined;
  standing(name: string): PoolStanding | undefined;
  learnPool(pool: SpiderIPPool): void;
}

export class PoolKeeper {
  readonly #options: PoolKeeperOptions;
  /** Versions at which pools were let go: the watch has not told yet that they are gone. */
  readonly #letGo = new Map<string, string | undefined>();

  constructor(options: PoolKeeperOptions) {
    this.#options = options;
  }

  /** Tells whether {@link PoolKeeper.keep} would write. */
  isDue(name: string): boolean {
    const pool = this.#options.pool(name);
    if (!pool || this.#isLetGo(pool)) return false;
    return (objectPatch(pool) ?? this.#statusPatch(pool)) !== undefined;
  }

  /** Brings a pool's status up to date, or lets it go. */
  async keep(name: string): Promise<void> {
    const { cluster, pool: lookUp, learnPool } = this.#options;
    const pool = lookUp(name);
    if (!pool || this.#isLetGo(pool)) return;
    const ofObject = objectPatch(pool);
    const patch = ofObject ?? this.#statusPatch(pool);
    if (!patch) return;
    try {
      const options = ofObject ? {} : ({ subresource: "status" } as const);
      const written = await cluster.patch<SpiderIPPool>(spiderIPPools, { name }, patch, options);
      // The answer to letting it go is its last state; that it is gone comes from the watch.
      if (pool.metadata.deletionTimestamp === undefined || !ofObject) learnPool(written);
      else this.#letGo.set(name, pool.metadata.resourceVersion);
    } catch (error) {
      if (hasCode(error, 404)) return;
      if (hasCode(error, 409) || error instanceof UnknownOutcome) await this.#reread(name);
      throw error;
    }
  }

  /** Drops what is remembered of a pool that is gone. */
  forget(name: string): void {
    this.#letGo.delete(name);
  }

  #isLetGo({ metadata: { name, resourceVersion } }: SpiderIPPool): boolean {
    return this.#letGo.has(name) && this.#letGo.get(name) === resourceVersion;
  }

  async #reread(name: string): Promise<void> {
    const pool = await find<SpiderIPPool>(this.#options.cluster, spiderIPPools, { name });
    if (pool) this.#options.learnPool(pool);
  }

  #statusPatch(pool: SpiderIPPool): object | undefined {
    const { status = {}, metadata } = pool;
    const patch: Record<string, unknown> = {};
    const total = readableTotal(pool);
    if (total !== undefined && !isSameCount(status.totalIPCount, total)) patch["totalIPCount"] = asInt64(total);
    if (status.allocatedIPCount === undefined) patch["allocatedIPCount"] = 0;
    const standing = this.#options.standing(metadata.name);
    if (standing) {
      const conditions = this.#conditions(standing, status.conditions ?? []);
      if (status.state !== standing.state) patch["state"] = standing.state;
      if (conditions) patch["conditions"] = conditions;
    }
    if (Object.keys(patch).length === 0) return undefined;
    const { resourceVersion } = metadata;
    // Only told with other news: a write for the sake of this number alone would be one more for every change.
    if (metadata.generation !== undefined) patch["observedGeneration"] = metadata.generation;
    return { metadata: { resourceVersion }, status: patch };
  }

  /** Conditions to write; `undefined` where those that are there say the same. */
  #conditions(standing: PoolStanding, before: readonly Condition[]): Condition[] | undefined {
    const now = toTimestamp(this.#options.clock.now());
    let isNews = before.length !== standing.conditions.length;
    const conditions = standing.conditions.map((wanted): Condition => {
      const old = before.find(({ type }) => type === wanted.type);
      if (!old || old.status !== wanted.status || old.reason !== wanted.reason || old.message !== wanted.message) {
        isNews = true;
      }
      return { ...wanted, lastTransitionTime: old?.status === wanted.status ? old.lastTransitionTime : now };
    });
    return isNews ? conditions : undefined;
  }
}

/** A pool that is being deleted goes when no address of it is in use, as far as anybody can tell. */
function canEnd(pool: SpiderIPPool): boolean {
  if (!waitsForUs(pool)) return false;
  try {
    return parseAllocatedIPs(pool.status?.allocatedIPs).size === 0;
  } catch {
    return false;
  }
}

/** What the object itself lacks: its end, or, on manual pools, what the reference's webhook would have filled in. */
function objectPatch(pool: SpiderIPPool): object | undefined {
  if (canEnd(pool)) return lettingGoPatch(pool);
  const isLeaving = pool.metadata.deletionTimestamp !== undefined;
  if (isLeaving || isAutoPool(pool) || readableTotal(pool) === undefined) return undefined;
  return fillingPatch(pool, LABEL.poolCidr);
}

function readableTotal(pool: SpiderIPPool): bigint | undefined {
  try {
    return countOf(totalOf(pool.spec));
  } catch {
    return undefined;
  }
}
