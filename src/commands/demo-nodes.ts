/**
 * The nodes of `autopool demo`: on each one the agent of `autopool agent`, asked directly instead of through plugin and socket.
 *
 * To the simulated kubelet all of them together are the pods' network.
 * @module
 */

import { warnPod } from "../act/pod-warning.ts";
import { createRecorder, type Recorder } from "../act/recorder.ts";
import { Agent } from "../agent/agent.ts";
import type { PodArgs } from "../api/agent-protocol.ts";
import type { Node } from "../api/node.ts";
import type { Pod } from "../api/pod.ts";
import { namespaces, nodes } from "../api/resources.ts";
import type { Clock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { defaultIpamSettings } from "../ipam/settings.ts";
import { silentLog } from "../log.ts";
import type { PodNetwork } from "../simulation/kubelet.ts";

/** Names of the nodes. */
export const nodeNames: readonly string[] = ["node-1", "node-2"];

/** What the nodes have in common. */
export interface DemoNodesOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Opens a connection for one of the nodes. */
  connect(): Cluster;
}

/** Every pod has one NIC; the agent looks at its name only. */
const nic = { ifName: "eth0", netNamespace: "/var/run/netns/demo" };

/** All nodes together. */
export class DemoNodes implements PodNetwork {
  readonly #cluster: Cluster;
  readonly #agents: ReadonlyMap<string, Agent>;
  readonly #kubelet: Recorder;

  constructor({ clock, random, connect }: DemoNodesOptions) {
    this.#cluster = connect();
    const recorderOf = (component: string): Recorder =>
      createRecorder({ cluster: this.#cluster, clock, component, submit: (_, run) => void run() });
    this.#kubelet = recorderOf("kubelet");
    const agentRecorder = recorderOf("autopool-agent");
    const createAgent = (nodeName: string): Agent =>
      new Agent({
        cluster: connect(),
        clock,
        random,
        settings: { ...defaultIpamSettings, nodeName },
        log: silentLog,
        warn: (pod, reason, message) => warnPod(agentRecorder, pod, reason, message),
      });
    this.#agents = new Map(nodeNames.map((nodeName) => [nodeName, createAgent(nodeName)]));
  }

  /** Makes what a cluster has from the beginning; resolves when pods may come. */
  async start(): Promise<void> {
    await this.#cluster.create(namespaces, { metadata: { name: "default" } });
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    for (const name of nodeNames) {
      await this.#cluster.create<Node>(nodes, { metadata: { name } });
      await this.#cluster.patch<Node>(nodes, { name }, { status }, { subresource: "status" });
    }
    await Promise.all([...this.#agents.values()].map((agent) => agent.start()));
  }

  async attach(pod: Pod, signal: AbortSignal): Promise<readonly string[]> {
    const { ips } = await this.#agentOf(pod).add({ ...argsOf(pod), ...nic }, signal);
    return ips.map(({ address }) => address.slice(0, address.indexOf("/")));
  }

  async detach(pod: Pod): Promise<void> {
    await this.#agentOf(pod).del({ ...argsOf(pod), ...nic });
  }

  /** Records an Event as a kubelet does. */
  warn(pod: Pod, reason: string, message: string): void {
    warnPod(this.#kubelet, pod, reason, message);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.stop()));
  }

  #agentOf({ metadata, spec }: Pod): Agent {
    const agent = this.#agents.get(spec?.nodeName ?? "");
    if (!agent) throw new Error(`Cannot connect Pod "${metadata.name}": there is no node "${spec?.nodeName}"`);
    return agent;
  }
}

/** A sandbox has a pod for as long as the pod lives here, so its UID tells it apart. */
function argsOf({ metadata: { namespace = "", name, uid = "" } }: Pod): PodArgs {
  return { containerID: uid, podNamespace: namespace, podName: name, podUID: uid };
}
