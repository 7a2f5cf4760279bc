/**
 * A small cluster in which pods come and go: simulated kubelets ask real agents for addresses, through faults and restarts.
 *
 * A pod lives, as far as its addresses go, from the moment its kubelet has the answer of the agent until the kubelet has ended it,
 * or until its node is declared gone. No address may be with two living pods at any moment; what breaks that is noted in `broken`.
 * @module
 */

import { Agent } from "../../src/agent/agent.ts";
import { parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import { isAlive, type Pod } from "../../src/api/pod.ts";
import * as api from "../../src/api/resources.ts";
import { namespaces, nodes, pods, spiderEndpoints, spiderIPPools, statefulSets } from "../../src/api/resources.ts";
import { sleep } from "../../src/clock.ts";
import { hasCode, type KubeObject } from "../../src/cluster/cluster.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import type { FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster, type MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { defaultCollectorSettings } from "../../src/ipam/collector-settings.ts";
import { defaultIpamSettings } from "../../src/ipam/settings.ts";
import { type Log, silentLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { type Random, seededRandom } from "../../src/random.ts";
import { defaultSettings } from "../../src/settings.ts";

export const NAMESPACE = "default";
const kubelet = "test/kubelet";
/** The runtime gives an ADD up after that. */
const addTimeoutMs = 100_000;

export interface ChurnPod extends Pod {
  spec: { nodeName: string; restartPolicy: string };
}

interface RunningAgent {
  readonly agent: Agent;
  readonly connection: MemoryConnection;
  readonly died: AbortController;
}

export class Churn {
  readonly clock = createVirtualClock();
  readonly server: MemoryCluster;
  readonly user: MemoryConnection;
  readonly broken: string[] = [];
  /** Addresses of living pods, by UID. */
  readonly living = new Map<string, readonly string[]>();
  /** ADDs that were answered in time. */
  served = 0;
  readonly nodeNames = ["n1", "n2", "n3"];
  readonly #agents = new Map<string, RunningAgent>();
  readonly #random: Random;
  readonly #faults: FaultPolicy;
  readonly #log: Log;
  /** UIDs of pods that their kubelet looks after. */
  readonly #cared = new Set<string>();
  /** What wakes the kubelet of a pod that has changed, by UID. */
  readonly #wakers = new Map<string, () => void>();
  #operator: Operator | undefined;
  #connections = 0;
  #isOver = false;

  constructor(seed: number, faults: FaultPolicy, log: Log = silentLog) {
    this.#random = seededRandom(seed);
    this.#faults = faults;
    this.#log = log;
    this.server = createMemoryCluster({
      clock: this.clock,
      resources: Object.values(api),
      random: seededRandom(seed + 1),
    });
    this.user = this.server.connect();
    this.server.observe(({ resource, type, object }) => {
      if (resource.plural !== pods.plural) return;
      const pod = object as unknown as ChurnPod;
      const uid = pod.metadata.uid ?? "";
      this.#wakers.get(uid)?.();
      if (this.#cared.has(uid) || type === "DELETED") return;
      this.#cared.add(uid);
      void this.#care(uid, pod);
    });
  }

  async start(): Promise<void> {
    await this.user.create(namespaces, { metadata: { name: NAMESPACE } });
    for (const name of this.nodeNames) await this.bootNode(name);
    this.#operator = new Operator({
      cluster: this.#connect(),
      clock: this.clock,
      random: this.#random,
      settings: { ...defaultSettings, collection: { ...defaultCollectorSettings, gcIntervalMs: 60_000 } },
      log: this.#log,
    });
    void this.#operator.start().catch(() => undefined);
  }

  async bootNode(name: string): Promise<void> {
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    await this.user.create(nodes, { metadata: { name }, status } as KubeObject);
    this.startAgent(name);
  }

  startAgent(nodeName: string): void {
    const connection = this.#connect();
    const agent = new Agent({
      cluster: connection,
      clock: this.clock,
      random: this.#random,
      settings: { ...defaultIpamSettings, nodeName, waitForPoolMs: 5_000 },
      log: this.#log,
      warn: () => {},
    });
    const died = new AbortController();
    this.#agents.set(nodeName, { agent, connection, died });
    agent.start().catch(() => undefined);
  }

  /** Ends an agent in the middle of whatever it does. */
  killAgent(nodeName: string): void {
    const running = this.#agents.get(nodeName);
    this.#agents.delete(nodeName);
    running?.connection.cut();
    running?.died.abort(new Error("the agent died"));
    void running?.agent.stop();
  }

  /** A node loses power and is declared gone: its pods end there and then, and their objects are removed. */
  async loseNode(name: string): Promise<void> {
    this.killAgent(name);
    const lost = this.pods.filter(({ spec }) => spec.nodeName === name);
    for (const { metadata } of lost) this.living.delete(metadata.uid ?? "");
    await this.user.delete(nodes, { name });
    for (const { metadata } of lost) await this.#remove(metadata);
  }

  /** Creates a pod, which a kubelet then looks after. */
  async createPod(name: string, nodeName: string, owner?: KubeObject): Promise<void> {
    const ofPool = JSON.stringify({ ipv4: ["p", "q"] });
    const twice = JSON.stringify([
      { interface: "eth0", ipv4: ["p", "q"] },
      { interface: "net1", ipv4: ["q", "p"] },
    ]);
    const annotations = name.includes("two") ? { [ANNOTATION.pools]: twice } : { [ANNOTATION.pool]: ofPool };
    const reference = owner && {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      name: owner.metadata.name,
      controller: true,
    };
    await this.user.create(pods, {
      metadata: {
        name,
        namespace: NAMESPACE,
        annotations,
        finalizers: [kubelet],
        ...(reference ? { ownerReferences: [{ ...reference, uid: owner?.metadata.uid ?? "" }] } : {}),
      },
      spec: { nodeName, restartPolicy: "Always" },
      status: { phase: "Pending" },
    } as KubeObject);
  }

  async deletePod(name: string): Promise<void> {
    await this.user.delete(pods, { namespace: NAMESPACE, name }).catch(ignoreAbsence);
  }

  get pods(): ChurnPod[] {
    return this.server.objects<ChurnPod>(pods);
  }

  /** `address uid` of every record of every pool. */
  get records(): string[] {
    return this.server
      .objects<SpiderIPPool>(spiderIPPools)
      .flatMap(({ status }) => [...parseAllocatedIPs(status?.allocatedIPs)])
      .map(([address, { podUid }]) => `${address} ${podUid}`)
      .sort();
  }

  /** `address uid` of every endpoint. */
  get endpoints(): string[] {
    return this.server
      .objects<SpiderEndpoint>(spiderEndpoints)
      .flatMap(({ status }) =>
        (status?.current.ips ?? []).map(({ ipv4 }) => `${ipv4?.split("/")[0]} ${status?.current.uid}`),
      )
      .sort();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const name of [...this.#agents.keys()]) this.killAgent(name);
    await this.#operator?.stop();
  }

  #connect(): MemoryConnection {
    this.#connections += 1;
    return this.server.connect({ latencyMs: 1 + Math.floor(this.#random() * 20), faults: this.#faults });
  }

  /** What a kubelet does for one pod, from its creation to its end. */
  async #care(uid: string, { metadata: { name }, spec: { nodeName } }: ChurnPod): Promise<void> {
    const nics = name.includes("two") ? ["eth0", "net1"] : ["eth0"];
    for (const nic of nics) if (!(await this.#addUntilServed(uid, name, nodeName, nic))) break;
    while (!this.#isOver) {
      const pod = this.#find(uid);
      if (!pod || !this.server.objects(nodes).some(({ metadata }) => metadata.name === nodeName)) return;
      if (pod.metadata.deletionTimestamp !== undefined) return this.#end(pod);
      await new Promise<void>((resolve) => this.#wakers.set(uid, resolve));
      await sleep(this.clock, Math.floor(this.#random() * 2_000));
    }
  }

  async #addUntilServed(podUID: string, podName: string, nodeName: string, ifName: string): Promise<boolean> {
    for (let tries = 1; !this.#isOver; tries++) {
      const running = this.#agents.get(nodeName);
      const pod = this.#find(podUID);
      if (!pod || !isAlive(pod)) return false;
      const args = {
        podUID,
        podName,
        podNamespace: NAMESPACE,
        ifName,
        containerID: `${podUID}-${tries}`,
        netNamespace: "/n",
      };
      try {
        if (running === undefined) throw new Error("no agent");
        const answer = await this.#within(running, (signal) => running.agent.add(args, signal));
        const now = this.#find(podUID);
        // Its end came first: nothing is started.
        if (!now || !isAlive(now) || this.#agents.get(nodeName) === undefined) return false;
        this.#live(
          now,
          answer.ips.map(({ address }) => address.split("/")[0] ?? ""),
        );
        return true;
      } catch (error) {
        this.#log.debug("ADD failed", { podName, podUID, error });
        await sleep(this.clock, 2_000 + Math.floor(this.#random() * 25_000));
      }
    }
    return false;
  }

  #live(pod: ChurnPod, addresses: readonly string[]): void {
    this.served += 1;
    const uid = pod.metadata.uid ?? "";
    if (new Set(addresses).size < addresses.length) this.broken.push(`${pod.metadata.name} has ${addresses} twice`);
    for (const [other, theirs] of this.living) {
      const common = theirs.filter((address) => other !== uid && addresses.includes(address));
      if (common.length > 0) this.broken.push(`${common} of ${pod.metadata.name} ${uid} is with living ${other}`);
    }
    this.living.set(uid, addresses);
    const podIPs = addresses.map((ip) => ({ ip }));
    const running = { phase: "Running", podIPs, containerStatuses: [{ state: { running: {} } }] };
    void this.user
      .patch(pods, pod.metadata, { metadata: { uid }, status: running }, { subresource: "status" })
      .catch(() => undefined);
  }

  async #end(pod: ChurnPod): Promise<void> {
    const { name, uid = "" } = pod.metadata;
    this.living.delete(uid);
    const status = { containerStatuses: [{ state: { terminated: { finishedAt: "2026-01-01T00:00:00Z" } } }] };
    await this.user.patch(pods, pod.metadata, { status }, { subresource: "status" }).catch(() => undefined);
    // One DEL in six is lost.
    for (let tries = 0; tries < 3 && this.#random() > 0.16; tries++) {
      const running = this.#agents.get(pod.spec.nodeName);
      const args = { podUID: uid, podName: name, podNamespace: NAMESPACE, ifName: "eth0", containerID: uid };
      try {
        if (running) await this.#within(running, (signal) => running.agent.del(args, signal));
        break;
      } catch (error) {
        this.#log.debug("DEL failed", { name, uid, error });
      }
    }
    await this.#remove(pod.metadata);
  }

  async #within<T>({ died }: RunningAgent, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const gone = new AbortController();
    const settled = new AbortController();
    const timeout = sleep(this.clock, addTimeoutMs, settled.signal).then(() => {
      gone.abort(new Error("timeout"));
      throw new Error("timeout");
    });
    const death = new Promise<never>((_, reject) => {
      died.signal.addEventListener("abort", () => reject(died.signal.reason), { once: true, signal: settled.signal });
    });
    try {
      return await Promise.race([ask(gone.signal), timeout, death]);
    } finally {
      settled.abort();
      timeout.catch(() => undefined);
    }
  }

  async #remove({ namespace = NAMESPACE, name, uid = "" }: KubeObject["metadata"]): Promise<void> {
    await this.user.patch(pods, { namespace, name }, { metadata: { uid, finalizers: null } }).catch(() => undefined);
    await this.user.delete(pods, { namespace, name }, { preconditions: { uid } }).catch(ignoreAbsence);
  }

  #find(uid: string): ChurnPod | undefined {
    return this.pods.find(({ metadata }) => metadata.uid === uid);
  }
}

export async function keepStatefulSet(churn: Churn, name: string, replicas: number, random: Random): Promise<void> {
  const set = churn.server.objects(statefulSets).find(({ metadata }) => metadata.name === name);
  for (let ordinal = 0; ordinal < 6; ordinal++) {
    const pod = churn.pods.find(({ metadata }) => metadata.name === `${name}-${ordinal}`);
    const isWanted = set !== undefined && ordinal < replicas;
    const node = churn.nodeNames[Math.floor(random() * churn.nodeNames.length)] ?? "n1";
    if (isWanted && !pod) await churn.createPod(`${name}-${ordinal}`, node, set);
    if (!isWanted && pod && pod.metadata.deletionTimestamp === undefined) await churn.deletePod(pod.metadata.name);
  }
}

function ignoreAbsence(error: unknown): void {
  if (!hasCode(error, 404, 409)) throw error;
}
