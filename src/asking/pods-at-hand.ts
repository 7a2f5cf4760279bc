/**
 * The pod that a record or an endpoint speaks of, with all that decides whether it may still use an address. Pure.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { Pod } from "../api/pod.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { addressOf } from "../ipam/endpoint-addresses.ts";
import type { Holding, LeakSettings } from "../ipam/leaks.ts";
import { judgePodEnd, type PodEnd } from "../ipam/pod-end.ts";
import { isStaticEndpoint } from "../ipam/static-holder.ts";
import type { CheckView } from "./finding.ts";
import { endpointPlace, nodePlace, podPlace } from "./places.ts";
import type { Place, Snapshot } from "./snapshot.ts";

const everyOwner = { enableStatefulSet: true, enableKubevirt: true };

export class PodsAtHand {
  readonly settings: LeakSettings;
  readonly #snapshot: Snapshot;
  readonly #now: number;
  readonly #byUid = new Map<string, Pod>();

  constructor(snapshot: Snapshot, { now, gcDelayMs }: CheckView) {
    this.#snapshot = snapshot;
    this.#now = now;
    this.settings = { delayMs: gcDelayMs, releaseOnNotReadyNode: false, settleMs: 0 };
    for (const pod of snapshot.pods.values()) this.#byUid.set(pod.metadata.uid ?? "", pod);
  }

  /** Returns what is known of the holder; a virtual machine's pods have names of their own, so the UID finds them. */
  holding(key: string, podUid: string): Holding {
    const named = this.#snapshot.pods.get(key);
    const pod = named ?? this.#byUid.get(podUid);
    const endpoint = this.#snapshot.endpoints.get(key);
    const node = this.#snapshot.nodes.get(`/${pod?.spec?.nodeName}`);
    return { podUid, pod, endpoint, node, ownerWaits: endpoint !== undefined && this.waits(endpoint) };
  }

  /** Whether the owner of an endpoint is known to want its addresses still; where nobody has asked, that is a suspicion to follow. */
  waits(endpoint: SpiderEndpoint): boolean {
    return isStaticEndpoint(endpoint, everyOwner) && this.#snapshot.waits.get(storeKey(endpoint.metadata)) === true;
  }

  endOf(holding: Holding): PodEnd {
    return judgePodEnd(holding, this.settings, this.#now);
  }

  /** What a statement about a holder rests on. */
  places(key: string, { pod }: Holding): Place[] {
    const slash = key.indexOf("/");
    const ref = { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
    const nodeName = pod?.spec?.nodeName;
    return [
      podPlace(ref),
      ...(pod && storeKey(pod.metadata) !== key ? [podPlace(pod.metadata)] : []),
      endpointPlace(ref),
      ...(nodeName ? [nodePlace(nodeName)] : []),
    ];
  }
}

/** Addresses that a pod's status shows; it shows them when its network is complete. */
export function addressesOfPod({ status }: Pod): bigint[] {
  const texts = [...(status?.podIPs ?? []).map(({ ip }) => ip), ...(status?.podIP ? [status.podIP] : [])];
  return texts.map((ip) => addressOf(ip)).filter((address) => address !== undefined);
}

/** Returns whose address it is about, as records and endpoints name it. */
export function holderOf(key: string, podUid: string): { namespace: string; name: string; podUid: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1), podUid };
}
