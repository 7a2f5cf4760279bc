/**
 * Four ways to disturb a trace that a level-triggered operator must survive: restarts, events that are lost, events that come
 * twice, and views that are stale.
 *
 * Each feeds the lines in another way than they came and looks at what is due after every one. Where machines then stand must be
 * where they stand after the trace itself. After Sieve (Sun et al., OSDI 2022), which broke ten operators so.
 * @module
 */

import type { Stepper } from "../../machines/step.ts";
import { nextTurn } from "../clock.ts";
import { DecidingPart, type Standing, settingsOf, standingsOf } from "./deciding-part.ts";
import type { SeenLine, TraceLine } from "./trace-line.ts";

/** What is done to the trace of one process; the numbers are of lines. */
export type Disturbance =
  | { readonly kind: "none" }
  /** The process begins anew after every `every`-th line. */
  | { readonly kind: "restarted"; readonly every: number }
  /** What is not an object's last version is lost, with this probability. */
  | { readonly kind: "dropped"; readonly share: number; readonly random: () => number }
  | { readonly kind: "doubled" }
  /** Each resource is seen late, one by up to this many lines more than another. */
  | { readonly kind: "stale"; readonly lines: number };

/** Feeds a trace, disturbed, to the deciding part; returns where the machines stand in the end. */
export async function standingsAfter(
  trace: readonly TraceLine[],
  disturbance: Disturbance,
  stepper?: Stepper,
): Promise<Map<string, Standing>> {
  let deciding: DecidingPart | undefined;
  for (const [index, line] of disturbed(trace, disturbance).entries()) {
    if (line.line === "header")
      deciding = new DecidingPart({ settings: settingsOf(line), ...(stepper && { stepper }) });
    else if (line.line !== "looked") await deciding?.take(line);
    deciding?.lookAtAll();
    if (disturbance.kind === "restarted" && index % disturbance.every === 0) deciding = await deciding?.restarted();
  }
  // Owners that were asked for by the last looks are told in a turn of their own.
  await nextTurn();
  deciding?.lookAtAll();
  return deciding ? standingsOf(deciding) : new Map();
}

/** Returns what differs between two endings, a line for each machine; none where they are equal. */
export function standingDifferences(
  expected: ReadonlyMap<string, Standing>,
  actual: ReadonlyMap<string, Standing>,
): string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].sort().flatMap((key) => {
    const [a, b] = [textOf(expected.get(key)), textOf(actual.get(key))];
    return a === b ? [] : [`${key}: ${a}, but disturbed ${b}`];
  });
}

function textOf(standing: Standing | undefined): string {
  if (!standing) return "no machine";
  const { state, workload, pool } = standing;
  return JSON.stringify({ state, workload, pool });
}

function disturbed(trace: readonly TraceLine[], disturbance: Disturbance): TraceLine[] {
  if (disturbance.kind === "none") return [...trace];
  return processesOf(trace.flatMap(withoutCheckpoint)).flatMap((lines) => {
    switch (disturbance.kind) {
      case "dropped":
        return dropped(lines, disturbance.share, disturbance.random);
      case "doubled":
        return lines.flatMap((line): TraceLine[] =>
          line.line === "seen" || line.line === "told" ? [line, line] : [line],
        );
      case "stale":
        return stale(lines, disturbance.lines);
      default:
        return [...lines];
    }
  });
}

/** Where events come otherwise than they did, a process begins with the objects of a checkpoint alone. */
function withoutCheckpoint(line: TraceLine): TraceLine[] {
  if (line.line === "machine") return [];
  return line.line === "resumed" ? [{ line: "opened", t: line.t }] : [line];
}

/** Splits a trace before every header. */
function processesOf(trace: readonly TraceLine[]): TraceLine[][] {
  const processes: TraceLine[][] = [];
  for (const line of trace) {
    if (line.line === "header") processes.push([line]);
    else processes.at(-1)?.push(line);
  }
  return processes;
}

function dropped(lines: readonly TraceLine[], share: number, random: () => number): TraceLine[] {
  const last = new Map<string, SeenLine>();
  for (const line of lines) if (line.line === "seen") last.set(`${line.of} ${line.key}`, line);
  return lines.filter((line) => {
    if (line.line !== "seen" && line.line !== "told") return true;
    if (line.line === "seen" && last.get(`${line.of} ${line.key}`) === line) return true;
    return random() >= share;
  });
}

/** Delays what is told of each resource by a number of its own; the order within a resource stays. */
function stale(lines: readonly TraceLine[], linesMax: number): TraceLine[] {
  const delays = new Map<string, number>();
  const placed = lines.map((line, index) => {
    const of = line.line === "seen" || line.line === "synced" ? line.of : undefined;
    if (of === undefined) return { line, at: index };
    const delay = delays.get(of) ?? (delays.size * 7) % (linesMax + 1);
    delays.set(of, delay);
    return { line, at: index + delay };
  });
  return placed.sort((a, b) => a.at - b.at).map(({ line }) => line);
}
