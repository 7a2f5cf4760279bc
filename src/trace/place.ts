/**
 * A place in a trace as people name it: the number of a line, or a time.
 *
 * `1200` is a line; `90s`, `250ms` or `2m` is a time since the process began to record; `2026-01-01T10:00:00Z` is a time of day. Pure.
 * @module
 */

import { fromTimestamp } from "../clock.ts";
import type { TraceLine } from "./trace-line.ts";
import type { NumberedLine } from "./trace-reader.ts";

/** Tells, of one line after the other, whether it lies behind a place. */
export type IsBehind = (line: NumberedLine) => boolean;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Parses a place. What it returns is to be asked about all lines of a trace, in their order.
 * @throws {SyntaxError} If it is neither a number nor a time.
 */
export function parsePlace(text: string): () => IsBehind {
  if (/^\d+$/.test(text)) return () => (line) => line.number > Number(text);
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (count !== undefined) {
    const ms = Number(count) * (units[unit] as number);
    return () =>
      ({ line }) =>
        line.t > ms;
  }
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? fromTimestamp(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new SyntaxError(`"${text}" is neither a line such as 1200 nor a time such as 90s or 2026-01-01T10:00:00Z`);
  }
  return () => {
    const timeOf = timing();
    return ({ line }) => timeOf(line) > time;
  };
}

/** Returns what tells the time of each line, in milliseconds since the epoch, if it is asked about one after the other. */
export function timing(): (line: TraceLine) => number {
  let begun = 0;
  return (line) => {
    if (line.line === "header") begun = fromTimestamp(line.at);
    return begun + line.t;
  };
}
