/**
 * A memory cluster with pools and pods, and the IPAM of one node on it with real caches, as the agent puts it together.
 *
 * Every commit is checked: what the endpoint of a living pod lists must be recorded for that pod, and for no other; what breaks that
 * is noted in `broken`. Requests of the agent take time, those of the user none.
 * @module
 */

import * as assert from "uvu/assert";
import { NodeCaches } from "../../src/agent/node-caches.ts";
import type { AddAnswer, AddArgs, BatchDelArgs } from "../../src/api/agent-protocol.ts";
import { parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import * as api from "../../src/api/resources.ts";
import { namespaces, pods, spiderEndpoints, spiderIPPools } from "../../src/api/resources.ts";
import { hasCode, type KubeObject, type OwnerReference, type Resource } from "../../src/cluster/cluster.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import type { ClusterRequest, FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster, type MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { Allocator } from "../../src/ipam/allocator.ts";
import { formatPooled } from "../../src/ipam/endpoint-addresses.ts";
import { KeyedMutex } from "../../src/ipam/keyed-mutex.ts";
import { PoolCommits } from "../../src/ipam/pool-commits.ts";
import { Releaser } from "../../src/ipam/releaser.ts";
import { defaultIpamSettings, type IpamSettings } from "../../src/ipam/settings.ts";
import { virtualMachineInstances, virtualMachines } from "../../src/ipam/static-holder.ts";
import { seededRandom } from "../../src/random.ts";

const NAMESPACE = "shop";

/** What a test wants different from a plain pod. */
export interface PodWanted {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: Omit<OwnerReference, "controller">;
  /** A kubelet keeps it after its deletion, so that it is terminating then. */
  readonly isHeld?: boolean;
}

export class AllocationScene {
  readonly clock = createVirtualClock();
  readonly server: MemoryCluster;
  readonly user: MemoryConnection;
  readonly broken: string[] = [];
  /** `reason message` of what pods were told. */
  readonly warned: string[] = [];
  /** `namespace/pod pool address,…` of what was given back. */
  readonly released: string[] = [];
  /** Of the present agent. */
  requests: ClusterRequest[] = [];
  faults: FaultPolicy = () => undefined;
  /** Called when a write of the agent has taken effect, before it is answered. */
  onWrite: () => void = () => {};
  allocator!: Allocator;
  releaser!: Releaser;
  #settings: IpamSettings;
  #kill: () => void = () => {};
  #stop: (() => Promise<void>) | undefined;
  #starts = 0;

  constructor(settings: Partial<IpamSettings> = {}) {
    this.#settings = { ...defaultIpamSettings, nodeName: "n", ...settings };
    const resources = [...Object.values(api), virtualMachineInstances, virtualMachines];
    this.server = createMemoryCluster({ clock: this.clock, resources });
    this.user = this.server.connect();
    this.server.observe(() => this.#check());
  }

  /** Starts an agent, in place of the one before, with caches that have seen everything so far. */
  async start(): Promise<void> {
    await this.stop();
    const { clock, warned, released } = this;
    const settings = this.#settings;
    this.#starts += 1;
    this.requests = [];
    const random = seededRandom(this.#starts);
    const cluster = this.server.connect({
      latencyMs: 2,
      onWrite: () => this.onWrite(),
      faults: (request) => {
        this.requests.push(request);
        return this.faults(request);
      },
    });
    const common = { cluster, clock, random, settings };
    const caches: NodeCaches = new NodeCaches({
      ...common,
      nodeName: settings.nodeName,
      onPool: (pool) => commits.observe(pool),
      onPoolGone: (name) => commits.forget(name),
      onState: () => {},
    });
    const reserved = caches.reserved.bind(caches);
    const commits = new PoolCommits({ ...common, reserved, recordsMax: settings.recordsMax });
    const warn = (_pod: Pod, reason: string, message: string): void => void warned.push(`${reason} ${message}`);
    const parts = { ...common, caches, commits, turns: new KeyedMutex(), warn };
    this.allocator = new Allocator(parts);
    this.releaser = new Releaser({
      ...parts,
      onReleased: ({ pod, addresses }) =>
        released.push(`${pod} ${addresses.map(({ pool, address }) => `${pool} ${formatPooled(address, undefined)}`)}`),
    });
    this.#kill = () => cluster.cut();
    this.#stop = async () => {
      cluster.cut();
      await caches.stop();
    };
    await this.settled(caches.synced());
  }

  /** Ends the agent as `kill -9` does: nothing that it would do from now on has an effect. */
  kill(): void {
    this.#kill();
  }

  async stop(): Promise<void> {
    await this.#stop?.();
    this.#stop = undefined;
  }

  /** Lets time pass until a promise has settled; ten minutes at most. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    await this.clock.runUntil(() => isOver, 600_000);
    assert.ok(isOver, "nothing has come of it within ten minutes");
    return promise;
  }

  /** Lets the caches see what the user has done. */
  async seen(): Promise<void> {
    await this.clock.advance(20);
  }

  /** Creates a pool of 10.0.<third>.0/24, or of fd00:<third + 1>::/64, with these last parts as its addresses. */
  async pool(name: string, third: number, last: string, spec: Partial<SpiderIPPoolSpec> = {}): Promise<SpiderIPPool> {
    const isV6 = name.includes("v6");
    const base = isV6 ? `fd00:${third + 1}::` : `10.0.${third}.`;
    const [subnet, gateway] = isV6 ? [`${base}/64`, `${base}ff`] : [`${base}0/24`, `${base}254`];
    const ips = last.split(",").map((range) => range.replaceAll(/[0-9a-f]+/g, (part) => `${base}${part}`));
    return this.user.create<SpiderIPPool>(spiderIPPools, {
      metadata: { name },
      spec: { ipVersion: isV6 ? 6 : 4, subnet, ips, gateway, ...spec },
    });
  }

  /** Creates a pod on the node, and has the caches see it. */
  async pod(name: string, wanted: PodWanted = {}): Promise<Pod> {
    const { annotations, labels, owner, isHeld } = wanted;
    const pod = await this.user.create<Pod>(pods, {
      metadata: {
        name,
        namespace: NAMESPACE,
        labels: { ...labels },
        annotations: { ...annotations },
        ...(owner && { ownerReferences: [{ ...owner, controller: true }] }),
        ...(isHeld && { finalizers: ["test/kubelet"] }),
      },
      spec: { nodeName: this.#settings.nodeName },
    });
    await this.seen();
    return pod;
  }

  /** Deletes a pod; one that a kubelet holds is terminating then. */
  async end(name: string): Promise<void> {
    await this.user.delete(pods, { namespace: NAMESPACE, name });
    await this.seen();
  }

  args(pod: Pod, ifName = "eth0"): AddArgs {
    const { name, uid = "" } = pod.metadata;
    return { containerID: "c", podNamespace: NAMESPACE, podName: name, podUID: uid, ifName, netNamespace: "/n" };
  }

  add(pod: Pod, nic?: string, more: Partial<AddArgs> = {}): Promise<AddAnswer> {
    return this.settled(this.allocator.add({ ...this.args(pod, nic), ...more }));
  }

  /** Adds a NIC, and returns its addresses without prefix lengths, in their order. */
  async ips(pod: Pod, nic = "eth0", more: Partial<AddArgs> = {}): Promise<string[]> {
    const { ips } = await this.add(pod, nic, more);
    return ips.filter((ip) => ip.nic === nic).map(({ address }) => address.replace(/\/.*/, ""));
  }

  /** Returns why an ADD fails. */
  async refusal(pod: Pod, nic?: string, more: Partial<AddArgs> = {}): Promise<string> {
    return this.add(pod, nic, more).then(
      (answer) => `nothing was refused: ${JSON.stringify(answer)}`,
      (error: Error) => error.message,
    );
  }

  del(pod: Pod, nic?: string, more: Partial<AddArgs> = {}): Promise<void> {
    return this.settled(this.releaser.del({ ...this.args(pod, nic), ...more }));
  }

  batchDel(pod: Pod, more: Partial<BatchDelArgs> = {}): ReturnType<Releaser["batchDel"]> {
    return this.settled(this.releaser.batchDel({ ...this.args(pod), ...more }));
  }

  /** The records of a pool: address → the pod's UID. */
  records(name: string): Record<string, string> {
    const pool = this.server.objects<SpiderIPPool>(spiderIPPools).find(({ metadata }) => metadata.name === name);
    const allocations = parseAllocatedIPs(pool?.status?.allocatedIPs);
    assert.is(pool?.status?.allocatedIPCount ?? 0, allocations.size);
    return Object.fromEntries([...allocations].map(([address, { podUid }]) => [address, podUid]));
  }

  endpoint(name: string): SpiderEndpoint | undefined {
    return this.server.objects<SpiderEndpoint>(spiderEndpoints).find(({ metadata }) => metadata.name === name);
  }

  /** The NICs and IPv4 addresses of an endpoint, `eth0 10.0.0.1/24`. */
  items(name: string): string[] {
    return this.endpoint(name)?.status?.current.ips.map((item) => `${item.interface} ${item.ipv4}`) ?? [];
  }

  /** The requests of the agent since the last call, but for lists and watches: `patch spiderippools`. */
  taken(): string[] {
    const isOne = ({ verb }: ClusterRequest): boolean => !["list", "watch", "resolve"].includes(verb);
    return this.requests
      .splice(0)
      .filter(isOne)
      .map(({ verb, resource }) => `${verb} ${resource?.plural}`);
  }

  async create<T extends KubeObject>(resource: Resource, name: string, more: object = {}): Promise<T> {
    const metadata = resource.namespaced ? { name, namespace: NAMESPACE } : { name };
    const object = await this.user.create<KubeObject>(resource, { metadata, ...more } as KubeObject);
    await this.seen();
    return object as T;
  }

  /** Returns a reference to a controller, which is created where it is not there; pods of none are collected. */
  async owner(resource: Resource, name: string): Promise<Omit<OwnerReference, "controller">> {
    const found = this.server.objects(resource).find(({ metadata }) => metadata.name === name);
    const { metadata } = found ?? (await this.create(resource, name, { spec: { replicas: 1 } }));
    return { apiVersion: `${resource.group}/${resource.version}`, kind: resource.kind, name, uid: metadata.uid ?? "" };
  }

  /** Merges into an object. */
  async edit(resource: Resource, name: string, patch: object, subresource?: "status"): Promise<void> {
    const ref = resource.namespaced ? { namespace: NAMESPACE, name } : { name };
    await this.user.patch(resource, ref, patch, subresource && { subresource });
    await this.seen();
  }

  async remove(resource: Resource, name: string): Promise<void> {
    const ref = resource.namespaced ? { namespace: NAMESPACE, name } : { name };
    await this.user.delete(resource, ref).catch((error) => {
      if (!hasCode(error, 404)) throw error;
    });
    await this.seen();
  }

  #check(): void {
    const living = new Set(
      this.server.objects<Pod>(pods).flatMap(({ metadata }) => (metadata.deletionTimestamp ? [] : metadata.uid)),
    );
    const pools = new Map(this.server.objects<SpiderIPPool>(spiderIPPools).map((pool) => [pool.metadata.name, pool]));
    for (const { metadata, status } of this.server.objects<SpiderEndpoint>(spiderEndpoints)) {
      if (!living.has(status?.current.uid)) continue;
      const addresses = (status?.current.ips ?? []).flatMap(({ ipv4, ipv4Pool, ipv6, ipv6Pool }) => [
        [ipv4, ipv4Pool],
        [ipv6, ipv6Pool],
      ]);
      for (const [address, pool] of addresses) {
        if (!address || !pool) continue;
        const records = parseAllocatedIPs(pools.get(pool)?.status?.allocatedIPs);
        const { podUid } = records.get(address.replace(/\/.*/, "")) ?? {};
        if (podUid === status?.current.uid) continue;
        // While a virtual machine moves, both its pods live, and the record goes over first.
        if (status?.ownerControllerType === "VirtualMachineInstance" && living.has(podUid)) continue;
        this.broken.push(`${metadata.name} lists ${address} of ${pool}, which is recorded for ${podUid ?? "nobody"}`);
      }
    }
  }
}

/** Runs a test on a scene of its own, with a namespace and an agent; no living pod may be without its records at any time. */
export function on(
  run: (scene: AllocationScene) => Promise<void>,
  settings?: Partial<IpamSettings>,
): () => Promise<void> {
  return async () => {
    const scene = new AllocationScene(settings);
    await scene.create(namespaces, NAMESPACE);
    await scene.start();
    try {
      await run(scene);
      assert.equal(scene.broken, []);
    } finally {
      await scene.stop();
    }
  };
}

/** Returns the annotation `ippool` with IPv4 pools. */
export function fromPools(...ipv4: string[]): Record<string, string> {
  return { "ipam.spidernet.io/ippool": JSON.stringify({ ipv4 }) };
}

/** Returns the annotation `ippools`; each NIC is written as `name pool…`, and as `_ pool…` where it has no name. */
export function fromPoolsOfNics(...nics: string[]): Record<string, string> {
  const items = nics.map((text) => {
    const [name, ...names] = text.split(" ");
    const of = (isV6: boolean) => names.filter((pool) => pool.includes("v6") === isV6);
    return { ...(name === "_" ? {} : { interface: name }), ipv4: of(false), ipv6: of(true) };
  });
  return { "ipam.spidernet.io/ippools": JSON.stringify(items) };
}
