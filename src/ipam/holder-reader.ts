/**
 * Reads who holds addresses: the pod, its endpoint, its node and its owner, straight from the API server.
 *
 * The order matters. The endpoint is read after the pod, so that what a pod has been given before it had a network is in it; a
 * virtual machine's launcher is looked for last, since its endpoint bears the machine's name and not the pod's.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { Node } from "../api/node.ts";
import type { Pod } from "../api/pod.ts";
import { nodes, pods, spiderEndpoints } from "../api/resources.ts";
import type { Cluster, KubeObject } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import type { KubevirtPresence } from "./kubevirt-presence.ts";
import type { Holding } from "./leaks.ts";
import { needsNode, type PodEndSettings } from "./pod-end.ts";
import { virtualMachineInstances } from "./static-holder.ts";

/** Who a record or an endpoint says has addresses. */
export interface Holder {
  readonly namespace: string;
  /** Of the pod, and of the endpoint; a virtual machine's name stands for its pods' names. */
  readonly name: string;
  /** Of the pod. */
  readonly podUid: string;
}

export interface HolderReaderOptions {
  readonly cluster: Cluster;
  readonly settings: PodEndSettings & { readonly enableKubevirt: boolean };
  /** Whether there may be virtual machines at all. */
  readonly kubevirt: Pick<KubevirtPresence, "isServed">;
  /** Tells, by the API server's word, whether an endpoint outlives its pods and its owner still wants the addresses. */
  keepsAddresses(endpoint: SpiderEndpoint): Promise<boolean>;
}

/** On every pod that runs a KubeVirt virtual machine. */
const launcherSelector = "kubevirt.io=virt-launcher";

/**
 * Reads all that decides about a holder's addresses, past every cache.
 *
 * @param now milliseconds since the epoch
 * @throws {ApiError | UnknownOutcome} If anything that matters cannot be read: then nothing may be released.
 */
export async function readHolder(options: HolderReaderOptions, holder: Holder, now: number): Promise<Holding> {
  const { cluster, settings, keepsAddresses } = options;
  const { namespace, name, podUid } = holder;
  const ref = { namespace, name };
  const named = await find<Pod>(cluster, pods, ref);
  const endpoint = await find<SpiderEndpoint>(cluster, spiderEndpoints, ref);
  const isMachine = !named && settings.enableKubevirt && (await mayBeMachine(endpoint, options));
  const pod = isMachine ? await findLauncher(cluster, holder) : named;
  const nodeName = pod?.spec?.nodeName;
  const isNodeNeeded = nodeName !== undefined && needsNode({ podUid, pod }, settings, now);
  const node = isNodeNeeded ? await find<Node>(cluster, nodes, { name: nodeName }) : undefined;
  const ownerWaits = endpoint !== undefined && (await keepsAddresses(endpoint));
  return { podUid, pod, endpoint, node, ownerWaits };
}

/** Of most that is gone there is no endpoint either, and a list for each of them would be a load in clusters without KubeVirt. */
async function mayBeMachine(endpoint: SpiderEndpoint | undefined, { kubevirt }: HolderReaderOptions): Promise<boolean> {
  if (endpoint) return endpoint.status?.ownerControllerType === virtualMachineInstances.kind;
  return kubevirt.isServed();
}

/** A record of a virtual machine names the machine; which pod runs it, only the UID tells. */
async function findLauncher(cluster: Cluster, { namespace, podUid }: Holder): Promise<Pod | undefined> {
  const options = { namespace, labelSelector: launcherSelector, metadataOnly: true };
  const { items } = await cluster.list<KubeObject>(pods, options);
  const launcher = items.find(({ metadata }) => metadata.uid === podUid);
  return launcher && find<Pod>(cluster, pods, { namespace, name: launcher.metadata.name });
}
