/**
 * Reads pods past every cache, and tells which pod a CNI request means.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods } from "../api/resources.ts";
import type { Cluster, ObjectRef } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";

/** On the API server's image of a static pod: the UID that its kubelet, and so the runtime, knows it by. */
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** Reads a pod from the API server; `undefined` where there is none of that name. */
export function findPod(cluster: Cluster, ref: ObjectRef, signal?: AbortSignal): Promise<Pod | undefined> {
  return find<Pod>(cluster, pods, ref, signal && { signal });
}

/** Tells whether a pod is the one that the runtime calls by this UID. */
export function isSamePod({ metadata }: Pod, uid: string): boolean {
  return metadata.uid === uid || metadata.annotations?.[MIRROR_ANNOTATION] === uid;
}
