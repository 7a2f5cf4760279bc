/**
 * `npm run bench:endurance`: months of an operator's life in minutes, and what is left of them in memory.
 *
 * Arguments: applications that come and go (100 000), and a tenth as many again on an API server that takes 400 ms for everything;
 * watches that end or break off (10 000). Needs no cluster. The UIDs of the last 50 000 applications that have ended are remembered on
 * purpose: that much may be added until then. Exit code 1 says that something else went on growing.
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Holding, held, livesOf, watchesOf } from "../test/support/endurance.ts";
import { plainKubeconfig } from "../test/support/plain-kubeconfig.ts";
import { bar, verdict } from "./bars.ts";

const [lives = 100_000, watches = 10_000] = process.argv.slice(2).map(Number);
const samples = 10;
const heapMiB = 8;
const residentMiB = 40;
/** `endsMax` of src/observe/application-index.ts, and what one of them takes. */
const remembered = 50_000;
const rememberedMiB = 1_500 / 2 ** 20;

/** Plays ten parts, tells what is held after each, and compares the last with the one after the warming up. */
async function play(what: string, count: number, part: (count: number) => Promise<unknown>): Promise<void> {
  console.log(`\n${what}: ${count}`);
  // What is remembered is full at half of it, and counts no more from the sixth part on.
  const isFull = count >= 2 * remembered;
  const warmSamples = isFull ? 6 : 2;
  let first: Holding | undefined;
  let last: Holding | undefined;
  for (let sample = 1; sample <= samples; sample++) {
    await part(Math.ceil(count / samples));
    last = await held();
    if (sample === warmSamples) first = last;
    const { heap, resident, descriptors } = last;
    console.log(
      `  ${sample}: heap ${heap.toFixed(1)} MiB, resident ${resident.toFixed(0)} MiB, ${descriptors} descriptors`,
    );
  }
  if (!first || !last) return;
  const [heap, resident] = [last.heap - first.heap, last.resident - first.resident];
  const more = isFull ? 0 : count * rememberedMiB;
  const heapMax = Math.ceil(heapMiB + more);
  const residentMax = Math.ceil(residentMiB + more);
  bar(`${what}: growth of the heap, MiB`, heap, heap <= heapMax, `≤ ${heapMax}`);
  bar(`${what}: growth of the resident memory, MiB`, resident, resident <= residentMax, `≤ ${residentMax}`);
  const descriptors = last.descriptors - first.descriptors;
  bar(`${what}: growth of file descriptors`, descriptors, descriptors <= 2, "≤ 2");
}

for (const [how, latencyMs, count] of [
  ["applications on a quick API server", 1, lives],
  ["applications on a slow API server", 400, lives / 10],
] as const) {
  const { live, end } = livesOf(latencyMs);
  await play(how, count, live);
  await end();
}
const directory = mkdtempSync(join(tmpdir(), "endurance-"));
const kubeconfig = join(directory, "kubeconfig");
const { reconnect, end } = await watchesOf((port) => {
  writeFileSync(kubeconfig, plainKubeconfig(port));
  return kubeconfig;
});
await play("watches", watches, reconnect);
await end();
rmSync(directory, { recursive: true });
process.exit(verdict());
