/**
 * `autopool replay`: decides again what a trace says was decided, prints it, and shows the first difference.
 * @module
 */

import { ConfigError } from "../config.ts";
import { integer } from "../setting.ts";
import { type IsBehind, parsePlace } from "../trace/place.ts";
import { replay as replayTrace } from "../trace/replay.ts";
import { type NumberedLine, readTrace } from "../trace/trace-reader.ts";
import { VIEW_PORT } from "../viewing.ts";
import { writeTest } from "./as-test.ts";
import type { Command } from "./command.ts";
import { type Flag, flagsHelp, readArguments } from "./flags.ts";
import { serveTrace } from "./replay-page.ts";
import { ReplayPrinter } from "./replay-printer.ts";
import { linesOf, redactedLines } from "./trace-source.ts";

const flags = [
  { name: "from", value: "PLACE", help: "print only what comes behind this line or time" },
  { name: "until", value: "PLACE", help: "end behind this line or time, and print where the machines stand" },
  { name: "key", value: "TEXT", help: "print only decisions whose machine or application has this in its key" },
  { name: "speed", value: "FACTOR", help: "let the time between decisions pass, so many times faster" },
  { name: "as-test", value: "NAME", help: "write the trace to NAME.ndjson, and a test of it to NAME.test.ts" },
  { name: "redact", help: "replace every name, UID and address by another one first" },
  {
    name: "output",
    short: "o",
    value: "FORMAT",
    help: "how to print it; text unless given",
    choices: ["text", "json"],
  },
  { name: "serve", help: "instead of printing, show the trace on a page in the browser until Ctrl-C" },
  { name: "port", value: "PORT", help: `where --serve does so; ${VIEW_PORT}` },
] as const satisfies readonly Flag[];

export const replay: Command = {
  summary: "decide again what a trace recorded, and compare",
  options: { flags, files: true },
  help: () => `Usage: autopool replay FILE... [flags]

Feeds what an operator observed to the machines of this version, and prints each step that they take with the operations that
they ask for. Ends at the first step that is not the recorded one, and shows both. Several files, such as FILE.1 and FILE,
are read one after the other; - is the standard input. Needs no cluster.

${flagsHelp(flags)}

PLACE is the number of a line, a time since recording began (90s, 250ms, 2m) or a time of day (2026-01-01T10:00:00Z).

Exit codes: 0 all was decided as recorded, 1 something was not, or failed, 2 wrong arguments.
`,
  async execute(args, context) {
    const { paths, until, asTest, isRedacted, port, ...shown } = readWanted(args);
    if (port !== undefined) {
      await serveTrace({ paths, port }, context);
      return 0;
    }
    const printer = new ReplayPrinter(shown, context);
    const read = isRedacted ? redactedLines : readTrace;
    const lines = upTo(read(linesOf(paths)), until?.(), context.signal);
    // What is written must be all of it, also where the replay ends early.
    const source = asTest === undefined ? lines : await gathered(lines);
    if (asTest !== undefined) {
      const written = writeTest(asTest, source as NumberedLine[]);
      context.print(shown.isJson ? JSON.stringify({ written }) : `wrote ${written.join(" and ")}`);
    }
    const replayed = await replayTrace(source, { onLine: (line) => printer.take(line) });
    printer.end(replayed, until !== undefined);
    return replayed.difference ? 1 : 0;
  },
};

interface Wanted {
  readonly paths: readonly string[];
  readonly from: (() => IsBehind) | undefined;
  readonly until: (() => IsBehind) | undefined;
  readonly key: string | undefined;
  readonly speed: number | undefined;
  readonly asTest: string | undefined;
  readonly isRedacted: boolean;
  readonly isJson: boolean;
  /** Of the page; absent where none is to be served. */
  readonly port: number | undefined;
}

function readWanted(args: readonly string[]): Wanted {
  const given = readArguments(args, flags, []);
  if (given.words.length === 0)
    throw new ConfigError("Cannot replay nothing: name the file of a trace, or - for the input");
  const speed = given.flag("speed");
  if (speed !== undefined && !(Number(speed) > 0)) {
    throw new ConfigError(`Cannot use --speed "${speed}": it must be a number above 0`);
  }
  return {
    paths: given.words,
    from: placeOf("from", given.flag("from")),
    until: placeOf("until", given.flag("until")),
    key: given.flag("key"),
    speed: speed === undefined ? undefined : Number(speed),
    asTest: given.flag("as-test"),
    isRedacted: given.isOn("redact"),
    isJson: given.flag("output") === "json",
    port: given.isOn("serve") ? portOf(given.flag("port") ?? String(VIEW_PORT)) : undefined,
  };
}

function portOf(text: string): number {
  const mistake = integer(0, 65_535)(text);
  if (mistake !== undefined) throw new ConfigError(`Cannot use --port "${text}": it ${mistake}`);
  return Number(text);
}

function placeOf(flag: string, text: string | undefined): (() => IsBehind) | undefined {
  if (text === undefined) return undefined;
  try {
    return parsePlace(text);
  } catch (error) {
    throw new ConfigError(`Cannot use --${flag}: ${(error as Error).message}`);
  }
}

async function* upTo(
  lines: AsyncIterable<NumberedLine>,
  isBehind: IsBehind | undefined,
  signal: AbortSignal,
): AsyncGenerator<NumberedLine> {
  for await (const line of lines) {
    if (signal.aborted || isBehind?.(line)) return;
    yield line;
  }
}

async function gathered(lines: AsyncIterable<NumberedLine>): Promise<NumberedLine[]> {
  const all: NumberedLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
