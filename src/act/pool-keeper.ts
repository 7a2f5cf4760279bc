/**
 * What every pool needs, automatic or not: its totals and state in `status`, and its end once the last address is free.
 *
 * At most one write for each look, conditional on the version that was looked at. `status.allocatedIPs` belongs to who hands
 * out addresses and is never written here; `allocatedIPCount` only where nobody has written it yet (spec §7.4).
 * @module
 */

import { asInt64, isSameCount } from "../address/int64.ts";
import { countOf } from "../address/range-set.ts";
import type { Adoption } from "../api/adoption.ts";
import { parseAllocatedIPs } from "../api/allocated-ips.ts";
import { isAutoPool, type PoolState, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { spiderIPPools } from "../api/resources.ts";
import type { Clock } from "../clock.ts";
import { type Cluster, hasCode, UnknownOutcome } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { conditionsToWrite, isSameMeaning, type Told } from "./conditions.ts";
import { fillingPatch, lettingGoPatch, waitsForUs } from "./filled-in.ts";

/** What is to be said of a pool. */
export interface PoolStanding {
  /** Absent for manual pools: they have no machine. */
  readonly state?: PoolState;
  readonly conditions: readonly Told[];
}

export interface PoolKeeperOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  pool(name: string): SpiderIPPool | undefined;
  /** `undefined` while it is about to change. */
  standing(name: string): PoolStanding | undefined;
  /** What a manual pool gets from the subnet that adopts it; `undefined` where there is nothing to adopt. */
  adoption(pool: SpiderIPPool): Adoption | undefined;
  learnPool(pool: SpiderIPPool): void;
  /** Sends a write of a pool, see `Ledger.noting`. */
  noting<R>(pool: SpiderIPPool, send: () => Promise<R>): Promise<R>;
}

export class PoolKeeper {
  readonly #options: PoolKeeperOptions;
  /** Versions at which pools were let go: the watch has not told yet that they are gone. */
  readonly #letGo = new Map<string, string | undefined>();
  /** The words that were written last: who finds others of the same meaning there has written them already. */
  readonly #worded = new Map<string, string>();

  constructor(options: PoolKeeperOptions) {
    this.#options = options;
  }

  /** Tells whether {@link PoolKeeper.keep} would write. */
  isDue(name: string): boolean {
    const pool = this.#options.pool(name);
    if (!pool || this.#isLetGo(pool)) return false;
    return (this.#objectPatch(pool) ?? this.#statusPatch(pool)) !== undefined;
  }

  /** Brings a pool's status up to date, or lets it go. */
  async keep(name: string): Promise<void> {
    const { cluster, pool: lookUp, learnPool } = this.#options;
    const pool = lookUp(name);
    if (!pool || this.#isLetGo(pool)) return;
    const ofObject = this.#objectPatch(pool);
    const patch = ofObject ?? this.#statusPatch(pool);
    if (!patch) return;
    const words = wordsOf(this.#options.standing(name));
    try {
      const options = ofObject ? {} : ({ subresource: "status" } as const);
      const written = await this.#options.noting(pool, () =>
        cluster.patch<SpiderIPPool>(spiderIPPools, { name }, patch, options),
      );
      // The answer to letting it go is its last state; that it is gone comes from the watch.
      if (!ofObject) this.#worded.set(name, words);
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
    this.#worded.delete(name);
  }

  #isLetGo({ metadata: { name, resourceVersion } }: SpiderIPPool): boolean {
    return this.#letGo.has(name) && this.#letGo.get(name) === resourceVersion;
  }

  async #reread(name: string): Promise<void> {
    const pool = await find<SpiderIPPool>(this.#options.cluster, spiderIPPools, { name });
    if (pool) this.#options.learnPool(pool);
  }

  /** What the object itself lacks: its end, or, on manual pools, what the reference's webhook would have filled in. */
  #objectPatch(pool: SpiderIPPool): object | undefined {
    if (canEnd(pool)) return lettingGoPatch(pool);
    const isLeaving = pool.metadata.deletionTimestamp !== undefined;
    if (isLeaving || isAutoPool(pool) || readableTotal(pool) === undefined) return undefined;
    const [filling, adoption] = [fillingPatch(pool, LABEL.poolCidr), this.#options.adoption(pool)];
    if (!adoption) return filling;
    const labels = { ...filling?.metadata.labels, ...adoption.metadata.labels };
    const { resourceVersion } = pool.metadata;
    return {
      metadata: { resourceVersion, ...filling?.metadata, ...adoption.metadata, labels },
      spec: { ...filling?.spec, ...adoption.spec },
    };
  }

  #statusPatch(pool: SpiderIPPool): object | undefined {
    const { status = {}, metadata } = pool;
    const patch: Record<string, unknown> = {};
    const total = readableTotal(pool);
    if (total !== undefined && !isSameCount(status.totalIPCount, total)) patch["totalIPCount"] = asInt64(total);
    if (status.allocatedIPCount === undefined) patch["allocatedIPCount"] = 0;
    const standing = this.#options.standing(metadata.name);
    if (standing) {
      const before = status.conditions ?? [];
      const isWorded = this.#worded.get(metadata.name) === wordsOf(standing);
      const isTold = isWorded && isSameMeaning(standing.conditions, before);
      const conditions = isTold ? undefined : conditionsToWrite(standing.conditions, before, this.#options.clock.now());
      // A pool that a person has taken over has no state any more.
      if ((status.state ?? undefined) !== standing.state) patch["state"] = standing.state ?? null;
      if (conditions) patch["conditions"] = conditions;
    }
    if (Object.keys(patch).length === 0) return undefined;
    const { resourceVersion } = metadata;
    // Only told with other news: a write for the sake of this number alone would be one more for every change.
    if (metadata.generation !== undefined) patch["observedGeneration"] = metadata.generation;
    return { metadata: { resourceVersion }, status: patch };
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

function wordsOf(standing: PoolStanding | undefined): string {
  return (standing?.conditions ?? []).map(({ type, message }) => `${type} ${message}`).join("\n");
}

function readableTotal(pool: SpiderIPPool): bigint | undefined {
  try {
    return countOf(totalOf(pool.spec));
  } catch {
    return undefined;
  }
}
