/**
 * Traces in tests: taken down, read again, and disturbed in every way.
 * @module
 */

import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Stepper } from "../../machines/step.ts";
import { seededRandom } from "../../src/random.ts";
import { standingsOf } from "../../src/trace/deciding-part.ts";
import { differenceLines } from "../../src/trace/difference.ts";
import { type Disturbance, standingDifferences, standingsAfter } from "../../src/trace/disturbance.ts";
import type { TraceSink } from "../../src/trace/recorder.ts";
import { replay } from "../../src/trace/replay.ts";
import type { TraceLine } from "../../src/trace/trace-line.ts";
import { parseLine, readTrace } from "../../src/trace/trace-reader.ts";

/** A sink that keeps the text of every line. */
export class Notebook implements TraceSink {
  readonly texts: string[] = [];
  readonly isFull = false;

  take(line: TraceLine): void {
    this.texts.push(JSON.stringify(line));
  }

  begin(): void {}
}

/** The traces in test/traces, by name: the texts of their lines. */
export function recordedTraces(): Map<string, string[]> {
  const folder = new URL("../traces/", import.meta.url).pathname;
  const files = globSync("*.ndjson", { cwd: folder }).sort();
  return new Map(
    files.map((file) => [basename(file, ".ndjson"), readFileSync(`${folder}${file}`, "utf8").trimEnd().split("\n")]),
  );
}

/** The ways in which every trace is disturbed; a long one begins anew less often, so that tests stay fast. */
export function disturbancesFor(lines: number, seed = 1): Disturbance[] {
  const every = Math.ceil(lines / 200);
  return [
    { kind: "none" },
    { kind: "restarted", every },
    { kind: "dropped", share: 0.5, random: seededRandom(seed) },
    { kind: "dropped", share: 1, random: () => 0 },
    { kind: "doubled" },
    { kind: "stale", lines: 3 },
    { kind: "stale", lines: 20 },
  ];
}

/** Replays a trace straight and disturbed; returns what is wrong, nothing where all is as recorded. */
export async function faultsOf(texts: readonly string[], stepper?: Stepper, seed = 1): Promise<string[]> {
  const { difference, deciding } = await replay(readTrace(texts), stepper && { stepper });
  if (difference || !deciding) return difference ? differenceLines(difference) : ["no process"];
  deciding.lookAtAll();
  const expected = standingsOf(deciding);
  const lines = texts.map(parseLine);
  const faults: string[] = [];
  for (const disturbance of disturbancesFor(lines.length, seed)) {
    const differences = standingDifferences(expected, await standingsAfter(lines, disturbance, stepper));
    faults.push(...differences.map((text) => `${JSON.stringify(disturbance)}: ${text}`));
  }
  return faults;
}
