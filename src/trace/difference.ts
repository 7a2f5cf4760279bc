/**
 * The first difference of a replay in words: what was recorded and what is decided now, side by side. Pure.
 * @module
 */

import type { Difference } from "./replay.ts";
import type { OutputLine } from "./trace-line.ts";

/** Members of steps and complaints that can differ, in the order in which they are shown. */
const MEMBERS = ["key", "event", "from", "to", "operations", "refusal", "reason", "text", "regarding"] as const;

/** Returns the lines that show a difference; those of members that differ begin with `≠`. */
export function differenceLines({ number, cause, recorded, recomputed }: Difference): string[] {
  const head = `Difference at line ${number}, decided upon line ${cause}:`;
  if (!recorded || !recomputed) {
    const [what, only] = recorded
      ? ["this was recorded, and nothing like it is decided now", recorded]
      : ["this is decided now, and nothing like it was recorded", recomputed as OutputLine];
    return [`${head} ${what}`, ...members(only).map(([name, text]) => `  ${name.padEnd(11)} ${text}`)];
  }
  const now = new Map(members(recomputed));
  const before = new Map(members(recorded));
  const names = MEMBERS.filter((name) => before.has(name) || now.has(name));
  return [
    head,
    ...names.flatMap((name) => {
      const [a = "nothing", b = "nothing"] = [before.get(name), now.get(name)];
      if (a === b) return [`  ${name.padEnd(11)} ${a}`];
      return [`≠ ${name.padEnd(11)} recorded    ${a}`, `${"".padEnd(13)} recomputed  ${b}`];
    }),
  ];
}

/** Returns a step or complaint as one line for people. */
export function decisionText(line: OutputLine): string {
  if (line.line === "complaint") {
    const { kind, namespace, name } = line.regarding;
    return `complaint ${line.reason} about ${kind} ${namespace}/${name}: ${line.text}`;
  }
  const { key, event, from, to, operations } = line;
  const asked = operations.map(({ kind, ...details }) => [kind, ...Object.values(details)].join(" ")).join(", ");
  return `${key}  ${from === to ? to : `${from} → ${to}`}  on ${event.type}${asked === "" ? "" : `: ${asked}`}`;
}

function members(line: OutputLine): [name: string, text: string][] {
  return MEMBERS.flatMap((name) => {
    const value = (line as Partial<Record<typeof name, unknown>>)[name];
    return value === undefined ? [] : [[name, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}
