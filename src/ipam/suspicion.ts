/**
 * What the caches say about a holder: enough to leave it alone, or reason to ask the API server.
 *
 * Caches lag behind, so this decides about requests only, never about addresses.
 * @module
 */

import type { ObjectRef } from "../cluster/cluster.ts";
import type { EndpointIndex } from "./endpoint-index.ts";
import type { Holder } from "./holder-reader.ts";
import type { PoolHolder } from "./pool-scan.ts";
import type { Suspect } from "./suspect.ts";

/** A cache of pods that knows at least their UIDs. */
export interface PodUids {
  uidOf(ref: ObjectRef): string | undefined;
}

export class Suspicion {
  readonly #pods: PodUids;
  readonly #finished: PodUids;
  readonly #endpoints: EndpointIndex;

  /** @param finished the pods in a phase that is final */
  constructor(pods: PodUids, finished: PodUids, endpoints: EndpointIndex) {
    this.#pods = pods;
    this.#finished = finished;
    this.#endpoints = endpoints;
  }

  /** Tells whether a pool's records agree with a pod and its endpoint. */
  isSound(holder: PoolHolder): boolean {
    const inPool = this.#listed(holder).filter((pool) => pool === holder.pool);
    return this.isRunning(holder) && inPool.length >= holder.addresses.length;
  }

  /** Tells whether there is anything to look for: an event alone proves nothing, since most pods end as they should. */
  isWorthALook(suspect: Suspect): boolean {
    const listed = this.#listed(suspect);
    if (suspect.isEnding || !this.isRunning(suspect)) return suspect.records.size > 0 || this.#hasEndpoint(suspect);
    const inPools = Map.groupBy(suspect.records.values(), ({ pool }) => pool);
    return [...inPools].some(([pool, records]) => records.length > listed.filter((name) => name === pool).length);
  }

  /** Tells whether the holder's pod is there and has not finished; it may be terminating. */
  isRunning({ namespace, name, podUid }: Holder): boolean {
    const ref = { namespace, name };
    return podUid !== "" && this.#pods.uidOf(ref) === podUid && this.#finished.uidOf(ref) !== podUid;
  }

  #hasEndpoint({ namespace, name, podUid }: Holder): boolean {
    return this.#endpoints.get(`${namespace}/${name}`)?.podUid === podUid;
  }

  #listed(holder: Holder): readonly string[] {
    return this.#hasEndpoint(holder) ? (this.#endpoints.get(`${holder.namespace}/${holder.name}`)?.pools ?? []) : [];
  }
}
