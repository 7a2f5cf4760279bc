/**
 * One test's place for pods that run nowhere: a namespace, Node objects without a kubelet, pools that no other test has.
 *
 * Pods are bound to their node from the start, and their grace is zero, so that a deleted one is gone at once, as where its kubelet
 * has let it go.
 * @module
 */

import * as assert from "uvu/assert";
import type { Family } from "../../src/address/address.ts";
import { parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { nodes, pods, spiderEndpoints, spiderIPPools, statefulSets } from "../../src/api/resources.ts";
import {
  type Cluster,
  hasCode,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from "../../src/cluster/cluster.ts";
import { bare } from "./agent-caller.ts";
import { eventually } from "./eventually.ts";
import { freshSpec } from "./place.ts";
import { freshNamespace, namespaces, removeObject } from "./real.ts";

export interface PodWish {
  /** Values are made JSON unless they are strings. */
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: OwnerReference;
  readonly node?: string;
  readonly graceSeconds?: number;
}

const prefix = "ipam.spidernet.io/";

export class PodPlace {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Names of Node objects. */
  readonly nodes: readonly string[];
  readonly #pools: string[] = [];

  private constructor(cluster: Cluster, namespace: string, nodeNames: readonly string[]) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.nodes = nodeNames;
  }

  static async open(cluster: Cluster, nodeCount = 1): Promise<PodPlace> {
    const { name } = await freshNamespace(cluster, "pods");
    const names = Array.from({ length: nodeCount }, (_, i) => `${name}-${i}`);
    for (const node of names) await cluster.create(nodes, { metadata: { name: node } });
    return new PodPlace(cluster, name, names);
  }

  get node(): string {
    return this.nodes[0] ?? "";
  }

  /** Creates a pool of so many addresses; what is given goes into its spec. Returns its name. */
  async pool(count: number, more: Partial<SpiderIPPoolSpec> = {}, family: Family = 4): Promise<string> {
    const name = `${this.namespace}-p${this.#pools.length}`;
    this.#pools.push(name);
    const spec = { ...freshSpec(family, count), ...more };
    await this.cluster.create<SpiderIPPool>(spiderIPPools, { metadata: { name }, spec });
    return name;
  }

  /** Creates a pod; the annotations' names have no prefix. */
  async pod(name: string, wish: PodWish = {}): Promise<Pod> {
    const { labels = {}, owner, graceSeconds = 0 } = wish;
    const annotations = prefixed(wish.annotations ?? {});
    const ownerReferences = owner ? [owner] : [];
    const metadata = { namespace: this.namespace, name, annotations, labels: { ...labels }, ownerReferences };
    const containers = [{ name: "main", image: "registry.invalid/pause" }];
    const nodeName = wish.node ?? this.node;
    const spec = { nodeName, terminationGracePeriodSeconds: graceSeconds, containers };
    // The namespace's service account comes a moment later.
    return eventually(() => this.cluster.create<Pod>(pods, { metadata, spec }));
  }

  /** Creates a StatefulSet whose pods run on the place's first node. */
  async statefulSet(
    name: string,
    replicas: number,
    annotations: Readonly<Record<string, unknown>>,
  ): Promise<KubeObject> {
    const labels = { app: name };
    const containers = [{ name: "main", image: "registry.invalid/pause" }];
    const template = {
      metadata: { labels, annotations: prefixed(annotations) },
      spec: { nodeName: this.node, terminationGracePeriodSeconds: 0, containers },
    };
    const spec = {
      replicas,
      selector: { matchLabels: labels },
      serviceName: name,
      podManagementPolicy: "Parallel",
      template,
    };
    const metadata = { namespace: this.namespace, name };
    return this.cluster.create<KubeObject>(statefulSets, { metadata, spec } as KubeObject);
  }

  /** Waits until there is a pod of that name, with another UID than the one given. */
  async podNamed(name: string, not?: Pod): Promise<Pod> {
    return eventually(async () => {
      const pod = await this.cluster.get<Pod>(pods, { namespace: this.namespace, name });
      assert.is.not(pod.metadata.uid, not?.metadata.uid, `${name} is still the old one`);
      return pod;
    });
  }

  async deletePod(pod: Pod): Promise<void> {
    await removeObject(this.cluster, pods, { namespace: this.namespace, name: pod.metadata.name });
  }

  /** Pod UID by address, out of the pool's records; the pool's count must be theirs. */
  async records(pool: string): Promise<Map<string, string>> {
    const { status } = await this.cluster.get<SpiderIPPool>(spiderIPPools, { name: pool });
    const records = parseAllocatedIPs(status?.allocatedIPs);
    assert.is(status?.allocatedIPCount ?? 0, records.size, `allocatedIPCount of ${pool}`);
    return new Map([...records].map(([address, { podUid }]) => [address, podUid]));
  }

  async endpoint(name: string): Promise<SpiderEndpoint | undefined> {
    try {
      return await this.cluster.get<SpiderEndpoint>(spiderEndpoints, { namespace: this.namespace, name });
    } catch (error) {
      if (hasCode(error, 404)) return undefined;
      throw error;
    }
  }

  /** Every record of the pools is an address in an endpoint of the same UID, and every such address a record. */
  async assertBooks(): Promise<void> {
    const { items } = await this.cluster.list<SpiderEndpoint>(spiderEndpoints, { namespace: this.namespace });
    const listed = items.flatMap(({ status }) =>
      (status?.current.ips ?? []).flatMap(({ ipv4, ipv4Pool, ipv6, ipv6Pool }) => [
        ...(ipv4 ? [`${ipv4Pool} ${bare(ipv4)} ${status?.current.uid}`] : []),
        ...(ipv6 ? [`${ipv6Pool} ${bare(ipv6)} ${status?.current.uid}`] : []),
      ]),
    );
    const recorded: string[] = [];
    for (const pool of this.#pools) {
      for (const [address, uid] of await this.records(pool)) recorded.push(`${pool} ${address} ${uid}`);
    }
    const sorted = (texts: readonly string[]): string[] => texts.toSorted((a, b) => a.localeCompare(b));
    assert.equal(sorted(listed), sorted(recorded), "endpoints and records differ");
  }

  async assertEmpty(): Promise<void> {
    await this.assertBooks();
    const { items } = await this.cluster.list(spiderEndpoints, { namespace: this.namespace });
    assert.equal(
      items.map(({ metadata }) => metadata.name),
      [],
      "endpoints are left",
    );
  }

  /** Removes everything, whatever holds it; does not wait for the namespace. */
  async close(): Promise<void> {
    const { namespace } = this;
    await removeAll(this.cluster, statefulSets, namespace);
    await removeAll(this.cluster, pods, namespace);
    const { items } = await this.cluster.list(spiderEndpoints, { namespace });
    for (const { metadata } of items) {
      const ref = { namespace, name: metadata.name };
      await this.cluster.patch(spiderEndpoints, ref, { metadata: { finalizers: null } }).catch(ignoreMissing);
      await removeObject(this.cluster, spiderEndpoints, ref);
    }
    for (const name of this.#pools) {
      await this.cluster.patch(spiderIPPools, { name }, { metadata: { finalizers: null } }).catch(ignoreMissing);
      await removeObject(this.cluster, spiderIPPools, { name });
    }
    for (const name of this.nodes) await removeObject(this.cluster, nodes, { name });
    await removeObject(this.cluster, namespaces, { name: namespace });
  }
}

function prefixed(annotations: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [
      key.includes("/") ? key : `${prefix}${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

async function removeAll(cluster: Cluster, resource: Resource, namespace: string): Promise<void> {
  const { items } = await cluster.list(resource, { namespace });
  for (const { metadata } of items) await removeObject(cluster, resource, { namespace, name: metadata.name });
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 404)) throw error;
}
