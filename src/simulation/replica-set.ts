/**
 * The simulated ReplicaSet controller: so many pods, all alike.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods, replicaSets } from "../api/resources.ts";
import type { Controller } from "./controller.ts";
import { countReplicas, keepReplicas, type Workload } from "./workload.ts";

export const replicaSetController: Controller<Workload> = {
  resource: replicaSets,
  owns: [pods],
  async reconcile(object, world) {
    const owner = { resource: replicaSets, object };
    await keepReplicas(world, owner, {});
    await countReplicas(world, owner, world.owned<Pod>(pods, object));
    return undefined;
  },
};
