/**
 * Pods that run nowhere: bound to Node objects without a kubelet, with a pool that has exactly one address for each of them.
 *
 * Their grace is zero, so that a deleted one is gone at once, as where its kubelet has let it go.
 * @module
 */

import { countOf, parseRanges } from "../src/address/range-set.ts";
import { type Allocation, parseAllocatedIPs } from "../src/api/allocated-ips.ts";
import type { SpiderEndpoint } from "../src/api/endpoint.ts";
import type { SpiderIPPool } from "../src/api/ippool.ts";
import { ANNOTATION, FINALIZER } from "../src/api/names.ts";
import { namespaces, nodes, pods, spiderEndpoints, spiderIPPools } from "../src/api/resources.ts";
import { sleep, systemClock } from "../src/clock.ts";
import { type Cluster, hasCode, type KubeObject } from "../src/cluster/cluster.ts";
import { inParallel } from "./load.ts";

/** A pod that is there. */
export interface BenchPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
}

const atOnce = 20;

export class PodField {
  readonly pool: string;
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #nodes: readonly string[];

  private constructor(cluster: Cluster, run: string, nodeNames: readonly string[]) {
    this.#cluster = cluster;
    this.#namespace = run;
    this.pool = run;
    this.#nodes = nodeNames;
  }

  /** Makes namespace, nodes and pool. */
  static async open(cluster: Cluster, run: string, nodeCount: number, size: number): Promise<PodField> {
    const names = Array.from({ length: nodeCount }, (_, i) => `${run}-${i}`);
    await cluster.create(namespaces, { metadata: { name: run } });
    for (const name of names) await cluster.create(nodes, { metadata: { name } });
    const spec = { ipVersion: 4 as const, subnet: "10.90.0.0/16", ips: [`10.90.0.1-${addressAt(size)}`] };
    const counted = Number(countOf(parseRanges(spec.ips, 4)));
    if (counted !== size) throw new Error(`Cannot make a pool of ${size} addresses: ${spec.ips} are ${counted}`);
    await cluster.create<SpiderIPPool>(spiderIPPools, { metadata: { name: run }, spec });
    return new PodField(cluster, run, names);
  }

  nodeAt(index: number): string {
    return this.#nodes[index % this.#nodes.length] as string;
  }

  /** Creates so many pods, which take turns with so many of the nodes. */
  async create(count: number, nodeCount: number, prefix: string): Promise<BenchPod[]> {
    const made: BenchPod[] = [];
    await inParallel(Array.from({ length: count }), atOnce, async (_, index) => {
      const [name, node] = [`${prefix}-${index}`, this.nodeAt(index % nodeCount)];
      const { metadata } = await this.#createPod(name, node);
      made[index] = { namespace: this.#namespace, name, uid: metadata.uid ?? "", node };
    });
    return made;
  }

  async delete(all: readonly BenchPod[]): Promise<void> {
    await inParallel(all, atOnce, ({ namespace, name }) => this.#cluster.delete(pods, { namespace, name }));
  }

  /** Who holds which address by the pool's records. */
  async records(): Promise<Map<string, Allocation>> {
    const { status } = await this.#cluster.get<SpiderIPPool>(spiderIPPools, { name: this.pool });
    const records = parseAllocatedIPs(status?.allocatedIPs);
    if ((status?.allocatedIPCount ?? 0) !== records.size) {
      throw new Error(`Cannot trust pool "${this.pool}": ${records.size} records, counted ${status?.allocatedIPCount}`);
    }
    return records;
  }

  async endpoints(): Promise<SpiderEndpoint[]> {
    return (await this.#cluster.list<SpiderEndpoint>(spiderEndpoints, { namespace: this.#namespace })).items;
  }

  async close(): Promise<void> {
    await this.#cluster.delete(spiderIPPools, { name: this.pool });
    for (const { metadata } of await this.endpoints()) {
      const ref = { namespace: this.#namespace, name: metadata.name };
      await this.#cluster.patch(spiderEndpoints, ref, { metadata: { finalizers: [] } });
    }
    for (const name of this.#nodes) await this.#cluster.delete(nodes, { name });
    await this.#cluster.delete(namespaces, { name: this.#namespace });
  }

  /** A new namespace has no service account yet, and no pod may be made without. */
  async #createPod(name: string, nodeName: string): Promise<KubeObject> {
    const annotations = { [ANNOTATION.pool]: JSON.stringify({ ipv4: [this.pool] }) };
    const pod = {
      metadata: { namespace: this.#namespace, name, annotations },
      spec: { nodeName, terminationGracePeriodSeconds: 0, containers: [{ name: "main", image: "none" }] },
    };
    for (;;) {
      try {
        return await this.#cluster.create<KubeObject>(pods, pod);
      } catch (error) {
        if (!hasCode(error, 403)) throw error;
        await sleep(systemClock, 50);
      }
    }
  }
}

/** Returns the endpoint that an agent writes for a pod that has the pool's n-th address, under another name. */
export function endpointOf(
  { namespace, name: podName, uid, node }: BenchPod,
  name: string,
  pool: string,
  n: number,
): SpiderEndpoint {
  const item = { interface: "eth0", ipv4: `${addressAt(n)}/16`, ipv4Pool: pool, vlan: 0, cleanGateway: false };
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: podName, uid }];
  return {
    metadata: { namespace, name, finalizers: [FINALIZER], ownerReferences },
    status: { current: { uid, node, ips: [item] }, ownerControllerType: "Pod", ownerControllerName: podName },
  };
}

function addressAt(n: number): string {
  return `10.90.${n >> 8}.${n & 255}`;
}
