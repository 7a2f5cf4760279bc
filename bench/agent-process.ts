/**
 * An agent in a process of its own, and the calls of its unix socket that a CNI plugin makes.
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { AGENT_PATH } from "../src/api/agent-protocol.ts";
import { systemClock } from "../src/clock.ts";
import { AgentClient } from "../src/cni/agent-client.ts";
import type { Reply } from "../src/cni/http-reply.ts";
import type { AgentFigures } from "./agent.ts";
import type { BenchPod } from "./pods.ts";

/** As long as the plugin waits. */
const timeoutMs = 100_000;

export class AgentProcess {
  readonly node: string;
  readonly #child: ChildProcess;
  readonly #client: AgentClient;

  private constructor(node: string, child: ChildProcess, socket: string) {
    this.node = node;
    this.#child = child;
    this.#client = new AgentClient(socket, systemClock);
  }

  /** Starts the bundled agent of a node; resolves when it may be asked. BENCH_FLAGS are Node.js's. */
  static async start(bundle: string, kubeconfig: string, node: string, socket: string): Promise<AgentProcess> {
    const child = fork(bundle, [kubeconfig, node, socket], {
      execArgv: (process.env["BENCH_FLAGS"] ?? "--max-semi-space-size=4 --max-old-space-size=256")
        .split(" ")
        .filter(Boolean),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    await once(child, "message");
    return new AgentProcess(node, child, socket);
  }

  /** ADD or DEL of the pod's only NIC, over a connection of its own, as every plugin is a process of its own. */
  call(method: "POST" | "DELETE", { namespace, name, uid }: BenchPod): Promise<Reply> {
    const body = {
      containerID: uid,
      ifName: "eth0",
      netNamespace: "/run/netns/none",
      podNamespace: namespace,
      podName: name,
      podUID: uid,
    };
    return this.#client.ask(method, AGENT_PATH.ip, { body, timeoutMs });
  }

  async ask(message: "snapshot" | "reset"): Promise<AgentFigures> {
    this.#child.send(message);
    const [figures] = await once(this.#child, "message");
    return figures as AgentFigures;
  }

  end(): void {
    this.#child.disconnect();
  }
}

/** What a phase cost several agents together; memory is that of the largest. */
export class Cost {
  readonly peakMiB: number;
  readonly #all: readonly AgentFigures[];
  readonly #requests: Readonly<Record<string, number>>;
  readonly #requestMs: Readonly<Record<string, number>>;

  constructor(all: readonly AgentFigures[]) {
    this.#all = all;
    this.peakMiB = Math.max(...all.map(({ peakMiB }) => peakMiB));
    this.#requests = added(all.map(({ requests }) => requests));
    this.#requestMs = added(all.map(({ requestMs }) => requestMs));
  }

  /** Writes that were tried, conflicts among them. */
  get writes(): number {
    return this.#count((key) => !/^(?:get|list|discover) /.test(key));
  }

  /** Prints it for so many pods. */
  tell(pods: number): void {
    const sum = (of: (each: AgentFigures) => number): number => this.#all.reduce((total, each) => total + of(each), 0);
    const conflicts = this.#count((key) => key.endsWith(" 409"));
    const cpuSeconds = sum((each) => each.cpuSeconds);
    console.log(
      `  conflicts ${conflicts}; connections opened ${sum((each) => each.connections)}; CPU ${cpuSeconds.toFixed(2)} s (${((1000 * cpuSeconds) / pods).toFixed(2)} ms per pod); peak RSS ${this.peakMiB.toFixed(0)} MiB`,
    );
    for (const [key, count] of Object.entries(this.#requests)) {
      const ms = (this.#requestMs[key] ?? 0) / count;
      console.log(`    ${(count / pods).toFixed(3)} per pod: ${key}, ${ms.toFixed(1)} ms on average`);
    }
    const complaints = this.#all.flatMap((each) => each.complaints);
    for (const line of complaints.slice(0, 5)) console.log(`    logged: ${line}`);
  }

  #count(fits: (key: string) => boolean): number {
    return Object.entries(this.#requests).reduce((sum, [key, count]) => (fits(key) ? sum + count : sum), 0);
  }
}

function added(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, value] of all.flatMap((each) => Object.entries(each))) sums[key] = (sums[key] ?? 0) + value;
  return sums;
}
