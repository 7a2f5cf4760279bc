/**
 * One test's place on real nodes: a namespace, subnets and pools of its own, and workloads whose pods run.
 *
 * Answers what must agree at rest: what the pods have, what their endpoints say, what the pools have written down.
 * @module
 */

import * as assert from "uvu/assert";
import type { Family } from "../../src/address/address.ts";
import { parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { events, namespaces, pods, spiderEndpoints, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { Cluster, KubeObject, ObjectRef, Resource } from "../../src/cluster/cluster.ts";
import { eventually } from "./eventually.ts";
import { kubectl } from "./kubectl.ts";
import { closedSpec, type PodWish, podTemplate } from "./node-workloads.ts";
import type { ToldEvent } from "./place.ts";
import { removeObject, uniqueName } from "./real.ts";

type Body = KubeObject & { readonly spec: object };

export class NodePlace {
  readonly namespace: string;
  readonly #cluster: Cluster;
  readonly #created: [Resource, ObjectRef][] = [];
  /** Manual and automatic ones that somebody has to delete. */
  readonly #pools = new Set<string>();
  readonly #subnets: string[] = [];

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.namespace = namespace;
  }

  /** Creates a subnet and returns its name. */
  async subnet(family: Family, count: number): Promise<string> {
    const name = uniqueName("subnet");
    this.#subnets.push(name);
    const spec = closedSpec(family, count);
    // A replica that has just died is called by its Service for a moment.
    await eventually(() => this.#cluster.create<Body>(spiderSubnets, { metadata: { name }, spec }));
    return name;
  }

  /** Creates a manual pool and returns its name. */
  async pool(family: Family, count: number): Promise<string> {
    const name = uniqueName("pool");
    this.#pools.add(name);
    const spec = closedSpec(family, count);
    await eventually(() => this.#cluster.create<Body>(spiderIPPools, { metadata: { name }, spec }));
    return name;
  }

  /** Creates a workload with replicas. */
  async run(resource: Resource, name: string, replicas: number, wish: PodWish, more: object = {}): Promise<void> {
    const ref = { namespace: this.namespace, name };
    const selector = { matchLabels: { app: name } };
    this.own(resource, name);
    const spec = { replicas, selector, template: podTemplate(name, wish), ...more };
    await eventually(() => this.#cluster.create<Body>(resource, { metadata: ref, spec }));
  }

  /** Creates a pod without a controller. */
  async runPod(name: string, wish: PodWish): Promise<void> {
    const { metadata, spec } = podTemplate(name, wish);
    this.own(pods, name);
    const ref = { namespace: this.namespace, name };
    await this.#cluster.create<Body>(pods, { metadata: { ...metadata, ...ref }, spec });
  }

  async scale(resource: Resource, name: string, replicas: number): Promise<void> {
    await this.#cluster.patch(resource, { namespace: this.namespace, name }, { spec: { replicas } });
  }

  async end(resource: Resource, name: string): Promise<void> {
    await removeObject(this.#cluster, resource, { namespace: this.namespace, name });
  }

  /** Deletes the namespace and all that is in it. */
  async endNamespace(): Promise<void> {
    await removeObject(this.#cluster, namespaces, { name: this.namespace });
  }

  /** Takes charge of what a manifest creates. */
  own(resource: Resource, name: string): void {
    if (resource === spiderSubnets) this.#subnets.push(name);
    else if (resource === spiderIPPools) this.#pools.add(name);
    else this.#created.push([resource, { namespace: this.namespace, name }]);
  }

  /** All pods of an application, by name; those on their way out too. */
  async pods(app: string): Promise<Pod[]> {
    const selection = { namespace: this.namespace, labelSelector: `app=${app}` };
    const { items } = await this.#cluster.list<Pod>(pods, selection);
    return items.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  async pod(name: string): Promise<Pod> {
    return this.#cluster.get<Pod>(pods, { namespace: this.namespace, name });
  }

  /** Waits until an application has so many pods, all of them ready, and returns them. */
  async ready(app: string, count: number, seconds = 60): Promise<Pod[]> {
    return eventually(
      async () => {
        const all = await this.pods(app);
        assert.is(all.filter(isReady).length, count, `ready pods of ${app}: ${all.map(describe).join("; ")}`);
        assert.is(all.length, count, `pods of ${app}: ${all.map(describe).join("; ")}`);
        return all;
      },
      { seconds },
    );
  }

  /** Waits until these pods, their endpoints and the pools say the same, and no address is there twice. */
  async agreed(app: string, count: number, seconds = 60): Promise<Pod[]> {
    const running = await this.ready(app, count, seconds);
    await eventually(async () => {
      const addresses = running.flatMap(addressesOf);
      const held = running.flatMap((pod) => addressesOf(pod).map((ip) => `${ip} ${pod.metadata.name} ${uidOf(pod)}`));
      assert.ok(running.every((pod) => addressesOf(pod).length > 0));
      assert.is(new Set(addresses).size, addresses.length, `addresses: ${addresses.join(", ")}`);
      assert.equal(sorted(await this.endpointLines()), sorted(held), "endpoints and pods");
      assert.equal(sorted(await this.recordLines()), sorted(held), "pools and pods");
    });
    return running;
  }

  /** Waits until nothing of this namespace is in any pool nor endpoint. */
  async free(seconds = 60): Promise<void> {
    await eventually(
      async () => {
        assert.equal(await this.endpointLines(), [], "endpoints");
        assert.equal(await this.recordLines(), [], "records");
      },
      { seconds },
    );
  }

  /** `address pod uid` of each endpoint's addresses. */
  async endpointLines(): Promise<string[]> {
    const { items } = await this.#cluster.list<SpiderEndpoint>(spiderEndpoints, { namespace: this.namespace });
    return items.flatMap(({ metadata, status }) =>
      (status?.current.ips ?? [])
        .flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6])
        .flatMap((text) => (text ? [`${text.split("/")[0]} ${metadata.name} ${status?.current.uid}`] : [])),
    );
  }

  /** `address pod uid` of each record of this namespace's pods; counts must be right. */
  async recordLines(): Promise<string[]> {
    const { items } = await this.#cluster.list<SpiderIPPool>(spiderIPPools);
    return items.flatMap(({ metadata, status }) => {
      const records = [...parseAllocatedIPs(status?.allocatedIPs)];
      assert.is(status?.allocatedIPCount ?? 0, records.length, `allocatedIPCount of ${metadata.name}`);
      return records.flatMap(([address, { pod, podUid }]) => {
        const [namespace, name] = pod.split("/");
        return namespace === this.namespace ? [`${address} ${name} ${podUid}`] : [];
      });
    });
  }

  /** The automatic pools of this namespace, by name. */
  async autoPools(): Promise<SpiderIPPool[]> {
    const labelSelector = `ipam.spidernet.io/owner-application-namespace=${this.namespace}`;
    const { items } = await this.#cluster.list<SpiderIPPool>(spiderIPPools, { labelSelector });
    return items.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  /** Events about an object of this namespace, as `reason: message`. */
  async told(kind: string, name: string): Promise<string[]> {
    const { items } = await this.#cluster.list<ToldEvent>(events, { namespace: this.namespace });
    return items
      .filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** What went wrong with any object of this namespace, as Events of type Warning tell. */
  async warnings(): Promise<string[]> {
    const { items } = await this.#cluster.list<ToldEvent>(events, { namespace: this.namespace });
    return items
      .filter(({ type }) => type === "Warning")
      .map(({ involvedObject: { kind, name }, reason, message }) => `${kind} ${name}: ${reason}: ${message}`);
  }

  /** Waits until an Event about a pod matches each of the patterns, and returns it. */
  async toldOfPod(name: string, patterns: readonly RegExp[], seconds = 60): Promise<string> {
    return eventually(
      async () => {
        const texts = await this.told("Pod", name);
        const text = texts.find((text) => patterns.every((pattern) => pattern.test(text)));
        assert.ok(text !== undefined, `no Event of ${name} matches ${patterns.join(" and ")}:\n${texts.join("\n")}`);
        return text;
      },
      { seconds },
    );
  }

  /**
   * Has each pod ping all addresses of the others, more than once where need be: where a subnet has no IPv6 gateway, the
   * standard plugins do not wait for duplicate address detection, so that a pod runs a second or two before its address works.
   */
  async assertReach(from: readonly Pod[], to: readonly Pod[]): Promise<void> {
    const ping = `for again in 1 2 3 4 5 6; do ping -c 1 -w 2 $address >/tmp/ping && continue 2; done`;
    const script = `for address in ${to.flatMap(addressesOf).join(" ")}; do ${ping}; cat /tmp/ping >&2; exit 1; done`;
    await Promise.all(
      from.map(({ metadata: { name } }) => kubectl("-n", this.namespace, "exec", name, "--", "sh", "-c", script)),
    );
  }

  /** Ends all that was created, waits until its addresses are free, and removes pools, subnets and the namespace. */
  async clear(): Promise<void> {
    await Promise.all(this.#created.splice(0).map(([resource, ref]) => removeObject(this.#cluster, resource, ref)));
    await this.free(120);
    const kept = (await this.autoPools()).filter(({ status }) => status?.state === "orphaned");
    for (const { metadata } of kept) this.#pools.add(metadata.name);
    for (const name of this.#pools) await removeObject(this.#cluster, spiderIPPools, { name });
    await eventually(
      async () => {
        const { items } = await this.#cluster.list(spiderIPPools);
        const left = items.map(({ metadata }) => metadata.name).filter((name) => this.#pools.has(name));
        const automatic = (await this.autoPools()).map(({ metadata }) => metadata.name);
        assert.equal([...left, ...automatic], [], "pools are left");
      },
      { seconds: 60 },
    );
    for (const name of this.#subnets) await removeObject(this.#cluster, spiderSubnets, { name });
    if (this.namespace !== "default") await removeObject(this.#cluster, namespaces, { name: this.namespace });
  }
}

/** A pod's addresses, as its kubelet says. */
export function addressesOf({ status }: Pod): string[] {
  return (status?.podIPs ?? []).map(({ ip }) => ip);
}

const sorted = (lines: readonly string[]): string[] => lines.toSorted((a, b) => a.localeCompare(b));

export const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? "";

function isReady({ metadata, status }: Pod): boolean {
  const condition = status?.conditions?.find(({ type }) => type === "Ready");
  return metadata.deletionTimestamp === undefined && condition?.status === "True";
}

function describe(pod: Pod): string {
  const { metadata, spec, status } = pod;
  const ending = metadata.deletionTimestamp === undefined ? "" : " terminating";
  return `${metadata.name} ${spec?.nodeName ?? "-"} ${status?.phase}${ending} ${addressesOf(pod).join(" ")}`;
}
