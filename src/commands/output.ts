/**
 * How an answer is printed: as text for people, or whole, as JSON or YAML, for programs.
 *
 * Counts of addresses may be larger than a JavaScript number holds; in JSON they keep every digit.
 * @module
 */

import { styleText } from "node:util";
import { dump } from "js-yaml";
import { type Emphasis, type Paint, type TextStyle, unpainted } from "../asking/paint.ts";
import type { CommandContext } from "./command.ts";
import type { Flag } from "./flags.ts";

export type OutputFormat = "text" | "wide" | "json" | "yaml";

export const outputFlag: Flag = {
  name: "output",
  short: "o",
  value: "FORMAT",
  help: "how to print it; text unless given",
  choices: ["text", "wide", "json", "yaml"],
};

/** An answer in both its forms. */
export interface Printable {
  /** Plain data: objects, lists, texts, numbers and BigInts. */
  readonly data: object;
  lines(style: TextStyle): readonly string[];
}

const formats: Readonly<Record<Emphasis, Parameters<typeof styleText>[0]>> = {
  good: "green",
  bad: "red",
  strong: "bold",
  weak: "dim",
};

/** Prints an answer. */
export function printAnswer(answer: Printable, format: OutputFormat, { print, terminal }: CommandContext): void {
  if (format === "json") print(JSON.stringify(answer.data, toJson, 2));
  else if (format === "yaml") print(dump(plain(answer.data), { lineWidth: -1, noRefs: true }).trimEnd());
  else {
    const paint: Paint = terminal?.hasColors
      ? (emphasis, text) => styleText(formats[emphasis], text, { validateStream: false })
      : unpainted;
    for (const line of answer.lines({ paint, wide: format === "wide" })) print(line.trimEnd());
  }
}

/** The part of `JSON` that TypeScript's library files of this version do not declare yet. */
const json = JSON as typeof JSON & { rawJSON(text: string): unknown };

function toJson(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? json.rawJSON(`${value}`) : value;
}

/** What YAML has no word for: absent members, and numbers that are too large to be one. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : `${value}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== "function");
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}
