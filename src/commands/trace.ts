/**
 * `autopool trace`: the last lines of a running operator's trace.
 * @module
 */

import { ConfigError } from "../config.ts";
import { readTrace } from "../trace/trace-reader.ts";
import type { Command } from "./command.ts";
import { type Flag, flagsHelp, readArguments } from "./flags.ts";
import { fetchLines, linesOf, redactedLines, TRACE_URL } from "./trace-source.ts";

const flags = [
  { name: "url", value: "URL", help: `where the operator serves it; ${TRACE_URL}` },
  { name: "redact", help: "replace every name, UID and address by another one, everywhere the same" },
] as const satisfies readonly Flag[];

export const trace: Command = {
  summary: "print what a running operator observed and decided of late",
  options: { flags, files: true },
  help: () => `Usage: autopool trace [FILE...] [--url URL] [--redact] > FILE

Fetches the trace that a running operator holds in memory: what it observed, what it decided, and how the API server answered,
from a checkpoint on. "autopool replay FILE" decides it all again. The operator serves it where it serves its page, see
--view-port of "autopool run". With FILEs the trace is read from there; - is the standard input.

A redacted trace is replayed as the original is. Kinds, interfaces, numbers, times and whether an API server refused remain in
it; what others have written, such as labels, routes and the words of webhooks, is left out.

${flagsHelp(flags)}

Exit codes: 0 printed, 1 failed, 2 wrong arguments.
`,
  async execute(args, { print, signal }) {
    const given = readArguments(args, flags, []);
    const url = given.flag("url");
    if (url !== undefined && given.words.length > 0) {
      throw new ConfigError(`Cannot use --url "${url}": the trace is read from ${given.words.join(", ")}`);
    }
    const texts = given.words.length > 0 ? linesOf(given.words) : fetchLines(url ?? TRACE_URL, signal);
    const lines = given.isOn("redact") ? redactedLines(texts) : readTrace(texts);
    for await (const { line } of lines) print(JSON.stringify(line));
    return 0;
  },
};
