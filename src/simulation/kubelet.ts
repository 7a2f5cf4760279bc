/**
 * The simulated kubelet, one for all nodes: pods run a while after they were made, and end a while after they were deleted.
 *
 * It gives them no addresses.
 * @module
 */

import { pods } from "../api/resources.ts";
import { fromTimestamp, toTimestamp } from "../clock.ts";
import type { Controller } from "./controller.ts";
import { KUBELET_FINALIZER, type Pod } from "./pod.ts";

export interface KubeletOptions {
  /** Milliseconds from a pod's creation until it runs. */
  readonly startMs: number;
  /** Milliseconds from a pod's deletion until it is gone. */
  readonly endMs: number;
}

/** Returns a kubelet; times are counted from the API's timestamps, so to the second. */
export function createKubelet({ startMs, endMs }: KubeletOptions): Controller<Pod> {
  return {
    resource: pods,
    owns: [],
    whileTerminating: true,
    async reconcile(pod, world) {
      const { creationTimestamp = "", deletionTimestamp, finalizers = [] } = pod.metadata;
      const now = world.clock.now();
      if (deletionTimestamp !== undefined) {
        if (!finalizers.includes(KUBELET_FINALIZER)) return undefined;
        const restMs = fromTimestamp(deletionTimestamp) + endMs - now;
        if (restMs > 0) return restMs;
        const others = finalizers.filter((finalizer) => finalizer !== KUBELET_FINALIZER);
        await world.patch(pods, pod, { metadata: { finalizers: others } });
        return undefined;
      }
      if (pod.status?.phase === "Running") return undefined;
      const restMs = fromTimestamp(creationTimestamp) + startMs - now;
      if (restMs > 0) return restMs;
      const conditions = [{ type: "Ready", status: "True", lastTransitionTime: toTimestamp(now) }];
      await world.setStatus(pods, pod, { phase: "Running", startTime: toTimestamp(now), conditions });
      return undefined;
    },
  };
}
