/**
 * An installation on real nodes: the operator as a process beside the cluster, and in each node an agent with its CNI plugin.
 *
 * All of it is what `npm run build` and `build:cni` made. A test file opens one world in `before` and closes it in `after`; what
 * its tests made is gone then, its processes have ended, and the nodes run.
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isReady, type Node } from "../../src/api/node.ts";
import { nodes as nodeResource } from "../../src/api/resources.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { clusterScript } from "./cluster-script.ts";
import { eventually } from "./eventually.ts";
import { missingForNodes } from "./needs.ts";
import type { NodePlace } from "./node-place.ts";
import { NodePlaces } from "./node-places.ts";
import { realCluster, realKubeconfig, removeObject } from "./real.ts";
import { define } from "./stage.ts";

const root = join(import.meta.dirname, "../..");

/** The nodes of the cluster that tests use; there may be more. */
export const nodeNumbers = [1, 2] as const;
export type NodeNumber = (typeof nodeNumbers)[number];

export class NodeWorld {
  readonly cluster: Cluster;
  readonly #state: string;
  readonly #places = new NodePlaces();
  #operator: ChildProcess | undefined;

  private constructor(cluster: Cluster, state: string) {
    this.cluster = cluster;
    this.#state = state;
  }

  /** Defines our kinds, and starts the operator and the agents. */
  static async open(): Promise<NodeWorld> {
    const missing = missingForNodes();
    if (missing !== undefined) throw new Error(`Cannot use nodes: ${missing}`);
    const world = new NodeWorld(await realCluster(), process.env["AUTOPOOL_CLUSTER_STATE"] ?? "");
    try {
      await define(world.cluster);
      await world.#startOperator();
      await Promise.all(nodeNumbers.map((number) => world.repair(number)));
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  /** A namespace for one test, removed with all it holds by {@link clear}. */
  async place(): Promise<NodePlace> {
    return this.#places.fresh(this.cluster, "nodes");
  }

  /** The namespace that manifests without one go to; it stays. */
  defaultPlace(): NodePlace {
    return this.#places.default(this.cluster);
  }

  /** Removes what tests made so far. */
  async clear(): Promise<void> {
    await this.#places.clear();
  }

  /** Removes everything and ends all processes. */
  async close(): Promise<void> {
    try {
      await this.clear();
    } finally {
      await Promise.allSettled(nodeNumbers.map((number) => this.node("stop", number, "agent")));
      await this.#stopOperator();
      await this.cluster.close();
    }
  }

  /** Runs a verb of test/cluster/node.sh, and returns what it prints. */
  async node(verb: string, number: NodeNumber, ...words: string[]): Promise<string> {
    return clusterScript("node.sh", verb, `${number}`, ...words);
  }

  /** Runs a verb of test/cluster/process.sh. */
  async process(verb: "stop" | "kill" | "start" | "restart", name: string): Promise<string> {
    return clusterScript("process.sh", verb, name);
  }

  /** Starts the agent of a node and waits until it serves; what an earlier one logged stays. */
  async startAgent(number: NodeNumber): Promise<void> {
    const log = join(this.#state, "log", `node${number}`, "agent.log");
    const logged = existsSync(log) ? statSync(log).size : 0;
    const settings = ["--node-name", `node${number}`, "--kubeconfig", realKubeconfig(), "--log-format", "text"];
    const plugin = ["--cni-bin-dir", "/opt/cni/bin", "--cni-plugin", join(root, "dist/autopool-cni")];
    const program = ["node", join(root, "dist/autopool.mjs"), "agent", ...settings, ...plugin, "--log-level", "debug"];
    await this.node("start", number, "agent", ...program);
    await eventually(() => needText(log, logged, /\bready\b/), { seconds: 30 });
  }

  /** Ends an agent as a lack of memory does. */
  async killAgent(number: NodeNumber): Promise<void> {
    await this.node("kill", number, "agent");
  }

  /** Boots a node that is down, connects one that is cut off, and sees to it that its agent is the one of this world. */
  async repair(number: NodeNumber): Promise<void> {
    await this.node("up", number);
    await this.node("start", number, "relay-api");
    await this.#declareInService(`node${number}`);
    await this.node("stop", number, "agent");
    await this.startAgent(number);
  }

  /** Deletes a Node object, and nothing else of the node. */
  async forget(number: NodeNumber): Promise<void> {
    await removeObject(this.cluster, nodeResource, { name: `node${number}` });
  }

  /** Takes a person's taints off and waits until the control plane has taken off its own. */
  async #declareInService(name: string): Promise<void> {
    await eventually(
      async () => {
        const node = await this.cluster.get<Node>(nodeResource, { name });
        const taints = node.spec?.taints ?? [];
        if (isReady(node) && taints.length === 0) return;
        if (isReady(node)) await this.cluster.patch(nodeResource, { name }, { spec: { taints: null } });
        throw new Error(`Node "${name}" is not in service: ready ${isReady(node)}, taints ${JSON.stringify(taints)}`);
      },
      { seconds: 60 },
    );
  }

  async #startOperator(): Promise<void> {
    const log = join(this.#state, "log", "operator.log");
    const output = openSync(log, "a");
    const logged = statSync(log).size;
    const settings = [
      "--leader-elect=false",
      "--kubeconfig",
      realKubeconfig(),
      "--log-format",
      "text",
      "--log-level",
      "debug",
    ];
    // It goes with this process, however that ends: there may be only one operator at a time.
    const program = [process.execPath, join(root, "dist/autopool.mjs"), "run", ...settings];
    this.#operator = spawn("setpriv", ["--pdeathsig", "KILL", ...program], { stdio: ["ignore", output, output] });
    await eventually(() => needText(log, logged, /all caches are filled/), { seconds: 30 });
  }

  async #stopOperator(): Promise<void> {
    const operator = this.#operator;
    if (operator === undefined || operator.exitCode !== null || operator.signalCode !== null) return;
    const ended = once(operator, "exit");
    operator.kill("SIGTERM");
    await ended;
  }
}

function needText(file: string, from: number, pattern: RegExp): void {
  const text = existsSync(file) ? readFileSync(file).subarray(from).toString() : "";
  if (!pattern.test(text)) throw new Error(`"${file}" does not say ${pattern}:\n${text.slice(-2000)}`);
}
