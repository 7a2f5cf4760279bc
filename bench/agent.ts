/**
 * The agent of a node as the bench runs it: the real assembly on a unix socket, in a process of its own, which counts what it asks
 * of the API server.
 *
 * Talks to its parent by messages: `snapshot` is answered with the figures so far, `reset` begins a new phase. Arguments: kubeconfig,
 * name of the node, path of the socket.
 * @module
 */

import { subscribe } from "node:diagnostics_channel";
import { Agent } from "../src/agent/agent.ts";
import { readAgentConfig } from "../src/agent/agent-config.ts";
import { listenOnSocket } from "../src/agent/socket-server.ts";
import { systemClock } from "../src/clock.ts";
import { connect } from "../src/cluster/kubernetes/connect.ts";
import { defaultIpamSettings } from "../src/ipam/settings.ts";
import { createLog } from "../src/log.ts";
import { systemRandom } from "../src/random.ts";
import { peakMemoryMiB } from "./process-figures.ts";

/** What a phase cost an agent. */
export interface AgentFigures {
  /** Requests by verb, resource and answer, e.g. `create spiderendpoints 201`; without watches. */
  readonly requests: Readonly<Record<string, number>>;
  /** How long they took, all together, in milliseconds. */
  readonly requestMs: Readonly<Record<string, number>>;
  /** TLS connections opened. */
  readonly connections: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  /** Lines that reached the log as a warning or an error. */
  readonly complaints: readonly string[];
}

const [kubeconfig = "", nodeName = "", path = ""] = process.argv.slice(2);
const { concurrency } = readAgentConfig(["--node-name", nodeName], {});

let requests: Record<string, number> = {};
let requestMs: Record<string, number> = {};
let connections = 0;
let complaints: string[] = [];
let cpuBefore = process.cpuUsage();

subscribe("undici:client:connected", () => {
  connections += 1;
});
const cluster = await connect({
  kubeconfig,
  connections: concurrency,
  onRequest: ({ verb, plural, subresource, code, milliseconds = 0 }) => {
    if (verb === "watch") return;
    const key = `${verb} ${plural}${subresource ? `/${subresource}` : ""} ${code}`;
    requests[key] = (requests[key] ?? 0) + 1;
    requestMs[key] = (requestMs[key] ?? 0) + milliseconds;
  },
});
const log = createLog({
  clock: systemClock,
  level: "warn",
  format: "text",
  write: (line) => complaints.push(line),
});
const agent = new Agent({
  cluster,
  clock: systemClock,
  random: systemRandom,
  settings: { ...defaultIpamSettings, nodeName },
  log,
  warn: (pod, reason, message) => complaints.push(`${reason} of ${pod.metadata.name}: ${message}`),
});

function figures(): AgentFigures {
  const { user, system } = process.cpuUsage(cpuBefore);
  return { requests, requestMs, connections, cpuSeconds: (user + system) / 1e6, peakMiB: peakMemoryMiB(), complaints };
}

process.on("message", (message) => {
  if (message === "snapshot") process.send?.(figures());
  if (message === "reset") {
    requests = {};
    requestMs = {};
    connections = 0;
    complaints = [];
    cpuBefore = process.cpuUsage();
    process.send?.(figures());
  }
});
process.on("disconnect", () => process.exit(0));
await agent.start();
await listenOnSocket({ path, service: agent, clock: systemClock, log });
process.send?.("ready");
