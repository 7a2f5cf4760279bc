/**
 * Objects as users write them: subnets, workloads of every kind, pods of other controllers, reserved addresses.
 * @module
 */

import { formatAllocatedIPs, parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import { ANNOTATION, API_VERSION } from "../../src/api/names.ts";
import {
  cronJobs,
  daemonSets,
  deployments,
  jobs,
  replicaSets,
  spiderIPPools,
  spiderSubnets,
  statefulSets,
} from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { Cluster, KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";

/** The six kinds whose pools follow them. */
export const nativeResources: readonly Resource[] = [
  deployments,
  replicaSets,
  statefulSets,
  daemonSets,
  jobs,
  cronJobs,
];

/** Namespace of all that is made here. */
export const NAMESPACE = "default";

export type Annotations = Readonly<Record<string, string>>;

/** What is asked for on one NIC. */
export interface Nic {
  readonly interface: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** What the annotations of a pod template say. */
export interface Wish {
  readonly nics: readonly Nic[];
  /** `5`, `+5`, or absent. */
  readonly number?: string | undefined;
  readonly reclaim?: boolean | undefined;
}

/** Returns the annotations for a wish: `subnet` for a lone eth0, else `subnets`. */
export function annotationsOf({ nics, number, reclaim }: Wish): Annotations {
  const items = nics.map(({ interface: nic, ipv4, ipv6 }) => ({
    interface: nic,
    ...(ipv4 === undefined ? {} : { ipv4: [ipv4] }),
    ...(ipv6 === undefined ? {} : { ipv6: [ipv6] }),
  }));
  const { interface: only, ...families } = items[0] ?? { interface: "" };
  return {
    ...(items.length === 1 && only === "eth0"
      ? { [ANNOTATION.subnet]: JSON.stringify(families) }
      : { [ANNOTATION.subnets]: JSON.stringify(items) }),
    ...(number === undefined ? {} : { [ANNOTATION.ipNumber]: number }),
    ...(reclaim === undefined ? {} : { [ANNOTATION.reclaim]: String(reclaim) }),
  };
}

/** Returns a subnet. */
export function subnet(name: string, cidr: string, ips: readonly string[], excludeIPs?: string[]): SpiderSubnet {
  const spec = { subnet: cidr, ips: [...ips], ...(excludeIPs && { excludeIPs }) };
  return { apiVersion: API_VERSION, kind: spiderSubnets.kind, metadata: { name }, spec };
}

/** Returns a manual pool. */
export function manualPool(
  name: string,
  cidr: string,
  ips: readonly string[],
  more: Partial<SpiderIPPoolSpec> = {},
): SpiderIPPool {
  const spec = { subnet: cidr, ips: [...ips], ...more };
  return { apiVersion: API_VERSION, kind: spiderIPPools.kind, metadata: { name }, spec };
}

/** Returns the spec of a workload of that kind. */
function specOf({ kind }: Resource, replicas: number, annotations: Annotations): object {
  const template = { metadata: { annotations }, spec: {} };
  switch (kind) {
    case "DaemonSet":
      return { template };
    case "Job":
      return { parallelism: replicas, template };
    case "CronJob":
      return { jobTemplate: { spec: { parallelism: replicas, template } } };
    default:
      return { replicas, template };
  }
}

/** Creates a workload of a native kind; a DaemonSet's pods are counted by its status. */
export async function createWorkload(
  user: Cluster,
  resource: Resource,
  name: string,
  replicas: number,
  annotations: Annotations,
): Promise<KubeObject> {
  const apiVersion = `${resource.group}/${resource.version}`;
  const metadata = { name, namespace: NAMESPACE };
  const object = { apiVersion, kind: resource.kind, metadata, spec: specOf(resource, replicas, annotations) };
  const created = await user.create<KubeObject>(resource, object as KubeObject);
  if (resource === daemonSets) await scaleWorkload(user, resource, name, replicas);
  return created;
}

/** Changes how many pods a workload wants. */
export async function scaleWorkload(user: Cluster, resource: Resource, name: string, replicas: number): Promise<void> {
  const ref = { namespace: NAMESPACE, name };
  if (resource === daemonSets) {
    const status = { desiredNumberScheduled: replicas, observedGeneration: 1 };
    await user.patch(resource, ref, { status }, { subresource: "status" });
    return;
  }
  const spec =
    resource === cronJobs
      ? { jobTemplate: { spec: { parallelism: replicas } } }
      : resource === jobs
        ? { parallelism: replicas }
        : { replicas };
  await user.patch(resource, ref, { spec });
}

/** Gives a workload's pod template exactly these annotations. */
export async function annotateWorkload(
  user: Cluster,
  resource: Resource,
  name: string,
  annotations: Annotations,
): Promise<void> {
  const none = Object.fromEntries(Object.values(ANNOTATION).map((key) => [key, null]));
  const template = { metadata: { annotations: { ...none, ...annotations } } };
  const spec = resource === cronJobs ? { jobTemplate: { spec: { template } } } : { template };
  await user.patch(resource, { namespace: NAMESPACE, name }, { spec });
}

/** Returns a CloneSet; autopool reads nothing of it but that it exists. */
export function cloneSet(name: string): KubeObject {
  const metadata = { name, namespace: NAMESPACE };
  return { apiVersion: `${cloneSets.group}/${cloneSets.version}`, kind: cloneSets.kind, metadata };
}

/** Returns a pod of a CloneSet. */
export function podOf(owner: KubeObject, name: string, annotations: Annotations): KubeObject {
  const { apiVersion = "", kind = "", metadata } = owner;
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "", controller: true };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, annotations: { ...annotations }, ownerReferences: [reference] },
  };
}

/** Writes who holds which address of a pool, as those who hand out addresses do: conditional on the version. */
export async function allocate(user: Cluster, pool: SpiderIPPool, addresses: readonly string[]): Promise<void> {
  const holders = parseAllocatedIPs(pool.status?.allocatedIPs);
  const kept = new Map(
    addresses.map((ip) => [ip, holders.get(ip) ?? { pod: `${NAMESPACE}/pod`, podUid: `uid-${ip}` }]),
  );
  const status = { allocatedIPs: formatAllocatedIPs(kept) ?? null, allocatedIPCount: kept.size };
  const { name, resourceVersion } = pool.metadata;
  await user.patch(spiderIPPools, { name }, { metadata: { resourceVersion }, status }, { subresource: "status" });
}

/** Addresses of a pool that are in use. */
export function inUseOf(pool: SpiderIPPool): string[] {
  return [...parseAllocatedIPs(pool.status?.allocatedIPs).keys()];
}
