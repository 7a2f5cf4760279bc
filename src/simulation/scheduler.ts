/**
 * The simulated scheduler: every pod gets a node, one node after the other.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods } from "../api/resources.ts";
import type { Controller } from "./controller.ts";

/** Returns a scheduler for these nodes; they have room for everything. */
export function createScheduler(nodeNames: readonly string[]): Controller<Pod> {
  let count = 0;
  return {
    resource: pods,
    owns: [],
    async reconcile(pod, world) {
      if (pod.spec?.nodeName !== undefined) return undefined;
      const nodeName = nodeNames[count % nodeNames.length];
      await world.patch(pods, pod, { spec: { nodeName } });
      count += 1;
      return undefined;
    },
  };
}
