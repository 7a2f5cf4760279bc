/**
 * Who has an address: pool records, endpoints and pods that speak of the same pod, brought together. Pure.
 * @module
 */

import { controllerOf } from "../api/controller-reference.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { Pod } from "../api/pod.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { judgePodEnd, type PodEnd } from "../ipam/pod-end.ts";
import { isStaticEndpoint } from "../ipam/static-holder.ts";
import { allocationIn, endpointsWith, hasAddress, podsWith } from "./address-places.ts";
import type { AnyAddress } from "./address-spelling.ts";
import type { Snapshot } from "./snapshot.ts";

/** One pod, present or past, that has an address by at least one witness. */
export interface AddressHolder {
  /** `namespace/name`; of a virtual machine the machine's. */
  readonly pod: string;
  readonly uid: string;
  /** `kept`: the pod is gone, and its successor of the same name gets the address. */
  readonly state: "alive" | "ending" | "over" | "kept";
  /** Why it is over. */
  readonly end?: string;
  /** Pools whose records name it. */
  readonly pools: readonly string[];
  /** NICs that the endpoint gives the address to; "" has no name yet. */
  readonly nics: readonly string[];
  /** The pod's own status shows the address. */
  readonly isShown: boolean;
  readonly phase?: string;
  readonly node?: string;
  readonly controller?: string;
  /** Since when, as far as it is written down anywhere. */
  readonly since?: string;
}

/** What a holder is judged with. */
export interface HolderView {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether the owner of an endpoint that outlives its pods still wants the addresses. */
  isKept(endpoint: SpiderEndpoint): boolean;
}

/** No delay: whoever asks wants to know what is, not what is about to be collected. */
const endSettings = { delayMs: 0, releaseOnNotReadyNode: false };
const everyOwner = { enableStatefulSet: true, enableKubevirt: true };

interface Witnesses {
  readonly pod: string;
  readonly uid: string;
  readonly pools: string[];
  readonly nics: string[];
  endpoint?: SpiderEndpoint;
}

/** Returns everybody who has the address by a record, an endpoint or a pod's own word; on a node's network nobody has one. */
export function holdersOf(snapshot: Snapshot, address: AnyAddress, view: HolderView): AddressHolder[] {
  const found = new Map<string, Witnesses>();
  const witnesses = (pod: string, uid: string): Witnesses => {
    const key = `${pod} ${uid}`;
    const known = found.get(key) ?? { pod, uid, pools: [], nics: [] };
    found.set(key, known);
    return known;
  };
  for (const pool of snapshot.pools.values()) {
    const allocation = allocationIn(pool, address);
    if (allocation) witnesses(allocation.pod, allocation.podUid).pools.push(pool.metadata.name);
  }
  for (const { endpoint, nic } of endpointsWith(snapshot, address)) {
    const holder = witnesses(storeKey(endpoint.metadata), endpoint.status?.current.uid ?? "");
    holder.nics.push(nic);
    holder.endpoint = endpoint;
  }
  for (const pod of podsWith(snapshot, address)) {
    const { uid = "" } = pod.metadata;
    const isKnown = [...found.values()].some((holder) => holder.uid === uid);
    if (!isKnown && pod.spec?.hostNetwork !== true && !isOver(pod, view.now)) witnesses(storeKey(pod.metadata), uid);
  }
  return [...found.values()].map((holder) => toHolder(snapshot, address, view, holder));
}

function toHolder(snapshot: Snapshot, address: AnyAddress, view: HolderView, witnesses: Witnesses): AddressHolder {
  const { pod: name, uid, pools, nics } = witnesses;
  // A virtual machine's pods have names of their own.
  const named = snapshot.pods.get(name);
  const pod =
    named?.metadata.uid === uid
      ? named
      : ([...snapshot.pods.values()].find((other) => other.metadata.uid === uid) ?? named);
  const endpoint = witnesses.endpoint ?? snapshot.endpoints.get(name);
  const node = snapshot.nodes.get(`/${pod?.spec?.nodeName}`);
  const end = judgePodEnd({ podUid: uid, pod, node }, endSettings, view.now);
  const isOwn = pod?.metadata.uid === uid;
  const controller = isOwn ? controllerOf(pod?.metadata.ownerReferences) : undefined;
  const since = sinceWhen(endpoint, uid, isOwn ? pod : undefined);
  return {
    pod: name,
    uid,
    ...stateOf(end, endpoint, view),
    pools,
    nics,
    isShown: isOwn && pod !== undefined && hasAddress(pod, address),
    ...(isOwn && pod?.status?.phase && { phase: pod.status.phase }),
    ...(isOwn && pod?.spec?.nodeName && { node: pod.spec.nodeName }),
    ...(controller && { controller: `${controller.kind}/${controller.name}` }),
    ...(since !== undefined && { since }),
  };
}

function stateOf(
  end: PodEnd,
  endpoint: SpiderEndpoint | undefined,
  view: HolderView,
): Pick<AddressHolder, "state" | "end"> {
  if (end.state !== "over") return { state: end.state };
  const isKept = endpoint !== undefined && isStaticEndpoint(endpoint, everyOwner) && view.isKept(endpoint);
  return { state: isKept ? "kept" : "over", end: end.reason };
}

/**
 * An endpoint comes with its pod's first address, and with a StatefulSet's ordinal it stays. Nothing else tells the time: a pool's
 * records have none.
 */
function sinceWhen(endpoint: SpiderEndpoint | undefined, uid: string, pod: Pod | undefined): string | undefined {
  const isOwn = endpoint?.status?.current.uid === uid;
  return (isOwn ? endpoint?.metadata.creationTimestamp : undefined) ?? pod?.metadata.creationTimestamp;
}

function isOver(pod: Pod, now: number): boolean {
  const podUid = pod.metadata.uid ?? "";
  return judgePodEnd({ podUid, pod, node: undefined }, endSettings, now).state === "over";
}
