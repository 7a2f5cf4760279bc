/**
 * `npm run bench`: how fast applications get their pools, against the API server's own ceiling in the same run.
 *
 * Prints a table and holds the figures to the bars of the issue; exit code 1 where one is missed. Arguments: number of
 * applications (1000), seconds of rest for the idle figures (20). Takes the cluster of KUBECONFIG_TEST.
 * @module
 */

import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { namespaces, spiderSubnets } from "../src/api/resources.ts";
import type { SpiderSubnet } from "../src/api/subnet.ts";
import { sleep, systemClock } from "../src/clock.ts";
import type { Cluster } from "../src/cluster/cluster.ts";
import { connect } from "../src/cluster/kubernetes/connect.ts";
import { bar, verdict } from "./bars.ts";
import { measureCeiling } from "./ceiling.ts";
import { Load, type Phase } from "./load.ts";
import type { Figures } from "./operator.ts";
import { percentile } from "./process-figures.ts";

const callers = 20;
/** A subnet's record of its pools must fit into one etcd object of 1.5 MiB. */
const appsPerSubnetMax = 4000;
const [apps = 1000, restSeconds = 20] = process.argv.slice(2).map(Number);
const kubeconfig = process.env["KUBECONFIG_TEST"];
if (!kubeconfig) {
  process.stderr.write("Cannot run the bench without a cluster: set KUBECONFIG_TEST, see test/cluster/README.md\n");
  process.exit(2);
}

async function ask(child: ChildProcess, message: string): Promise<Figures> {
  child.send(message);
  const [figures] = await once(child, "message");
  return figures as Figures;
}

/** Waits until the operator has nothing left to do, statuses and ledgers included. */
async function settle(child: ChildProcess): Promise<Figures> {
  let figures = await ask(child, "snapshot");
  for (let quiet = 0; quiet < 3; quiet = figures.isIdle ? quiet + 1 : 0) {
    await sleep(systemClock, 50);
    figures = await ask(child, "snapshot");
  }
  return figures;
}

function report(name: string, phase: Phase, settledSeconds: number, figures: Figures, ceiling: number): void {
  const rate = apps / phase.seconds;
  const counted = Object.entries(figures.requests).filter(([key]) => !key.startsWith("watch"));
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  const [p50, p99] = [percentile(phase.latencies, 0.5), percentile(phase.latencies, 0.99)];
  console.log(
    `\n${name}: ${apps} applications in ${phase.seconds.toFixed(2)} s (${rate.toFixed(0)}/s), all settled after ${settledSeconds.toFixed(2)} s`,
  );
  console.log(
    `  p50 ${p50} ms, p99 ${p99} ms; ceiling ${ceiling.toFixed(0)}/s; ledger writes ${figures.ledgerWrites}; connections opened ${figures.connections}; CPU ${figures.cpuSeconds.toFixed(2)} s; peak RSS ${figures.peakMiB.toFixed(0)} MiB (heap/total/external/buffers/rss ${figures.memory})`,
  );
  for (const [key, count] of counted) console.log(`    ${(count / apps).toFixed(3)} per app: ${key}`);
  for (const line of figures.complaints.slice(0, 5)) console.log(`    logged: ${line}`);
  bar(`${name}: share of the ceiling, %`, (100 * rate) / ceiling, rate >= ceiling / 2, "≥ 50");
  bar(
    `${name}: share of the ceiling with every status written, %`,
    (100 * apps) / settledSeconds / ceiling,
    true,
    "told only",
  );
  if (name !== "delete" && apps <= 1000) bar(`${name}: p99, s`, p99 / 1000, p99 <= 5000, "≤ 5");
  bar(`${name}: requests per app`, total / apps, total / apps <= 3, "≤ 3");
  const ledgerBar = apps > 1000 ? apps / 5 : 100;
  bar(`${name}: ledger writes`, figures.ledgerWrites, figures.ledgerWrites <= ledgerBar, `≤ ${ledgerBar}`);
  bar(`${name}: warnings and errors logged`, figures.complaints.length, figures.complaints.length === 0, "0");
  const memoryBar = apps > 1000 ? 400 : 200;
  bar(`${name}: peak RSS, MiB`, figures.peakMiB, figures.peakMiB <= memoryBar, `≤ ${memoryBar}`);
}

function createSubnets(cluster: Cluster, run: string): Promise<SpiderSubnet[]> {
  return Promise.all(
    Array.from({ length: Math.ceil(apps / appsPerSubnetMax) }, (_, i) =>
      cluster.create<SpiderSubnet>(spiderSubnets, {
        metadata: { name: `${run}-${i}` },
        spec: { subnet: `10.${96 + i}.0.0/16`, ips: [`10.${96 + i}.0.1-10.${96 + i}.255.254`] },
      }),
    ),
  );
}

async function main(kubeconfigPath: string): Promise<void> {
  const BUNDLE = "bench/operator.ts:dist/bench-operator.mjs";
  execFileSync("rolldown", ["-c", ".ci/bundle.config.js"], { env: { ...process.env, BUNDLE }, stdio: "ignore" });
  const cluster = await connect({ kubeconfig: kubeconfigPath, connections: callers });
  const run = `bench-${systemClock.now().toString(36)}`;
  await cluster.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: run } });
  const subnets = await createSubnets(cluster, run);
  const ceiling = await measureCeiling(cluster, subnets[0] as SpiderSubnet, apps, callers);
  const child = fork("dist/bench-operator.mjs", [kubeconfigPath], {
    execArgv: (process.env["BENCH_FLAGS"] ?? "--max-semi-space-size=4 --max-old-space-size=256")
      .split(" ")
      .filter(Boolean),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await once(child, "message");
  await settle(child);
  const load = new Load(cluster, run, apps);
  try {
    for (const [name, act] of [
      [
        "create",
        () =>
          load.create(
            callers,
            subnets.map(({ metadata }) => metadata.name),
          ),
      ],
      ["scale", () => load.scale(callers)],
    ] as const) {
      await ask(child, "reset");
      const startedAt = systemClock.now();
      const phase = await act();
      const figures = await settle(child);
      report(name, phase, (systemClock.now() - startedAt) / 1000, figures, ceiling[name]);
    }
    await ask(child, "reset");
    await sleep(systemClock, restSeconds * 1000);
    const rest = await ask(child, "snapshot");
    const asked = Object.keys(rest.requests).filter((key) => !key.startsWith("watch"));
    console.log(`\nidle with ${apps} applications for ${restSeconds} s`);
    bar("idle: CPU, % of a core", (100 * rest.cpuSeconds) / restSeconds, rest.cpuSeconds < restSeconds / 100, "< 1");
    bar("idle: requests but watches", asked.length, asked.length === 0, "0");
    await ask(child, "reset");
    const startedAt = systemClock.now();
    const phase = await load.remove(callers);
    const figures = await settle(child);
    report("delete", phase, (systemClock.now() - startedAt) / 1000, figures, ceiling.delete);
    if (apps <= 1000) bar("delete: seconds", phase.seconds, phase.seconds <= 15, "≤ 15");
  } finally {
    child.disconnect();
    await load.stop();
    await cluster.delete(namespaces, { name: run });
    for (const { metadata } of subnets) {
      await cluster.patch(spiderSubnets, { name: metadata.name }, { metadata: { finalizers: [] } });
      await cluster.delete(spiderSubnets, { name: metadata.name });
    }
    await cluster.close();
  }
}

await main(kubeconfig);
process.exit(verdict());
