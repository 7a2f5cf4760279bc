/**
 * Applications of the six native kinds and of OpenKruise as manifests, and how each kind is made larger or smaller.
 *
 * No pod of theirs is ever scheduled, so that nothing but the API server has to let it go.
 * @module
 */

import { cronJobs, daemonSets, deployments, jobs, replicaSets, statefulSets } from "../../src/api/resources.ts";
import type { Cluster, KubeObject, ObjectRef, Resource } from "../../src/cluster/cluster.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { eventually } from "./eventually.ts";
import { removeObject } from "./real.ts";

/** Subnets of one NIC, as in the annotation. */
export interface NicSubnets {
  readonly interface?: string;
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
}

/** What the annotations of a pod template ask for; each member is one annotation. */
export interface Asking {
  readonly subnet?: NicSubnets | string;
  readonly subnets?: readonly NicSubnets[];
  readonly number?: string;
  readonly reclaim?: string;
}

/** Returns the annotations; a string instead of an object stands there as it is. */
export function annotationsOf({ subnet, subnets, number, reclaim }: Asking): Record<string, string> {
  return {
    ...(subnet === undefined
      ? {}
      : { "ipam.spidernet.io/subnet": typeof subnet === "string" ? subnet : JSON.stringify(subnet) }),
    ...(subnets === undefined ? {} : { "ipam.spidernet.io/subnets": JSON.stringify(subnets) }),
    ...(number === undefined ? {} : { "ipam.spidernet.io/ippool-ip-number": number }),
    ...(reclaim === undefined ? {} : { "ipam.spidernet.io/ippool-reclaim": reclaim }),
  };
}

export interface Manifest extends KubeObject {
  spec: Record<string, unknown>;
}

interface ScheduledSet extends KubeObject {
  status?: { desiredNumberScheduled?: number };
}

/** How tests use one kind of workload. */
export interface KindOfWorkload {
  readonly resource: Resource;
  manifest(ref: Required<ObjectRef>, asking: Asking, pods: number): Manifest;
  /** Makes it want so many pods. */
  scale(cluster: Cluster, ref: Required<ObjectRef>, pods: number): Promise<unknown>;
}

const nodes: Resource = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };
/** Label of the nodes that a namespace's DaemonSets select. */
const nodeLabel = "autopool.test/namespace";
/** Label of all nodes that were made for a namespace. */
const madeFor = "autopool.test/made-for";

const nobody = "autopool.test/nobody";

function template(app: string, asking: Asking, more: object = {}): object {
  const containers = [{ name: "main", image: "registry.invalid/pause" }];
  return {
    metadata: { labels: { app }, annotations: annotationsOf(asking) },
    spec: { schedulerName: nobody, terminationGracePeriodSeconds: 0, containers, ...more },
  };
}

/** Label values end at 63 characters, names do not. */
const appLabel = ({ name }: ObjectRef): string => name.slice(0, 40).replace(/-+$/, "");
const selecting = (app: string): object => ({ selector: { matchLabels: { app } } });
const scaleReplicas =
  (resource: Resource) =>
  (cluster: Cluster, ref: ObjectRef, replicas: number): Promise<unknown> =>
    cluster.patch(resource, ref, { spec: { replicas } });

function replicated(resource: Resource, more: object = {}): KindOfWorkload {
  return {
    resource,
    manifest: (ref, asking, replicas) => {
      const app = appLabel(ref);
      return { metadata: ref, spec: { replicas, ...selecting(app), template: template(app, asking), ...more } };
    },
    scale: scaleReplicas(resource),
  };
}

const jobSpec = (app: string, asking: Asking, parallelism: number): object => ({
  parallelism,
  template: template(app, asking, { restartPolicy: "Never" }),
});

export const nativeWorkloads: readonly KindOfWorkload[] = [
  replicated(deployments),
  replicated(replicaSets),
  replicated(statefulSets, { serviceName: "none" }),
  {
    resource: daemonSets,
    manifest: (ref, asking) => {
      const app = appLabel(ref);
      const placed = { nodeSelector: { [nodeLabel]: ref.namespace }, tolerations: [{ operator: "Exists" }] };
      return { metadata: ref, spec: { ...selecting(app), template: template(app, asking, placed) } };
    },
    scale: async (cluster, ref, pods) => {
      await haveNodes(cluster, ref.namespace, pods);
      let kick = 0;
      // Where no pod was ever scheduled, its controller does not notice that a node is no longer selected.
      await eventually(async () => {
        const annotations = { "autopool.test/look-again": `${kick++}` };
        const { status } = await cluster.patch<ScheduledSet>(daemonSets, ref, { metadata: { annotations } });
        if (status?.desiredNumberScheduled !== pods) throw new Error(`DaemonSet does not want ${pods} pods`);
      });
    },
  },
  {
    resource: jobs,
    manifest: (ref, asking, pods) => ({ metadata: ref, spec: { ...jobSpec(appLabel(ref), asking, pods) } }),
    scale: (cluster, ref, parallelism) => cluster.patch(jobs, ref, { spec: { parallelism } }),
  },
  {
    resource: cronJobs,
    manifest: (ref, asking, pods) => ({
      metadata: ref,
      spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: jobSpec(appLabel(ref), asking, pods) } },
    }),
    scale: (cluster, ref, parallelism) =>
      cluster.patch(cronJobs, ref, { spec: { jobTemplate: { spec: { parallelism } } } }),
  },
];

export const deployment = nativeWorkloads[0] as KindOfWorkload;
export const statefulSet = nativeWorkloads[2] as KindOfWorkload;
export const cloneSet = replicated(cloneSets);

/** Sees to it that so many Node objects are for a namespace, on which nothing but its DaemonSets wants to run. */
async function haveNodes(cluster: Cluster, namespace: string, count: number): Promise<void> {
  const { items } = await cluster.list(nodes, { labelSelector: `${madeFor}=${namespace}` });
  for (const [index, { metadata }] of items.entries()) {
    const labels = { [nodeLabel]: index < count ? namespace : null };
    await cluster.patch(nodes, { name: metadata.name }, { metadata: { labels } });
  }
  for (let index = items.length; index < count; index += 1) {
    const labels = { [madeFor]: namespace, [nodeLabel]: namespace };
    const taints = [{ key: "autopool.test/reserved", effect: "NoSchedule" }];
    const spec = { unschedulable: true, taints };
    await cluster.create<Manifest>(nodes, { metadata: { name: `${namespace}-${index}`, labels }, spec });
  }
}

/** Removes all Node objects that were made for a namespace. */
export async function removeNodes(cluster: Cluster, namespace: string): Promise<void> {
  const { items } = await cluster.list(nodes, { labelSelector: `${madeFor}=${namespace}` });
  for (const { metadata } of items) await removeObject(cluster, nodes, { name: metadata.name });
}
