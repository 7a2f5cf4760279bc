/**
 * Fills a snapshot from the API server: every kind once, page by page; and reads single objects again, past what was seen.
 *
 * The lists are of different moments, so what contradicts itself between two of them is a suspicion and not yet a fact.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { Pod } from "../api/pod.ts";
import {
  namespaces,
  nodes,
  pods,
  spiderEndpoints,
  spiderIPPools,
  spiderReservedIPs,
  spiderSubnets,
} from "../api/resources.ts";
import { type Cluster, hasCode, type KubeObject, type Resource } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { listPages } from "../cluster/paged-list.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { stripped } from "../cluster/stripped.ts";
import { isStaticEndpoint, keepsAddresses } from "../ipam/static-holder.ts";
import { nativeKinds } from "../observe/workload.ts";
import { type Place, Snapshot } from "./snapshot.ts";

/** What can be asked for; `workloads` are the six native kinds. */
export type Part = "subnets" | "pools" | "reserved" | "endpoints" | "pods" | "workloads" | "namespaces" | "nodes";

export const allParts: readonly Part[] = [
  "subnets",
  "pools",
  "reserved",
  "endpoints",
  "pods",
  "workloads",
  "namespaces",
  "nodes",
];

const resourcesOf: Readonly<Record<Part, readonly Resource[]>> = {
  subnets: [spiderSubnets],
  pools: [spiderIPPools],
  reserved: [spiderReservedIPs],
  endpoints: [spiderEndpoints],
  pods: [pods],
  workloads: nativeKinds.map(({ resource }) => resource),
  namespaces: [namespaces],
  nodes: [nodes],
};

/** Kinds without which most can still be said; the answer tells what it could not see. */
const dispensable: ReadonlySet<string> = new Set([
  ...resourcesOf.workloads.map(({ plural }) => plural),
  namespaces.plural,
  nodes.plural,
]);

const everyOwner = { enableStatefulSet: true, enableKubevirt: true };
/** Objects that are read again at the same time. */
const atOnce = 12;
const pageSize = 500;
/** A list that takes longer than the server remembers begins anew so often. */
const attemptsMax = 3;

/**
 * Reads all objects of these parts.
 * @throws {Error} If a kind without which nothing can be said cannot be read.
 */
export async function readSnapshot(cluster: Cluster, parts: readonly Part[], signal?: AbortSignal): Promise<Snapshot> {
  const snapshot = new Snapshot();
  const lists = await Promise.all(
    parts.flatMap((part) => resourcesOf[part]).map((resource) => readAll(cluster, resource, snapshot, signal)),
  );
  // Subnets before pools, for whose a pool is depends on its record.
  for (const put of lists) put();
  return snapshot;
}

/**
 * Reads these objects again and takes them in, or that they are gone; asks the owners of endpoints that outlive their pods, too.
 * @throws {ApiError | UnknownOutcome} If the server does not say how one of them is.
 */
export async function rereadPlaces(
  cluster: Cluster,
  snapshot: Snapshot,
  places: Iterable<Place>,
  signal?: AbortSignal,
): Promise<void> {
  const queue = [...places];
  const work = async (): Promise<void> => {
    for (let place = queue.pop(); place && !signal?.aborted; place = queue.pop())
      await reread(cluster, snapshot, place);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function reread(cluster: Cluster, snapshot: Snapshot, place: Place): Promise<void> {
  const { resource, ref } = place;
  const found = await find<KubeObject>(cluster, resource, ref, { metadataOnly: isMetadataEnough(resource) });
  if (!found) return snapshot.drop(place);
  snapshot.put(resource, kept(resource, found));
  if (resource !== spiderEndpoints) return;
  const endpoint = found as SpiderEndpoint;
  if (!isStaticEndpoint(endpoint, everyOwner)) return;
  snapshot.waits.set(storeKey(endpoint.metadata), await keepsAddresses(cluster, endpoint, everyOwner));
}

async function readAll(
  cluster: Cluster,
  resource: Resource,
  snapshot: Snapshot,
  signal: AbortSignal | undefined,
): Promise<() => void> {
  const options = { limit: pageSize, metadataOnly: isMetadataEnough(resource), ...(signal && { signal }) };
  for (let attempt = 1; ; attempt++) {
    const objects: KubeObject[] = [];
    try {
      for await (const { items } of listPages<KubeObject>(cluster, resource, options)) {
        for (const object of items) objects.push(kept(resource, object));
      }
      return () => {
        for (const object of objects) snapshot.put(resource, object);
      };
    } catch (error) {
      if (hasCode(error, 410) && attempt < attemptsMax) continue;
      if (!hasCode(error, 403, 404) || !dispensable.has(resource.plural)) throw explained(resource, error);
      return () => void snapshot.unread.set(resource.plural, (error as Error).message);
    }
  }
}

function isMetadataEnough({ plural }: Resource): boolean {
  return plural === namespaces.plural;
}

/** Of a cluster's many pods only what answers rest on is kept. */
function kept(resource: Resource, object: KubeObject): KubeObject {
  return resource === pods ? reducedPod(stripped(object)) : stripped(object);
}

function reducedPod(pod: Pod): Pod {
  const { nodeName, hostNetwork, restartPolicy, terminationGracePeriodSeconds } = pod.spec ?? {};
  const spec = {
    ...(nodeName !== undefined && { nodeName }),
    ...(hostNetwork !== undefined && { hostNetwork }),
    ...(restartPolicy !== undefined && { restartPolicy }),
    ...(terminationGracePeriodSeconds !== undefined && { terminationGracePeriodSeconds }),
  };
  return { metadata: pod.metadata, spec, ...(pod.status && { status: pod.status }) };
}

function explained(resource: Resource, error: unknown): unknown {
  if (hasCode(error, 404)) {
    const text = `Cannot list ${resource.kind}s: the API server does not know this kind; install autopool's kinds with "kubectl apply --server-side -f crds/"`;
    return new Error(text, { cause: error });
  }
  if (hasCode(error, 403)) {
    const text = `Cannot list ${resource.kind}s: ${error.message}; whoever asks needs "get" and "list" on ${resource.plural}`;
    return new Error(text, { cause: error });
  }
  return error;
}
