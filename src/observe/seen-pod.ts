/**
 * What is kept of every pod: whose it is where that matters to pools, and when it ends where it is to end.
 *
 * A cluster has more pods than anything else, and of most of them nothing is kept: they share one value.
 * @module
 */

import { fromTimestamp } from "../clock.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { type PinnedPod, toPinnedPod } from "./pod-owner.ts";

export interface SeenPod {
  /** Absent for pods of native applications and of none. */
  readonly pinned: PinnedPod | undefined;
  /** Its deletionTimestamp, in milliseconds since the epoch. */
  readonly endsAt: number | undefined;
}

const ordinary: SeenPod = { pinned: undefined, endsAt: undefined };

/** Reduces a pod's metadata to what is kept of it. */
export function toSeenPod(pod: KubeObject): SeenPod {
  const { deletionTimestamp } = pod.metadata;
  const pinned = toPinnedPod(pod);
  const endsAt = deletionTimestamp === undefined ? undefined : fromTimestamp(deletionTimestamp);
  return pinned || endsAt !== undefined ? { pinned, endsAt } : ordinary;
}
