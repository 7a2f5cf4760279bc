/**
 * `npm run bench:allocations`: how fast pods get their addresses out of one pool, and give them back, through the agents' sockets.
 *
 * The pool has exactly one address for each pod. One agent with 10 and with 50 callers, then five agents with 10 callers each;
 * before each round, a bare client creates the same endpoints with as many callers: the ceiling. Exit code 1 where a bar of the
 * issue is missed. Argument: number of pods (1000). Takes the cluster of KUBECONFIG_TEST.
 * @module
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddAnswer } from "../src/api/agent-protocol.ts";
import { spiderEndpoints } from "../src/api/resources.ts";
import { systemClock } from "../src/clock.ts";
import type { Cluster } from "../src/cluster/cluster.ts";
import { connect } from "../src/cluster/kubernetes/connect.ts";
import type { Reply } from "../src/cni/http-reply.ts";
import { AgentProcess, Cost } from "./agent-process.ts";
import { bar, verdict } from "./bars.ts";
import { inParallel } from "./load.ts";
import { type BenchPod, endpointOf, PodField } from "./pods.ts";
import { percentile } from "./process-figures.ts";

interface Round {
  readonly agents: number;
  /** Of each agent. */
  readonly callers: number;
}

/** One round's pods and agents. */
interface Stage extends Round {
  readonly name: string;
  readonly field: PodField;
  readonly pods: readonly BenchPod[];
  readonly processes: readonly AgentProcess[];
  readonly ceiling: Ceiling;
}

const rounds: readonly Round[] = [
  { agents: 1, callers: 10 },
  { agents: 1, callers: 50 },
  { agents: 5, callers: 10 },
];
const agentsMax = Math.max(...rounds.map(({ agents }) => agents));
const bundle = "dist/bench-agent.mjs";
const [podCount = 1000] = process.argv.slice(2).map(Number);
const kubeconfig = process.env["KUBECONFIG_TEST"];
if (!kubeconfig) {
  process.stderr.write("Cannot run the bench without a cluster: set KUBECONFIG_TEST, see test/cluster/README.md\n");
  process.exit(2);
}

/** Seconds that all of it took, and milliseconds of each, ascending. */
interface Timing {
  readonly seconds: number;
  readonly latencies: readonly number[];
}

async function timed<T>(
  items: readonly T[],
  callers: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<Timing> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  await inParallel(items, callers, async (item, index) => {
    const sentAt = performance.now();
    await work(item, index);
    latencies.push(performance.now() - sentAt);
  });
  return { seconds: (performance.now() - startedAt) / 1000, latencies: latencies.sort((a, b) => a - b) };
}

/** Does `work` for all pods, each agent's by its own callers. */
async function byNode(
  pods: readonly BenchPod[],
  agents: readonly AgentProcess[],
  callers: number,
  work: (agent: AgentProcess, pod: BenchPod) => Promise<void>,
): Promise<Timing> {
  const timings = await Promise.all(
    agents.map((agent) =>
      timed(
        pods.filter(({ node }) => node === agent.node),
        callers,
        (pod) => work(agent, pod),
      ),
    ),
  );
  return {
    seconds: Math.max(...timings.map(({ seconds }) => seconds)),
    latencies: timings.flatMap(({ latencies }) => latencies).sort((a, b) => a - b),
  };
}

/**
 * A bare client that creates an endpoint for each pod and removes it again, half of them before and half after what is measured: a
 * machine that others use too is then the same for both.
 */
class Ceiling {
  readonly #cluster: Cluster;
  #seconds = { create: 0, remove: 0 };

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async measure({ pods, field, agents, callers }: Omit<Stage, "ceiling">, half: 0 | 1): Promise<void> {
    const made = pods
      .map((pod, i) => endpointOf(pod, `bare-${pod.name}`, field.pool, i + 1))
      .filter((_, i) => i % 2 === half);
    const [c0, o0] = [serverCpu(), process.cpuUsage()];
    const created = await timed(made, agents * callers, async (endpoint) => {
      await this.#cluster.create(spiderEndpoints, endpoint);
    });
    const o1 = process.cpuUsage(o0);
    console.log(`  ceiling CPU ms/endpoint: server ${((serverCpu() - c0) / made.length).toFixed(2)} caller ${((o1.user + o1.system) / 1000 / made.length).toFixed(2)}`);
    const removed = await timed(made, agents * callers, async ({ metadata: { namespace = "", name } }) => {
      await this.#cluster.patch(spiderEndpoints, { namespace, name }, { metadata: { finalizers: [] } });
      await this.#cluster.delete(spiderEndpoints, { namespace, name });
    });
    this.#seconds.create += created.seconds;
    this.#seconds.remove += removed.seconds;
  }

