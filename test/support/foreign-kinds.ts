/**
 * Kinds that own pods and that are not followed: OpenKruise's, ReplicationControllers, and KubeVirt's machines with stand-ins for their definitions.
 * @module
 */

import { customResourceDefinitions } from "../../src/api/resources.ts";
import { apiVersionOf, type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { virtualMachineInstances, virtualMachines } from "../../src/ipam/static-holder.ts";
import { eventually } from "./eventually.ts";
import { removeObject } from "./real.ts";

const kruise = (plural: string, kind: string, version: string): Resource => ({
  group: "apps.kruise.io",
  version,
  plural,
  kind,
  namespaced: true,
});

/** Those that the shipped roles know. */
export const foreignKinds: readonly { readonly apiVersion: string; readonly resource: Resource }[] = [
  kruise("clonesets", "CloneSet", "v1alpha1"),
  kruise("statefulsets", "StatefulSet", "v1beta1"),
  kruise("daemonsets", "DaemonSet", "v1alpha1"),
  kruise("broadcastjobs", "BroadcastJob", "v1alpha1"),
  virtualMachineInstances,
  { group: "", version: "v1", plural: "replicationcontrollers", kind: "ReplicationController", namespaced: true },
].map((resource) => ({ apiVersion: apiVersionOf(resource), resource }));

const machines = [virtualMachineInstances, virtualMachines];
const nameOf = ({ plural, group }: Resource): string => `${plural}.${group}`;

/** Defines KubeVirt's machines, with nothing known of what is in them. */
export async function defineMachines(cluster: Cluster): Promise<void> {
  for (const resource of machines) {
    const { group, version, plural, kind } = resource;
    const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const versions = [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }];
    const spec = { group, scope: "Namespaced", names: { plural, kind }, versions };
    const definition: KubeObject & { spec: object } = { metadata: { name: nameOf(resource) }, spec };
    await cluster.create(customResourceDefinitions, definition).catch((error: unknown) => {
      if (!hasCode(error, 409)) throw error;
    });
    await eventually(async () => {
      if (!(await cluster.resolve(apiVersionOf(resource), kind))) throw new Error(`${kind} is not served`);
    });
  }
}

/** Removes them again. */
export async function forgetMachines(cluster: Cluster): Promise<void> {
  for (const resource of machines) await removeObject(cluster, customResourceDefinitions, { name: nameOf(resource) });
}
