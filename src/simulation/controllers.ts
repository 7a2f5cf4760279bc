/**
 * Everything that acts in a simulated cluster besides its user: the workload controllers, a scheduler and a kubelet.
 * @module
 */

import { cloneSetController } from "./clone-set.ts";
import type { Controller } from "./controller.ts";
import { deploymentController } from "./deployment.ts";
import { createKubelet, type KubeletOptions } from "./kubelet.ts";
import { replicaSetController } from "./replica-set.ts";
import { createScheduler } from "./scheduler.ts";
import { statefulSetController } from "./stateful-set.ts";

/** How long pods take to run and to end. */
export const podTimes = { startMs: 2_000, endMs: 3_000 };

/** What the controllers turn to. */
export interface ControllersOptions extends Pick<KubeletOptions, "network" | "warn"> {
  /** Names of the nodes that pods run on. */
  readonly nodeNames: readonly string[];
}

/** Returns all simulated controllers. */
export function createControllers({ nodeNames, network, warn }: ControllersOptions): Controller<never>[] {
  return [
    deploymentController,
    replicaSetController,
    statefulSetController,
    cloneSetController,
    createScheduler(nodeNames),
    createKubelet({ ...podTimes, network, warn }),
  ];
}
