/**
 * The simulated Deployment controller: one ReplicaSet for each pod template, and the way from the old ones to the newest.
 *
 * It follows `pkg/controller/deployment/rolling.go` of Kubernetes: never more than replicas + maxSurge pods, never fewer ready ones than
 * replicas − maxUnavailable. It neither pauses, nor rolls back, nor scales proportionally in the middle of a roll-out.
 * @module
 */

import { deployments, replicaSets } from "../api/resources.ts";
import type { Controller, World } from "./controller.ts";
import { ownerReferenceTo, templateHash } from "./pod.ts";
import { replicasOf, toPods, type Workload } from "./workload.ts";

const HASH_LABEL = "pod-template-hash";

export const deploymentController: Controller<Workload> = {
  resource: deployments,
  owns: [replicaSets],
  async reconcile(deployment, world) {
    const current = await currentSet(deployment, world);
    const sets = world.owned<Workload>(replicaSets, deployment);
    const old = sets.filter(({ metadata }) => metadata.uid !== current.metadata.uid);
    for (const [set, replicas] of nextSizes(deployment, current, old)) {
      if (replicasOf(set) !== replicas) await world.patch(replicaSets, set, { spec: { replicas } });
    }
    const sum = (count: (set: Workload) => number): number => sets.reduce((total, set) => total + count(set), 0);
    await world.setStatus(deployments, deployment, {
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: sum((set) => set.status?.replicas ?? 0),
      readyReplicas: sum((set) => set.status?.readyReplicas ?? 0),
      updatedReplicas: current.status?.replicas ?? 0,
    });
    return undefined;
  },
};

/** Returns the ReplicaSet of the Deployment's template, a new and empty one where there is none. */
async function currentSet(deployment: Workload, world: World): Promise<Workload> {
  const { template, selector } = deployment.spec;
  const { name, namespace = "default" } = deployment.metadata;
  const hash = templateHash(template);
  const isCurrent = ({ metadata }: Workload): boolean => metadata.labels?.[HASH_LABEL] === hash;
  const there = world.owned<Workload>(replicaSets, deployment).find(isCurrent);
  if (there) return there;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  return world.create<Workload>(replicaSets, {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      ownerReferences: [ownerReferenceTo(deployments, deployment)],
    },
    spec: {
      replicas: 0,
      ...(selector ? { selector } : {}),
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
}

/** Returns the sizes that the ReplicaSets may have now; growing and shrinking are separate steps. */
export function nextSizes(
  deployment: Workload,
  current: Workload,
  old: readonly Workload[],
): ReadonlyMap<Workload, number> {
  const replicas = replicasOf(deployment);
  const oldTotal = old.reduce((total, set) => total + replicasOf(set), 0);
  const size = replicasOf(current);
  if (deployment.spec.strategy?.type === "Recreate") {
    const areGone = old.every((set) => replicasOf(set) === 0 && podsOf(set) === 0);
    return new Map([...old.map((set) => [set, 0] as const), [current, areGone ? replicas : 0]]);
  }
  if (oldTotal === 0 || size > replicas) return new Map([[current, replicas]]);
  const { maxSurge, maxUnavailable } = limitsOf(deployment);
  const grown = Math.min(replicas, size + Math.max(0, replicas + maxSurge - size - oldTotal));
  if (grown > size) return new Map([[current, grown]]);
  return shrink(old, current, replicas - maxUnavailable);
}

/** Takes from the old ReplicaSets, the oldest first, what is not ready, then what is ready and not needed. */
function shrink(old: readonly Workload[], current: Workload, readyMin: number): ReadonlyMap<Workload, number> {
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
  const total = replicasOf(current) + old.reduce((sum, set) => sum + replicasOf(set), 0);
  let spare = total - readyMin - (replicasOf(current) - readyOf(current));
  const take = (set: Workload, most: number): void => {
    const size = sizes.get(set) ?? 0;
    const count = Math.max(0, Math.min(spare, most, size));
    spare -= count;
    sizes.set(set, size - count);
  };
  for (const set of old) take(set, replicasOf(set) - readyOf(set));
  for (const set of old) take(set, replicasOf(set));
  return sizes;
}

/** Ready pods of those that are wanted: a status from before a shrink counts no more than its result. */
function readyOf(set: Workload): number {
  return Math.min(set.status?.readyReplicas ?? 0, replicasOf(set));
}

/** All pods that are there, those that are ending included. */
function podsOf({ status = {} }: Workload): number {
  return (status.replicas ?? 0) + (status.terminatingReplicas ?? 0);
}

/** Defaults and rounding are the API's; both cannot be zero, or nothing would ever move. */
function limitsOf(deployment: Workload): { maxSurge: number; maxUnavailable: number } {
  const replicas = replicasOf(deployment);
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = toPods(maxSurge, replicas, Math.ceil);
  const unavailable = toPods(maxUnavailable, replicas, Math.floor);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
