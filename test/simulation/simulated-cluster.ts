/**
 * A memory cluster with the simulated controllers on it and no operator: what a test of one of them needs.
 * @module
 */

import type { Pod } from "../../src/api/pod.ts";
import * as served from "../../src/api/resources.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import { createMemoryCluster, type MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock, type VirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { seededRandom } from "../../src/random.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { startControlPlane } from "../../src/simulation/control-plane.ts";
import { type ControllersOptions, createControllers } from "../../src/simulation/controllers.ts";
import type { PodNetwork } from "../../src/simulation/kubelet.ts";
import { isActive, isReady } from "../../src/simulation/pod.ts";
import type { Workload } from "../../src/simulation/workload.ts";

/** Pods run without addresses. */
const noNetwork: PodNetwork = { attach: async () => [], detach: async () => {} };

export interface Simulated {
  readonly clock: VirtualClock;
  readonly server: MemoryCluster;
  readonly user: MemoryConnection;
  pods(): Pod[];
  /** The smallest number of ready pods and the largest of active ones at any commit since the last call. */
  extremes(): { readyMin: number; activeMax: number };
}

/** Runs a test on a cluster of its own, and ends what runs there. */
export async function simulated(
  test: (cluster: Simulated) => Promise<void>,
  { network = noNetwork, warn = () => {}, nodeNames = ["node"] }: Partial<ControllersOptions> = {},
): Promise<void> {
  const clock = createVirtualClock();
  const server = createMemoryCluster({ clock, resources: [...Object.values(served), cloneSets] });
  const connection = server.connect({ latencyMs: 2 });
  const controlPlane = startControlPlane({
    cluster: connection,
    clock,
    random: seededRandom(1),
    controllers: createControllers({ nodeNames, network, warn }),
  });
  const pods = (): Pod[] => server.objects<Pod>(served.pods);
  let range = { readyMin: Number.POSITIVE_INFINITY, activeMax: 0 };
  server.observe(() => {
    const all = pods();
    range.readyMin = Math.min(range.readyMin, all.filter(isReady).length);
    range.activeMax = Math.max(range.activeMax, all.filter(isActive).length);
  });
  const extremes = (): typeof range => {
    const last = range;
    range = { readyMin: Number.POSITIVE_INFINITY, activeMax: 0 };
    return last;
  };
  try {
    await test({ clock, server, user: server.connect(), pods, extremes });
  } finally {
    const stopped = controlPlane.stop();
    await clock.advance(1_000);
    await stopped;
  }
}

/** Returns a workload named "app" with so many replicas; `revision` makes its template another one. */
export function workload(replicas: number, more: Partial<Workload["spec"]> = {}, revision = "1"): Workload {
  const metadata = { labels: { app: "app" }, annotations: { revision } };
  return { metadata: { name: "app", namespace: "default" }, spec: { replicas, template: { metadata }, ...more } };
}

export const ref = { namespace: "default", name: "app" };

/** The merge patch that gives a workload another template. */
export const newTemplate = (revision: string): object => ({
  spec: { template: { metadata: { annotations: { revision } } } },
});

/** Returns which revision each pod is of, in the order of the pods' names. */
export function revisionsOf(pods: readonly Pod[]): string[] {
  return pods.map(({ metadata }) => metadata.annotations?.["revision"] ?? "");
}
