/**
 * A pod that seeks addresses for one NIC, and its endpoint's name and parts that say whose it is.
 * @module
 */

import type { Application } from "../api/application.ts";
import type { SpiderEndpoint, SpiderEndpointStatus } from "../api/endpoint.ts";
import { API_VERSION, FINALIZER } from "../api/names.ts";
import type { Pod } from "../api/pod.ts";
import { pods, spiderEndpoints } from "../api/resources.ts";
import { IpamError } from "./candidate.ts";

/** Who asks, for what. */
export interface Seeker {
  readonly pod: Pod;
  /** The pod's, never "". */
  readonly uid: string;
  readonly nodeName: string;
  /** The NIC that is being added. */
  readonly nic: string;
  readonly top: Application;
  /** Its controller's next pod gets the same addresses. */
  readonly isStatic: boolean;
  /** Of the endpoint: the pod's name, or that of its virtual machine. */
  readonly ref: { readonly namespace: string; readonly name: string };
}

/** Returns how the records of pools name it. */
export function recordName({ ref }: Seeker): string {
  return `${ref.namespace}/${ref.name}`;
}

/** Tells whether what an endpoint says is about this very pod. */
export function isOf(endpoint: SpiderEndpoint, { uid }: Seeker): boolean {
  return endpoint.status?.current?.uid === uid;
}

/** Tells whether an endpoint was left to this pod by another one of its controller. */
export function isLeftTo({ metadata, status }: SpiderEndpoint, { isStatic, top }: Seeker): boolean {
  if (!isStatic || metadata.ownerReferences?.length) return false;
  return status?.ownerControllerType === top.kind && status.ownerControllerName === top.name;
}

/** Returns the status with these items. */
export function statusOf(seeker: Seeker, ips: SpiderEndpointStatus["current"]["ips"]): SpiderEndpointStatus {
  const { uid, nodeName, top } = seeker;
  return {
    current: { uid, node: nodeName, ips },
    ownerControllerType: top.kind,
    ownerControllerName: top.name,
  };
}

/** Returns a new endpoint; it goes with its pod unless the addresses are to outlive it (ipam §4). */
export function newEndpoint(seeker: Seeker, ips: SpiderEndpointStatus["current"]["ips"]): SpiderEndpoint {
  const { ref, pod, uid, isStatic } = seeker;
  const owner = { apiVersion: "v1", kind: pods.kind, name: pod.metadata.name, uid };
  return {
    apiVersion: API_VERSION,
    kind: spiderEndpoints.kind,
    metadata: { ...ref, finalizers: [FINALIZER], ...(isStatic ? {} : { ownerReferences: [owner] }) },
    status: statusOf(seeker, ips),
  };
}

/** Returns the part of a patch that puts our finalizer back, where somebody has taken it. */
export function guarded({ metadata }: SpiderEndpoint): { metadata?: { finalizers: string[] } } {
  const { finalizers = [] } = metadata;
  return finalizers.includes(FINALIZER) ? {} : { metadata: { finalizers: [...finalizers, FINALIZER] } };
}

/** Says that somebody else has written the endpoint: the next ADD sees how it is then. */
export function changedMeanwhile({ ref }: Seeker): IpamError {
  return new IpamError(
    `Cannot write SpiderEndpoint "${ref.namespace}/${ref.name}": somebody has changed it meanwhile; the next attempt begins with what it says now`,
  );
}
