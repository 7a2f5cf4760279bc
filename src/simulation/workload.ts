/**
 * What the simulated workload kinds have in common: their shape, their replicas, and numbers given as percentages.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods } from "../api/resources.ts";
import type { KubeObject, Resource } from "../cluster/cluster.ts";
import type { World } from "./controller.ts";
import { isActive, isReady, type PodTemplate, podFor, randomSuffix } from "./pod.ts";

/** A number of pods, or a percentage of the replicas such as "25%". */
export type Quantity = number | string;

/** The members of Deployment, ReplicaSet, StatefulSet and CloneSet that the simulation reads. */
export interface Workload extends KubeObject {
  spec: {
    replicas?: number;
    selector?: object;
    template: PodTemplate;
    /** Of a Deployment. */
    strategy?: { type?: string; rollingUpdate?: { maxSurge?: Quantity; maxUnavailable?: Quantity } };
    /** Of a StatefulSet or a CloneSet. */
    updateStrategy?: { type?: string; maxUnavailable?: Quantity };
  };
  status?: { replicas?: number; readyReplicas?: number; terminatingReplicas?: number };
}

export function replicasOf(workload: Workload): number {
  return workload.spec.replicas ?? 1;
}

/** Returns a quantity in pods, a fraction of one rounded as said. */
export function toPods(quantity: Quantity, replicas: number, round: (value: number) => number): number {
  if (typeof quantity === "number") return quantity;
  return round((Number.parseFloat(quantity) * replicas) / 100);
}

/**
 * Creates the pods that are missing and deletes those that are too many, for controllers whose pods are all alike.
 *
 * Of too many the youngest go first, and those before that are not ready.
 */
export async function keepReplicas(
  world: World,
  owner: { readonly resource: Resource; readonly object: Workload },
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const { object } = owner;
  const wanted = replicasOf(object);
  const active = world.owned<Pod>(pods, object).filter(isActive);
  for (let count = active.length; count < wanted; count += 1) {
    const name = `${object.metadata.name}-${randomSuffix(world.random)}`;
    await world.create(pods, podFor(owner, { name, template: object.spec.template, labels }));
  }
  const leaving = active.toReversed().sort((a, b) => Number(isReady(a)) - Number(isReady(b)));
  for (const pod of leaving.slice(0, Math.max(0, active.length - wanted))) await world.delete(pods, pod);
}

/** Writes how many pods an object has into its status. */
export async function countReplicas(
  world: World,
  { resource, object }: { readonly resource: Resource; readonly object: Workload },
  owned: readonly Pod[],
): Promise<void> {
  await world.setStatus(resource, object, {
    observedGeneration: object.metadata.generation ?? 0,
    replicas: owned.filter(isActive).length,
    readyReplicas: owned.filter(isReady).length,
    terminatingReplicas: owned.filter((pod) => !isActive(pod)).length,
  });
}
