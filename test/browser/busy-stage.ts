/**
 * A cluster in memory with enough going on for each part of the page: applications of all kinds, subnets of all sizes, one of them
 * nearly full, wishes that cannot be granted, and text that would like to be markup.
 * @module
 */

import { ANNOTATION } from "../../src/api/names.ts";
import { deployments, namespaces, spiderReservedIPs, spiderSubnets, statefulSets } from "../../src/api/resources.ts";
import type { Cluster, Resource } from "../../src/cluster/cluster.ts";
import { Stage } from "../../src/commands/demo-stage.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import type { Workload } from "../../src/simulation/workload.ts";

/** What must be shown as it is written. */
export const HOSTILE = '<img src=x onerror="document.title=`taken`">';

interface App {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly subnet: string;
  readonly number?: string;
  readonly reclaim?: "false";
  readonly resource?: Resource;
}

const both = '{"ipv4": ["office-v4"], "ipv6": ["backbone-v6"]}';
const office = '{"ipv4": ["office-v4"]}';
const dmz = '{"ipv4": ["dmz-v4"]}';

const apps: readonly App[] = [
  { namespace: "shop", name: "web", replicas: 6, subnet: both },
  { namespace: "shop", name: "checkout", replicas: 4, subnet: office, number: "+2" },
  { namespace: "shop", name: "search", replicas: 9, subnet: office },
  { namespace: "shop", name: "recommendations", replicas: 3, subnet: both },
  { namespace: "shop", name: "images", replicas: 5, subnet: office, reclaim: "false" },
  { namespace: "shop", name: "campaign", replicas: 2, subnet: both },
  { namespace: "payments", name: "ledger", replicas: 3, subnet: office, resource: statefulSets },
  { namespace: "payments", name: "gateway", replicas: 4, subnet: dmz },
  { namespace: "payments", name: "fraud", replicas: 7, subnet: office },
  { namespace: "payments", name: "reports", replicas: 2, subnet: office, reclaim: "false" },
  { namespace: "data", name: "kafka", replicas: 5, subnet: both, resource: statefulSets },
  { namespace: "data", name: "postgres", replicas: 3, subnet: office, number: "6", resource: statefulSets },
  { namespace: "data", name: "etl", replicas: 8, subnet: office },
  { namespace: "edge", name: "ingress", replicas: 8, subnet: dmz, number: "+4", resource: cloneSets },
  { namespace: "edge", name: "cache", replicas: 6, subnet: both, number: "8", resource: cloneSets },
  { namespace: "edge", name: "dns", replicas: 4, subnet: dmz, number: "4", resource: cloneSets },
  { namespace: "edge", name: "relay", replicas: 12, subnet: dmz },
];

const subnets = [
  { name: "office-v4", subnet: "10.20.0.0/16", ips: ["10.20.4.0-10.20.4.255"] },
  { name: "dmz-v4", subnet: "192.0.2.0/24", ips: ["192.0.2.10-192.0.2.35"] },
  { name: "lab-v4", subnet: "10.99.0.0/16", ips: ["10.99.0.1-10.99.255.254"] },
  { name: "backbone-v6", subnet: "fd00:20::/64", ips: ["fd00:20::1-fd00:20::ffff:ffff:ffff"] },
];

/** Opens the stage and lets it all happen; its page can be served. `hasHostile`: one user would rather break it. */
export async function openBusyStage({ hasHostile = true } = {}): Promise<Stage> {
  const stage = await Stage.open({ isServed: true });
  const perform = (act: (user: Cluster) => Promise<unknown>): Promise<void> =>
    stage.perform({ heading: "", command: "", act });
  await perform(async (user) => {
    for (const name of new Set(apps.map(({ namespace }) => namespace)))
      await user.create(namespaces, { metadata: { name } });
    for (const { name, ...spec } of subnets)
      await user.create(spiderSubnets, { metadata: { name }, spec } as Workload & object);
    const reserved = {
      metadata: { name: "routers" },
      spec: { ips: ["10.20.4.0-10.20.4.7", "10.20.4.250-10.20.4.255"] },
    };
    await user.create(spiderReservedIPs, reserved);
  });
  for (const app of apps) await perform((user) => create(user, app));
  await perform(async (user) => {
    const scale = (resource: Resource, namespace: string, name: string, replicas: number): Promise<unknown> =>
      user.patch(resource, { namespace, name }, { spec: { replicas } });
    await scale(deployments, "shop", "web", 11);
    await scale(deployments, "data", "etl", 5);
    await scale(cloneSets, "edge", "cache", 10);
    await scale(deployments, "payments", "gateway", 9);
    const remove = (resource: Resource, namespace: string, name: string): Promise<void> =>
      user.delete(resource, { namespace, name }, { propagationPolicy: "Background" });
    await remove(deployments, "shop", "images");
    await remove(deployments, "payments", "reports");
    await remove(deployments, "shop", "campaign");
    await remove(cloneSets, "edge", "dns");
    if (!hasHostile) return;
    await create(user, { namespace: "shop", name: "hostile", replicas: 1, subnet: office, number: HOSTILE });
  });
  return stage;
}

/** Creates an application, as a user would. */
export function create(
  user: Cluster,
  { namespace, name, replicas, subnet, number, reclaim, resource = deployments }: App,
): Promise<unknown> {
  const labels = { app: name };
  const annotations = {
    [ANNOTATION.subnet]: subnet,
    ...(number !== undefined && { [ANNOTATION.ipNumber]: number }),
    ...(reclaim !== undefined && { [ANNOTATION.reclaim]: reclaim }),
  };
  const workload: Workload = {
    metadata: { namespace, name, labels },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels, annotations } } },
  };
  return user.create(resource, workload);
}
