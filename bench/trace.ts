/**
 * `npm run bench:trace`: what recording costs the operator, and how fast a trace is replayed.
 *
 * Needs no cluster: applications are created, scaled and deleted in one in memory, several times with each way of recording, in turn,
 * and the least processor time of each way counts. Arguments: applications (300), rounds (9), lines to replay (100 000). Exit code 1
 * where the ring, which is always on, takes more than 5 %, or the replay more than 10 s.
 * @module
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as served from "../src/api/resources.ts";
import { systemClock } from "../src/clock.ts";
import { createMemoryCluster } from "../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../src/cluster/memory/virtual-clock.ts";
import { silentLog } from "../src/log.ts";
import { Operator } from "../src/operator.ts";
import { seededRandom } from "../src/random.ts";
import { defaultSettings as settings } from "../src/settings.ts";
import { TraceRecorder, type TraceSink } from "../src/trace/recorder.ts";
import { replay } from "../src/trace/replay.ts";
import { TraceRing } from "../src/trace/ring.ts";
import { TraceFile } from "../src/trace/trace-file.ts";
import { readTrace } from "../src/trace/trace-reader.ts";
import { annotationsOf, createWorkload, scaleWorkload, subnet } from "../test/support/scenario.ts";
import { bar, verdict } from "./bars.ts";

const [apps = 300, rounds = 9, lines = 100_000] = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(tmpdir(), "autopool-trace-"));
const path = join(directory, "trace");

/** Plays the lives of all applications; returns the processor time in seconds. */
async function play(sinks: readonly TraceSink[] | undefined): Promise<number> {
  const clock = createVirtualClock();
  const server = createMemoryCluster({ clock, resources: Object.values(served) });
  const user = server.connect();
  await user.create(served.spiderSubnets, subnet("s4", "10.0.0.0/16", ["10.0.0.1-10.0.255.254"]));
  const cluster = server.connect({ latencyMs: 2 });
  const recorder = sinks && new TraceRecorder({ clock, settings, sinks });
  const operator = new Operator({
    cluster,
    clock,
    random: seededRandom(1),
    settings,
    log: silentLog,
    ...(recorder && { recorder }),
  });
  const before = process.cpuUsage();
  const started = operator.start();
  await clock.advance(1_000);
  await started;
  const annotations = annotationsOf({ nics: [{ interface: "eth0", ipv4: "s4" }] });
  const all = Array.from({ length: apps }, (_, i) => `app-${i}`);
  for (const act of [
    (name: string) => createWorkload(user, served.deployments, name, 2, annotations),
    (name: string) => scaleWorkload(user, served.deployments, name, 4),
    (name: string) => user.delete(served.deployments, { namespace: "default", name }),
  ]) {
    for (const name of all) {
      await act(name);
      await clock.advance(3);
    }
    await clock.advance(20_000);
  }
  const { user: own, system } = process.cpuUsage(before);
  const stopped = operator.stop();
  await clock.advance(10_000);
  await stopped;
  return (own + system) / 1e6;
}

const ways = {
  none: () => undefined,
  ring: () => [new TraceRing()],
  file: () => [new TraceRing(), new TraceFile({ path, clock: systemClock, onError: console.error })],
} satisfies Record<string, () => TraceSink[] | undefined>;

const least: Record<string, number> = {};
for (let round = 0; round < rounds; round++) {
  for (const [way, sinks] of Object.entries(ways)) {
    rmSync(path, { force: true });
    const open = sinks();
    const seconds = await play(open);
    for (const sink of open ?? []) if (sink instanceof TraceFile) sink.close();
    least[way] = Math.min(least[way] ?? Number.POSITIVE_INFINITY, seconds);
  }
}
const { none = 0, ring = 0, file = 0 } = least;
console.log(`${apps} applications created, scaled and deleted: ${none.toFixed(3)} s of processor time without a trace`);
const share = (seconds: number): number => (100 * (seconds - none)) / none;
bar("ring: more processor time, %", share(ring), share(ring) <= 5, "≤ 5");
// Here nothing else is made into text; against a real API server a file is a small part of that (`npm run bench`).
bar("ring and file: more processor time, %", share(file), true, "told only");

const once = readFileSync(path, "utf8").trimEnd().split("\n");
const texts = Array.from({ length: Math.ceil(lines / once.length) }, () => once)
  .flat()
  .slice(0, lines);
const before = process.cpuUsage();
const { lines: count, decisions, difference } = await replay(readTrace(texts));
const { user, system } = process.cpuUsage(before);
const seconds = (user + system) / 1e6;
console.log(
  `${count} lines with ${decisions} decisions replayed${difference ? `, differing at ${difference.number}` : ""}`,
);
bar("replay: seconds of processor time", seconds, seconds < 10 && count >= lines - 1, "< 10");
rmSync(directory, { recursive: true });
process.exit(verdict());
