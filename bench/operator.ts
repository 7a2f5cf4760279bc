/**
 * The operator as the bench runs it: the real assembly in a process of its own, which counts what it asks of the API server.
 *
 * Talks to its parent by messages: `snapshot` is answered with the figures so far, `reset` begins a new phase.
 * @module
 */

import { subscribe } from "node:diagnostics_channel";
import { systemClock } from "../src/clock.ts";
import { connect } from "../src/cluster/kubernetes/connect.ts";
import { defaultCollectorSettings } from "../src/ipam/collector-settings.ts";
import { createLog } from "../src/log.ts";
import { Operator } from "../src/operator.ts";
import { systemRandom } from "../src/random.ts";
import { defaultSettings } from "../src/settings.ts";
import { TraceRecorder } from "../src/trace/recorder.ts";
import { TraceRing } from "../src/trace/ring.ts";
import { TraceFile } from "../src/trace/trace-file.ts";
import { peakMemoryMiB } from "./process-figures.ts";

/** What a phase cost. */
export interface Figures {
  /** Requests by verb, resource and answer, e.g. `create spiderippools 201`. */
  readonly requests: Record<string, number>;
  readonly ledgerWrites: number;
  /** TLS connections opened. */
  readonly connections: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  /** Used heap and memory outside of it, after the last garbage collection that V8 chose to do. */
  readonly memory: string;
  /** Lines that reached the log as a warning or an error. */
  readonly complaints: readonly string[];
  readonly isIdle: boolean;
}

let requests: Record<string, number> = {};
let ledgerWrites = 0;
let connections = 0;
let complaints: string[] = [];
let cpuBefore = process.cpuUsage();

subscribe("undici:client:connected", () => {
  connections += 1;
});
const [kubeconfig = ""] = process.argv.slice(2);
const cluster = await connect({
  kubeconfig,
  connections: defaultSettings.concurrency,
  onRequest: ({ verb, plural, subresource, code }) => {
    const key = `${verb} ${plural}${subresource ? `/${subresource}` : ""} ${code}`;
    requests[key] = (requests[key] ?? 0) + 1;
  },
});
// As in `autopool run`: the ring always, a file where one is asked for; `off` is for comparison.
const tracePath = process.env["BENCH_TRACE"];
const file =
  tracePath && tracePath !== "off"
    ? new TraceFile({ path: tracePath, clock: systemClock, onError: (error) => complaints.push(String(error)) })
    : undefined;
const sinks = [new TraceRing(), ...(file ? [file] : [])];
const operator = new Operator({
  cluster,
  clock: systemClock,
  random: systemRandom,
  settings: { ...defaultSettings, collection: defaultCollectorSettings },
  ...(tracePath !== "off" && {
    recorder: new TraceRecorder({ clock: systemClock, settings: defaultSettings, sinks }),
  }),
  log: createLog({ clock: systemClock, level: "warn", format: "text", write: (line) => complaints.push(line) }),
  onLedgerWrite: () => {
    ledgerWrites += 1;
  },
});

function figures(): Figures {
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const { heapUsed, heapTotal, external, arrayBuffers, rss } = process.memoryUsage();
  const parts = [heapUsed, heapTotal, external, arrayBuffers, rss];
  return {
    memory: parts.map((bytes) => (bytes / 2 ** 20).toFixed(0)).join("/"),
    requests,
    ledgerWrites,
    connections,
    cpuSeconds,
    peakMiB: peakMemoryMiB(),
    complaints,
    isIdle: operator.isIdle,
  };
}

process.on("message", (message) => {
  if (message === "snapshot") process.send?.(figures());
  if (message === "reset") {
    requests = {};
    ledgerWrites = 0;
    connections = 0;
    complaints = [];
    cpuBefore = process.cpuUsage();
    process.send?.(figures());
  }
});
process.on("disconnect", () => process.exit(0));
await operator.start();
process.send?.("ready");
