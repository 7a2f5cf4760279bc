/**
 * Whether a pod is over, and may never again use an address that it was given.
 *
 * The pod is named by its UID: another pod of the same name says nothing but that the first one is gone. What is not certain
 * counts as running. Pure; the pod and its node must have been read from the API server at that moment, past every cache.
 * @module
 */

import { isOutOfService, isReady, type Node } from "../api/node.ts";
import type { ContainerStatus, Pod } from "../api/pod.ts";
import { fromTimestamp } from "../clock.ts";

/** What an administrator decides about ended pods. */
export interface PodEndSettings {
  /** How long after its end, in milliseconds, a pod's addresses are left to the CNI's own DEL. */
  readonly delayMs: number;
  /**
   * Terminating pods on a node that is not Ready count as over. Off by default, unlike in the reference: a node that is only cut
   * off still runs them.
   */
  readonly releaseOnNotReadyNode: boolean;
}

/** Why a pod can use no address any more. */
export type PodEndReason =
  | "pod-gone"
  | "pod-replaced"
  | "pod-finished"
  | "pod-ended"
  | "node-gone"
  | "node-out-of-service"
  | "node-not-ready";

/** `ending`: it is to end, but may still run; `againAt` is the time at which it is worth to look again, where that is known. */
export type PodEnd =
  | { readonly state: "alive" }
  | { readonly state: "ending"; readonly againAt?: number }
  | { readonly state: "over"; readonly reason: PodEndReason };

/** A pod and its node as the API server has them; `undefined` where it has none. */
export interface PodAsRead {
  readonly podUid: string;
  readonly pod: Pod | undefined;
  /** Matters only where {@link needsNode} says so. */
  readonly node: Node | undefined;
}

/** Tells whether the node must be read to judge the pod's end. */
export function needsNode({ podUid, pod }: Omit<PodAsRead, "node">, settings: PodEndSettings, now: number): boolean {
  if (pod?.metadata.uid !== podUid || pod.spec?.nodeName === undefined) return false;
  return now >= deadlineOf(pod, settings) && !isFinished(pod, settings, now);
}

/** Judges whether the pod is over. */
export function judgePodEnd({ podUid, pod, node }: PodAsRead, settings: PodEndSettings, now: number): PodEnd {
  if (!pod) return { state: "over", reason: "pod-gone" };
  // A record without a UID is nobody's as soon as no pod of the name is there, not sooner.
  if (podUid === "") return { state: "alive" };
  if (pod.metadata.uid !== podUid) return { state: "over", reason: "pod-replaced" };
  if (isFinished(pod, settings, now)) return { state: "over", reason: "pod-finished" };
  const deadline = deadlineOf(pod, settings);
  if (deadline === Number.POSITIVE_INFINITY) return isTerminal(pod) ? { state: "ending" } : { state: "alive" };
  if (now < deadline) return { state: "ending", againAt: deadline };
  const reason = reasonOfEnd(pod, node, settings);
  return reason === undefined ? { state: "ending" } : { state: "over", reason };
}

/** The pod is terminating and past its time. */
function reasonOfEnd(pod: Pod, node: Node | undefined, settings: PodEndSettings): PodEndReason | undefined {
  if (pod.spec?.nodeName === undefined) return "pod-ended";
  if (!node) return "node-gone";
  if (isOutOfService(node)) return "node-out-of-service";
  if (!isReady(node)) return settings.releaseOnNotReadyNode ? "node-not-ready" : undefined;
  return hasStopped(pod) ? "pod-ended" : undefined;
}

/** Its deletionTimestamp is the time of the request and the grace period together (B16). */
function deadlineOf(pod: Pod, { delayMs }: PodEndSettings): number {
  const { deletionTimestamp } = pod.metadata;
  return deletionTimestamp === undefined ? Number.POSITIVE_INFINITY : fromTimestamp(deletionTimestamp) + delayMs;
}

/** A phase that a kubelet never leaves, whatever the restartPolicy: a pod that a node's shutdown ended is Failed too. */
function isTerminal({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Others than the kubelet may say that a pod has failed, so its containers must agree. */
function isFinished(pod: Pod, { delayMs }: PodEndSettings, now: number): boolean {
  if (!isTerminal(pod)) return false;
  const containers = statusesOf(pod);
  if (containers.some(({ state }) => state?.running !== undefined)) return false;
  const ends = containers.map(({ state }) => fromTimestamp(state?.terminated?.finishedAt ?? ""));
  return ends.every((end) => Number.isNaN(end) || now >= end + delayMs);
}

/** What waits to be started again counts as running, for its kubelet may not know yet that it is to end. */
function hasStopped(pod: Pod): boolean {
  const containers = statusesOf(pod);
  const hasSandbox = pod.status?.conditions?.some(
    ({ type, status }) => type === "PodReadyToStartContainers" && status === "True",
  );
  return (
    containers.length > 0 &&
    !hasSandbox &&
    containers.every(({ state, lastState }) => state?.terminated || !(state?.running || lastState?.terminated))
  );
}

function statusesOf({ status }: Pod): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}