  /** Endpoints per second. */
  get rate(): { readonly create: number; readonly remove: number } {
    return { create: podCount / this.#seconds.create, remove: podCount / this.#seconds.remove };
  }
}

/** Compares what was answered with the pool's records and the endpoints. */
async function checkBooks({ name, field }: Stage, given: ReadonlyMap<string, string>): Promise<void> {
  const [records, endpoints] = [await field.records(), await field.endpoints()];
  const answered = new Set([...given].map(([uid, address]) => `${address} ${uid}`));
  const recorded = [...records].map(([address, { podUid }]) => `${address} ${podUid}`);
  const listed = endpoints.flatMap(({ status }) =>
    (status?.current.ips ?? []).map(({ ipv4 = "" }) => `${ipv4.split("/")[0]} ${status?.current.uid}`),
  );
  const differing = [recorded, listed].reduce(
    (sum, book) => sum + Math.abs(book.length - answered.size) + book.filter((entry) => !answered.has(entry)).length,
    0,
  );
  bar(`${name}: served`, given.size, given.size === podCount, `${podCount}`);
  const duplicates = given.size - new Set(given.values()).size;
  bar(`${name}: addresses given twice`, duplicates, duplicates === 0, "0");
  bar(`${name}: answers, records and endpoints that differ`, differing, differing === 0, "0");
}

interface Played {
  /** Pods per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly cost: Cost;
}

/** Asks the same for all pods, and tells what that took. */
import { readFileSync, readdirSync } from "node:fs";
const cpuPids = readdirSync("/proc").filter((p) => /^\d+$/.test(p)).filter((pid) => { try { return readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("/tmp/ap-h10/bin/"); } catch { return false; } });
const serverCpu = () => cpuPids.reduce((sum, pid) => { const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" "); return sum + (Number(f[11]) + Number(f[12])) * 10; }, 0);
async function play(
  { name, pods, processes, callers }: Stage,
  verb: "POST" | "DELETE",
  take: (pod: BenchPod, reply: Reply) => void,
): Promise<Played> {
  await Promise.all(processes.map((agent) => agent.ask("reset")));
  const refusals = new Set<string>();
  const [c0, o0] = [serverCpu(), process.cpuUsage()];
  const { seconds, latencies } = await byNode(pods, processes, callers, async (agent, pod) => {
    const reply = await agent.call(verb, pod);
    if (reply.status === 200) take(pod, reply);
    else refusals.add(String(reply.body));
  });
  const cost = new Cost(await Promise.all(processes.map((agent) => agent.ask("snapshot"))));
  const o1 = process.cpuUsage(o0);
  console.log(`  CPU ms/pod: server ${((serverCpu() - c0) / pods.length).toFixed(2)} caller ${((o1.user + o1.system) / 1000 / pods.length).toFixed(2)}`);
  const rate = pods.length / seconds;
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  const done = verb === "POST" ? "served" : "released";
  console.log(
    `\n${name}: ${pods.length} pods ${done} in ${seconds.toFixed(2)} s (${rate.toFixed(0)}/s), p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
  );
  cost.tell(pods.length);
  for (const refusal of [...refusals].slice(0, 5)) console.log(`    refused: ${refusal}`);
  return { rate, p99, cost };
}

async function playAdds(stage: Stage): Promise<void> {
  const { name, ceiling, agents, callers } = stage;
  const given = new Map<string, string>();
  await ceiling.measure(stage, 0);
  const { rate, p99, cost } = await play(stage, "POST", ({ uid }, { body }) => {
    given.set(uid, (body as AddAnswer).ips[0]?.address.split("/")[0] ?? "");
  });
  await checkBooks(stage, given);
  await ceiling.measure(stage, 1);
  const most = ceiling.rate.create;
  console.log(`  ceiling: ${most.toFixed(0)} endpoints created per second`);
  bar(`${name}: share of the ceiling, %`, (100 * rate) / most, rate >= most / 2, "≥ 50");
  bar(`${name}: peak RSS of an agent, MiB`, cost.peakMiB, cost.peakMiB <= 150, "≤ 150");
  // Fewer callers gather fewer claims into one write of the pool.
  if (agents > 1 || callers < 50) return;
  const writes = cost.writes / podCount;
  bar(`${name}: writes per allocation`, writes, writes <= 1.3, "≤ 1.3");
  bar(`${name}: p99, s`, p99 / 1000, p99 <= 1500, "≤ 1.5");
}

async function playReleases(stage: Stage): Promise<void> {
  const { name, field, pods, ceiling } = stage;
  await field.delete(pods);
  const { rate, cost } = await play(stage, "DELETE", () => {});
  const left = (await field.records()).size + (await field.endpoints()).length;
  const most = ceiling.rate.remove;
  console.log(`  ceiling: ${most.toFixed(0)} endpoints removed per second`);
  bar(`${name}: share of the ceiling in releases, %`, (100 * rate) / most, true, "told only");
  bar(`${name}: records and endpoints left`, left, left === 0, "0");
  bar(`${name}: peak RSS of an agent after releases, MiB`, cost.peakMiB, cost.peakMiB <= 150, "≤ 150");
}

async function playRound(cluster: Cluster, field: PodField, folder: string, round: Round): Promise<void> {
  const { agents, callers } = round;
  const name = `${agents} agent${agents > 1 ? "s" : ""} × ${callers} callers`;
  const pods = await field.create(podCount, agents, `pod-${agents}-${callers}`);
  const processes = await Promise.all(
    Array.from({ length: agents }, (_, i) =>
      AgentProcess.start(bundle, kubeconfig as string, field.nodeAt(i), join(folder, `${agents}-${callers}-${i}`)),
    ),
  );
  try {
    const stage = { ...round, name, field, pods, processes, ceiling: new Ceiling(cluster) };
    await playAdds(stage);
    await playReleases(stage);
  } finally {
    for (const agent of processes) agent.end();
  }
}

async function main(kubeconfigPath: string): Promise<void> {
  const env = { ...process.env, BUNDLE: `bench/agent.ts:${bundle}` };
  execFileSync("rolldown", ["-c", ".ci/bundle.config.js"], { env, stdio: "ignore" });
  const folder = mkdtempSync(join(tmpdir(), "autopool-bench-"));
  const cluster = await connect({ kubeconfig: kubeconfigPath, connections: 50 });
  const field = await PodField.open(cluster, `bench-${systemClock.now().toString(36)}`, agentsMax, podCount);
  try {
    for (const round of rounds) await playRound(cluster, field, folder, round);
  } finally {
    await field.close();
    await cluster.close();
    rmSync(folder, { recursive: true });
  }
}

await main(kubeconfig);
process.exit(verdict());
