/**
 * A memory cluster with pods, pools and endpoints as agents leave them, and a collector on it whose caches are real reflectors.
 *
 * Every commit is checked: an address that a living pod's endpoint lists must never be taken out of a pool; what breaks that
 * is noted in `broken`.
 * @module
 */

import * as assert from "uvu/assert";
import { parseAddress } from "../../src/address/address.ts";
import { formatAllocatedIPs, parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { FINALIZER } from "../../src/api/names.ts";
import type { Node } from "../../src/api/node.ts";
import type { Pod } from "../../src/api/pod.ts";
import * as api from "../../src/api/resources.ts";
import { nodes, pods, spiderEndpoints, spiderIPPools, statefulSets } from "../../src/api/resources.ts";
import { hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import type { ClusterRequest, FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster, type MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import type { Change } from "../../src/cluster/memory/store.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { type Reflector, startReflector } from "../../src/cluster/reflector.ts";
import { Collector } from "../../src/ipam/collector.ts";
import { type CollectorSettings, defaultCollectorSettings } from "../../src/ipam/collector-settings.ts";
import { PoolCommits } from "../../src/ipam/pool-commits.ts";
import { keepsAddresses } from "../../src/ipam/static-holder.ts";
import { type SeenPod, toSeenPod } from "../../src/observe/seen-pod.ts";
import { seededRandom } from "../../src/random.ts";

export interface SceneOptions {
  readonly settings?: Partial<CollectorSettings>;
  /** Besides those that every cluster of ours has. */
  readonly resources?: readonly Resource[];
  /** Of the collector and its caches. */
  readonly faults?: FaultPolicy;
}

/** What a pool's records may look like after somebody's edit. */
export const unreadable = "{";

/** Stands for a kubelet: keeps a deleted pod until it is taken off. */
const kubelet = "test/kubelet";

export class CollectorScene {
  readonly clock = createVirtualClock();
  readonly server: MemoryCluster;
  readonly user: MemoryConnection;
  readonly broken: string[] = [];
  readonly requests: ClusterRequest[] = [];
  readonly failures: unknown[] = [];
  /** What was freed, as `pool address reason`. */
  readonly freed: string[] = [];
  commits: PoolCommits | undefined;
  readonly #connection: MemoryConnection;
  readonly #settings: CollectorSettings;
  #collector: Collector | undefined;
  #reflectors: Reflector<unknown>[] = [];

  constructor(options: SceneOptions = {}) {
    this.server = createMemoryCluster({
      clock: this.clock,
      resources: [...Object.values(api), ...(options.resources ?? [])],
    });
    this.user = this.server.connect();
    this.#settings = { ...defaultCollectorSettings, ...options.settings };
    this.#connection = this.server.connect({
      latencyMs: 2,
      faults: (request) => {
        this.requests.push(request);
        return options.faults?.(request);
      },
    });
    this.server.observe((change) => this.#check(change));
  }

  /** Starts the collector with caches that have seen everything so far. */
  async start(): Promise<void> {
    const { clock } = this;
    const cluster = this.#connection;
    const common = { cluster, clock, random: () => 0.5 };
    const commits = new PoolCommits({ ...common, random: seededRandom(7), reserved: () => [], recordsMax: 5000 });
    this.commits = commits;
    const podCache = startReflector<KubeObject, SeenPod>({
      ...common,
      resource: pods,
      metadataOnly: true,
      transform: toSeenPod,
      onEvent: ({ type, key, uid, object }) => {
        if (type === "deleted") this.#collector?.onPodEnd(key, uid);
        else if (object.endsAt !== undefined) this.#collector?.onPodEnd(key, uid, object.endsAt);
      },
    });
    const poolCache = startReflector<SpiderIPPool>({
      ...common,
      resource: spiderIPPools,
      onEvent: ({ type, object }) => {
        if (type !== "deleted") commits.observe(object);
        this.#collector?.onPool(object.metadata.name);
      },
    });
    this.#reflectors = [podCache as Reflector<unknown>, poolCache as Reflector<unknown>];
    this.#collector = new Collector({
      ...common,
      settings: this.#settings,
      pods: podCache,
      pools: { get: (name) => poolCache.get({ name }), values: () => poolCache.values() },
      release: (pool, what, signal) => commits.release(pool, what, signal),
      keepsAddresses: (endpoint) => keepsAddresses(cluster, endpoint, this.#settings),
      onFreed: ({ pool, address, reason }) =>
        this.freed.push(`${pool} ${address - parseAddress("10.0.0.0")} ${reason}`),
      onPoolGone: (name) => commits.forget(name),
      onEndpointRemoved: () => {},
      onFailure: (_holder, error) => this.failures.push(error),
      onUnreadable: (_pool, error) => this.failures.push(error),
      onState: () => {},
    });
    const started = Promise.all([podCache.synced, poolCache.synced]).then(() => this.#collector?.start());
    started.catch(() => undefined);
    await this.pass(1_000);
  }

  get collector(): Collector {
    if (!this.#collector) throw new Error("Cannot ask the collector: it was not started");
    return this.#collector;
  }

  pass(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#collector?.stop(), ...this.#reflectors.map((reflector) => reflector.stop())]);
    await this.user.close();
  }

  node(name: string, ready: boolean): Promise<Node> {
    const status = { conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }] };
    return this.user
      .create<Node>(nodes, { metadata: { name } })
      .then(() => this.#status<Node>(nodes, { name }, status));
  }

  pool(name = "p"): Promise<SpiderIPPool> {
    const spec = { ipVersion: 4 as const, subnet: "10.0.0.0/16", ips: ["10.0.0.1-10.0.255.254"] };
    return this.user.create<SpiderIPPool>(spiderIPPools, { metadata: { name }, spec });
  }

  /** Creates a pod that its kubelet runs on node `n`. */
  async pod(name: string, extra: { namespace?: string; owner?: KubeObject; ip?: string } = {}): Promise<Pod> {
    const { namespace = "ns", owner, ip = "10.9.9.9" } = extra;
    const reference = owner && { apiVersion: "apps/v1", kind: "StatefulSet", controller: true, ...idOf(owner) };
    const ownerReferences = reference ? [reference] : [];
    const metadata = { namespace, name, finalizers: [kubelet], ownerReferences };
    await this.user.create<Pod>(pods, { metadata, spec: { nodeName: "n" } });
    const containerStatuses = [{ state: { running: {} } }];
    return this.#status<Pod>(pods, metadata, { phase: "Running", podIPs: [{ ip }], containerStatuses });
  }

  podStatus(pod: Pod, status: Pod["status"]): Promise<Pod> {
    return this.#status<Pod>(pods, refOf(pod), status ?? {});
  }

  /** Deletes a pod; its kubelet does not let it go yet. */
  async terminate(pod: Pod): Promise<void> {
    await this.user.delete(pods, refOf(pod));
  }

  /** Deletes a pod for good. */
  async end(pod: Pod): Promise<void> {
    await this.user.patch(pods, refOf(pod), { metadata: { finalizers: null } });
    await this.user.delete(pods, refOf(pod)).catch(ignoreGone);
  }

  /** Records an address of a pool for a pod, without an endpoint. */
  async record(pod: KubeObject, address: string, pool = "p", uid = pod.metadata.uid ?? ""): Promise<void> {
    const { status } = await this.user.get<SpiderIPPool>(spiderIPPools, { name: pool });
    const records = parseAllocatedIPs(status?.allocatedIPs);
    records.set(address, { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, podUid: uid });
    const change = { allocatedIPs: formatAllocatedIPs(records), allocatedIPCount: records.size };
    await this.#status(spiderIPPools, { name: pool }, change);
  }

  /** Gives a pod addresses, as an agent does: records first, then the endpoint. */
  async give(pod: Pod, addresses: readonly string[], kind = "ReplicaSet", pool = "p"): Promise<SpiderEndpoint> {
    for (const address of addresses) await this.record(pod, address, pool);
    const { namespace = "", name, uid = "" } = pod.metadata;
    const ips = addresses.map((ipv4, index) => ({ interface: `eth${index}`, ipv4: `${ipv4}/16`, ipv4Pool: pool }));
    const owner = { apiVersion: "v1", kind: "Pod", name, uid };
    const isFixed = kind === "StatefulSet" || kind === "VirtualMachineInstance";
    return this.user.create<SpiderEndpoint>(spiderEndpoints, {
      metadata: { namespace, name, finalizers: [FINALIZER], ownerReferences: isFixed ? [] : [owner] },
      status: { current: { uid, node: "n", ips }, ownerControllerType: kind, ownerControllerName: "web" },
    });
  }

  statefulSet(name: string, replicas: number): Promise<KubeObject> {
    return this.user.create(statefulSets, { metadata: { namespace: "ns", name }, spec: { replicas } } as KubeObject);
  }

  /** Addresses that a pool has given out. */
  records(pool = "p"): string[] {
    const found = this.server.objects<SpiderIPPool>(spiderIPPools).find(({ metadata }) => metadata.name === pool);
    return [...parseAllocatedIPs(found?.status?.allocatedIPs).keys()];
  }

  endpoints(): string[] {
    return this.server.objects(spiderEndpoints).map(({ metadata }) => metadata.name);
  }

  #status<T extends KubeObject>(resource: Resource, ref: { namespace?: string; name: string }, status: object) {
    return this.user.patch<T>(resource, ref, { status }, { subresource: "status" });
  }

  #check({ resource, object, old }: Change): void {
    if (resource.plural !== spiderIPPools.plural || !old) return;
    const [before, after] = [old, object].map((pool) => (pool as unknown as SpiderIPPool).status?.allocatedIPs);
    if (before === after || after === unreadable) return;
    const left = parseAllocatedIPs(after);
    for (const [address, { podUid }] of parseAllocatedIPs(before)) {
      if (left.get(address)?.podUid !== podUid && this.#isInUse(address, podUid)) this.broken.push(address);
    }
  }

  #isInUse(address: string, podUid: string): boolean {
    const pod = this.server.objects<Pod>(pods).find(({ metadata }) => metadata.uid === podUid);
    const isRunning = pod?.status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
    const isPending = pod !== undefined && pod.status?.phase === undefined;
    const endpoint = this.server
      .objects<SpiderEndpoint>(spiderEndpoints)
      .find(({ status }) => status?.current.uid === podUid);
    const isListed = endpoint?.status?.current.ips.some(({ ipv4 }) => ipv4?.startsWith(`${address}/`)) ?? false;
    return isListed && (isRunning || isPending);
  }
}

function idOf({ metadata: { name, uid = "" } }: KubeObject): { name: string; uid: string } {
  return { name, uid };
}

function refOf({ metadata: { namespace = "", name } }: KubeObject): { namespace: string; name: string } {
  return { namespace, name };
}

function ignoreGone(error: unknown): void {
  if (!hasCode(error, 404)) throw error;
}

/** Runs a test on a scene of its own with a pool and a node that is ready; no living pod may have lost anything in the end. */
export function on(options: SceneOptions, run: (scene: CollectorScene) => Promise<void>): () => Promise<void> {
  return async () => {
    const scene = new CollectorScene(options);
    await scene.pool();
    await scene.node("n", true);
    try {
      await run(scene);
      assert.equal(scene.broken, []);
    } finally {
      await scene.stop();
    }
  };
}
