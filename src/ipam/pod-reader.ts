/**
 * Reads pods past every cache, and tells which pod a CNI request means.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods } from "../api/resources.ts";
import { type Cluster, hasCode, type ObjectRef } from "../cluster/cluster.ts";

/** On the API server's image of a static pod: the UID that its kubelet, and so the runtime, knows it by. */
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** Reads a pod from the API server; `undefined` where there is none of that name. */
export async function findPod(cluster: Cluster, ref: ObjectRef, signal?: AbortSignal): Promise<Pod | undefined> {
  try {
    return await cluster.get<Pod>(pods, ref, signal && { signal });
  } catch (error) {
    if (hasCode(error, 404)) return undefined;
    throw error;
  }
}

/** Tells whether a pod is the one that the runtime calls by this UID. */
export function isSamePod({ metadata }: Pod, uid: string): boolean {
  return metadata.uid === uid || metadata.annotations?.[MIRROR_ANNOTATION] === uid;
}
