/**
 * From text to the lines of a trace; what cannot be read is told with the number of its line and what is wrong with it.
 *
 * A process that is killed may leave the beginning of a line behind. Such a line is passed over at the end of the trace and before
 * the header of the next process, and nowhere else. Pure.
 * @module
 */

import { TRACE_FORMAT, TRACE_VERSION, type TraceLine } from "./trace-line.ts";

/** A line with its place in the file. */
export interface NumberedLine {
  /** From 1 on. */
  readonly number: number;
  readonly line: TraceLine;
}

/** A trace cannot be read. */
export class TraceError extends Error {
  override readonly name = "TraceError";
}

type Kind = "text" | "number" | "boolean" | "object" | "list";

/** Members that a line must have besides `line` and `t`. */
const MEMBERS: Readonly<Record<TraceLine["line"], Readonly<Record<string, Kind>>>> = {
  header: { at: "text", autopool: "text", settings: "object", begins: "text" },
  watching: { resource: "object" },
  seen: { of: "text", key: "text", uid: "text", type: "text", object: "object" },
  synced: { of: "text" },
  opened: {},
  looked: { application: "text" },
  told: { key: "text", event: "object" },
  answered: { verb: "text", of: "text", key: "text", code: "number", ms: "number" },
  step: { key: "text", event: "object", from: "text", to: "text", operations: "list" },
  complaint: { reason: "text", text: "text", regarding: "object" },
  machine: { key: "text", application: "text", native: "boolean", subnet: "text", state: "text", facts: "object" },
  resumed: { due: "list" },
};

/**
 * Reads the lines of a trace in their order; empty ones count and are passed over.
 * @throws {TraceError} If a line cannot be read, or the first one is no header of a version that is known here.
 */
export async function* readTrace(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<NumberedLine> {
  let number = 0;
  let isBegun = false;
  /** A line that cannot be read: it stands only if the next one is no header. */
  let broken: TraceError | undefined;
  for await (const text of texts) {
    number += 1;
    if (text.trim() === "") continue;
    const value = parse(text);
    const isHeader = isObject(value) && (value["line"] === "header" || value["format"] === TRACE_FORMAT);
    if (broken && !isHeader) throw broken;
    broken = undefined;
    if (value === undefined) {
      broken = new TraceError(`Cannot read line ${number} of the trace: it is no JSON: ${excerpt(text)}`);
      if (!isBegun) throw broken;
      continue;
    }
    const mistake = isBegun || isHeader ? mistakeIn(value) : "it must be the header of an autopool trace";
    if (mistake !== undefined) {
      throw new TraceError(`Cannot read line ${number} of the trace: ${mistake}: ${excerpt(text)}`);
    }
    isBegun = true;
    yield { number, line: value as TraceLine };
  }
  if (!isBegun) throw new TraceError("Cannot read the trace: it is empty");
}

/** Reads one line that was written by {@link JSON.stringify}; for those who hold lines of their own. */
export function parseLine(text: string): TraceLine {
  const value = parse(text);
  const mistake = value === undefined ? "it is no JSON" : mistakeIn(value);
  if (mistake !== undefined) throw new TraceError(`Cannot read a line of the trace: ${mistake}: ${excerpt(text)}`);
  return value as TraceLine;
}

/** Returns what is wrong with a line's value; `undefined` where nothing is. */
function mistakeIn(value: unknown): string | undefined {
  if (!isObject(value)) return "it is no JSON object";
  const { line, t } = value;
  if (line === "header") {
    if (value["format"] !== TRACE_FORMAT) return `its format is "${value["format"]}", not "${TRACE_FORMAT}"`;
    if (value["version"] !== TRACE_VERSION) {
      return `its format has version ${value["version"]}, and this autopool reads version ${TRACE_VERSION}`;
    }
  }
  if (typeof line !== "string" || !Object.hasOwn(MEMBERS, line)) return `there is no kind of line "${line}"`;
  if (typeof t !== "number") return '"t" must be a number of milliseconds';
  for (const [name, kind] of Object.entries(MEMBERS[line as TraceLine["line"]])) {
    if (!isOfKind(value[name], kind)) return `"${name}" must be a ${kind}`;
  }
  return undefined;
}

function isOfKind(value: unknown, kind: Kind): boolean {
  if (kind === "text") return typeof value === "string";
  if (kind === "list") return Array.isArray(value);
  return kind === "object" ? isObject(value) : typeof value === kind;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
