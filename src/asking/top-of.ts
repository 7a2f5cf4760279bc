/**
 * Which application a pod of a snapshot belongs to in the end; as the agent climbs (`src/ipam/top-controller.ts`), without a request.
 * @module
 */

import type { Application } from "../api/application.ts";
import { controllerOf } from "../api/controller-reference.ts";
import type { Pod } from "../api/pod.ts";
import { cronJobs, deployments, jobs, replicaSets } from "../api/resources.ts";
import { apiVersionOf } from "../cluster/cluster.ts";
import { workloadKey } from "../observe/workload.ts";
import type { Snapshot } from "./snapshot.ts";

const STEPS = [
  [replicaSets, deployments],
  [jobs, cronJobs],
] as const;

/** Returns the controller at the top; the pod itself (`v1`, `Pod`) where it has none. */
export function topOf(snapshot: Snapshot, { metadata }: Pod): Application {
  const { namespace = "", name, uid = "", ownerReferences } = metadata;
  const controller = controllerOf(ownerReferences);
  if (!controller) return { apiVersion: "v1", kind: "Pod", namespace, name, uid };
  const step = STEPS.find(([resource]) => isOf(controller, resource));
  const above = step && snapshot.controllers.get(workloadKey({ ...controller, namespace }));
  const top = above && step && isOf(above, step[1]) ? above : controller;
  return { apiVersion: top.apiVersion, kind: top.kind, namespace, name: top.name, uid: top.uid };
}

function isOf(
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  resource: (typeof STEPS)[number][number],
): boolean {
  return kind === resource.kind && apiVersion === apiVersionOf(resource);
}
