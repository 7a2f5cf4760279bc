/**
 * Who keeps addresses when a pod ends: StatefulSets for their ordinals, KubeVirt for its virtual machines (ipam §3.2, §3.4).
 *
 * The next pod of such an owner has the same name, or for a virtual machine another one but the same endpoint. Every other
 * controller's pods are stateless, those of StatefulSets of other API groups included (ipam §8, B15).
 * @module
 */

import type { Application } from "../api/application.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import { statefulSets } from "../api/resources.ts";
import type { Cluster, KubeObject, ObjectRef, Resource } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import type { IpamSettings } from "./settings.ts";

/** Which owners keep addresses. */
export type StaticSettings = Pick<IpamSettings, "enableStatefulSet" | "enableKubevirt">;

/** The members that decide. */
interface StatefulSet extends KubeObject {
  readonly spec?: { readonly replicas?: number | null; readonly ordinals?: { readonly start?: number } | null };
}

const kubevirt = { group: "kubevirt.io", version: "v1", namespaced: true } as const;

/** A machine that runs; its pods' controller. */
export const virtualMachineInstances: Resource = {
  ...kubevirt,
  plural: "virtualmachineinstances",
  kind: "VirtualMachineInstance",
};
/** A machine whether it runs or not; the one that runs has its name. */
export const virtualMachines: Resource = { ...kubevirt, plural: "virtualmachines", kind: "VirtualMachine" };

/** Tells whether a pod's controller is a KubeVirt machine whose addresses stay with it. */
export function isVirtualMachine({ apiVersion, kind }: Application, settings: StaticSettings): boolean {
  return settings.enableKubevirt && kind === virtualMachineInstances.kind && apiVersion === "kubevirt.io/v1";
}

/** Tells whether the pods of this controller keep their addresses. */
export function isStaticController(top: Application, settings: StaticSettings): boolean {
  const isStatefulSet = top.kind === statefulSets.kind && top.apiVersion === "apps/v1";
  return (settings.enableStatefulSet && isStatefulSet) || isVirtualMachine(top, settings);
}

/** Tells whether an endpoint outlives its pods: only of those that do not, a pod is the owner. */
export function isStaticEndpoint({ metadata, status }: SpiderEndpoint, settings: StaticSettings): boolean {
  if (metadata.ownerReferences?.length) return false;
  if (status?.ownerControllerType === statefulSets.kind) return settings.enableStatefulSet;
  return settings.enableKubevirt && status?.ownerControllerType === virtualMachineInstances.kind;
}

/**
 * Tells whether the owner of an endpoint's addresses still wants them, by the API server's word at this moment.
 *
 * An owner that is being deleted wants them no more: it starts no pod (in the reference a StatefulSet that waits for its pods to
 * go counts until the next full scan, ipam §8, B18). The owner's UID is nowhere recorded, so one that has been made anew
 * with the same name takes the addresses over.
 * @throws {ApiError | UnknownOutcome} If the owner cannot be read: then nothing may be released.
 */
export async function keepsAddresses(
  cluster: Cluster,
  endpoint: SpiderEndpoint,
  settings: StaticSettings,
): Promise<boolean> {
  if (!isStaticEndpoint(endpoint, settings)) return false;
  const { namespace = "", name } = endpoint.metadata;
  if (endpoint.status?.ownerControllerType === statefulSets.kind) return hasOrdinal(cluster, namespace, name);
  return (
    (await findStanding(cluster, virtualMachineInstances, { namespace, name })) !== undefined ||
    (await findStanding(cluster, virtualMachines, { namespace, name })) !== undefined
  );
}

async function hasOrdinal(cluster: Cluster, namespace: string, podName: string): Promise<boolean> {
  const [, name, digits] = /^(.+)-(0|[1-9]\d{0,9})$/.exec(podName) ?? [];
  if (name === undefined) return false;
  const owner = await findStanding<StatefulSet>(cluster, statefulSets, { namespace, name });
  if (owner === undefined) return false;
  const start = owner.spec?.ordinals?.start ?? 0;
  const ordinal = Number(digits);
  return start <= ordinal && ordinal < start + (owner.spec?.replicas ?? 1);
}

/** What is not there counts like what is about to go; a kind that is not served has no objects. */
async function findStanding<T extends KubeObject>(
  cluster: Cluster,
  resource: Resource,
  ref: ObjectRef,
): Promise<T | undefined> {
  const object = await find<T>(cluster, resource, ref);
  return object?.metadata.deletionTimestamp === undefined ? object : undefined;
}
