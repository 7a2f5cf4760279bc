/**
 * `npm run bench:admission`: how long the webhook takes, beside the same writes without it, with a thousand pools in one subnet.
 *
 * Each sort of write by one caller and by ten; half of the bare writes come before and half after. Exit code 1 where a bar of the
 * issue is missed. Arguments: pools in the subnet (1000), writes of each sort (200), part of a sort's name (all of them). Takes the
 * cluster of KUBECONFIG_TEST.
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { systemClock } from "../src/clock.ts";
import { connect } from "../src/cluster/kubernetes/connect.ts";
import { AdmissionField, timed } from "./admission-field.ts";
import type { AdmissionFigures } from "./admission-process.ts";
import { bar, verdict } from "./bars.ts";
import { inParallel } from "./load.ts";
import { percentile } from "./process-figures.ts";

/** Of the issue, for each of the two questions. */
const P99_MS_MAX = 20;
const MANUAL = 50;
const [pools = 1000, writes = 200] = process.argv.slice(2, 4).map(Number);
const [, , , , wanted = ""] = process.argv;
const kubeconfig = process.env["KUBECONFIG_TEST"];
if (!kubeconfig) {
  process.stderr.write("Cannot run the bench without a cluster: set KUBECONFIG_TEST, see test/cluster/README.md\n");
  process.exit(2);
}

/** One sort of write; `false`: behind the webhook's back. */
type Write = (field: AdmissionField, isSeen: boolean, index: number) => Promise<void>;

const sorts: readonly (readonly [name: string, write: Write, hasBare: boolean])[] = [
  ["edit without new addresses", (field, isSeen, index) => field.edit(isSeen, index % MANUAL), true],
  ["create a pool without a subnet", (field, isSeen) => field.createApart(isSeen), true],
  ["create a pool in the subnet", (field, isSeen) => field.createInside(isSeen), true],
  ["create a pool that is refused", (field) => field.createRefused(), false],
];

async function ask(child: ChildProcess): Promise<AdmissionFigures> {
  child.send("figures");
  const [figures] = await once(child, "message");
  return figures as AdmissionFigures;
}

async function latencies(count: number, callers: number, work: (index: number) => Promise<void>): Promise<number[]> {
  const found: number[] = [];
  await inParallel(Array.from({ length: count }), callers, async (_, index) => {
    found.push(await timed(() => work(index)));
  });
  return found;
}

function told(found: readonly number[]): string {
  const sorted = [...found].sort((a, b) => a - b);
  return `p50 ${percentile(sorted, 0.5).toFixed(1)} ms, p99 ${percentile(sorted, 0.99).toFixed(1)} ms`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

async function round(
  child: ChildProcess,
  field: AdmissionField,
  sort: (typeof sorts)[number],
  callers: number,
): Promise<void> {
  const [name, write, hasBare] = sort;
  const bareHalf = (): Promise<number[]> =>
    hasBare ? latencies(writes / 2, callers, (index) => write(field, false, index)) : Promise.resolve([]);
  const before = await bareHalf();
  await ask(child);
  const seen = await latencies(writes, callers, (index) => write(field, true, index));
  const figures = await ask(child);
  const bare = [...before, ...(await bareHalf())];
  const what = `${name}, ${callers === 1 ? "one caller" : `${callers} callers`}`;
  const load = ((loadavg()[0] ?? 0) / availableParallelism()).toFixed(1);
  console.log(`\n${what} (load of the machine: ${load} per processor)`);
  console.log(`  caller: ${told(seen)}${hasBare ? `; without the webhook: ${told(bare)}` : ""}`);
  console.log(`  webhook: mutate ${told(figures.mutate)}; validate ${told(figures.validate)}`);
  console.log(
    `  CPU ${((1000 * figures.cpuSeconds) / writes).toFixed(2)} ms per write; peak RSS ${figures.peakMiB.toFixed(0)} MiB`,
  );
  if (callers === 1) {
    const waited = Object.values(figures.asked).reduce((all, { ms }) => all + ms, 0);
    const own = (sum(figures.validate) - waited) / writes;
    console.log(`    validate: ${own.toFixed(1)} ms of its own on average, the rest waiting for the API server`);
  }
  for (const [key, { count, ms }] of Object.entries(figures.asked)) {
    console.log(`    ${(count / writes).toFixed(3)} per write: ${key}, ${(ms / count).toFixed(1)} ms on average`);
  }
  for (const webhook of ["mutate", "validate"] as const) {
    const p99 = percentile(
      [...figures[webhook]].sort((a, b) => a - b),
      0.99,
    );
    bar(`${what}: ${webhook}, p99, ms`, p99, p99 <= P99_MS_MAX, `≤ ${P99_MS_MAX}`);
  }
}

async function main(kubeconfigPath: string): Promise<void> {
  const cluster = await connect({ kubeconfig: kubeconfigPath });
  const child = fork(new URL("admission-process.ts", import.meta.url), {
    execArgv: (process.env["BENCH_FLAGS"] ?? "--max-semi-space-size=4 --max-old-space-size=256")
      .split(" ")
      .filter(Boolean),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [hook] = (await once(child, "message")) as [string];
  const field = new AdmissionField(cluster, { hook, bare: `bench-${systemClock.now().toString(36)}`, pools });
  try {
    await field.prepare(MANUAL);
    for (const callers of [1, 10]) {
      for (const sort of sorts.filter(([name]) => name.includes(wanted))) await round(child, field, sort, callers);
      await latencies(20, 1, () => field.writeLedger());
    }
    console.log(`\nthe API server alone: write of the ledger ${told(field.ledgerWrites)}`);
  } finally {
    await field.remove();
    child.send("end");
    await once(child, "exit");
    await cluster.close();
  }
}

await main(kubeconfig);
process.exit(verdict());
