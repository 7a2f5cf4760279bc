/**
 * `autopool trace`: the last lines of a running operator's trace.
 * @module
 */

import { ConfigError } from "../config.ts";
import { readTrace } from "../trace/trace-reader.ts";
import type { Command } from "./command.ts";
import { type Flag, flagsHelp, readArguments } from "./flags.ts";
import { fetchLines, TRACE_URL } from "./trace-source.ts";

const flags = [
  { name: "url", value: "URL", help: `where the operator serves it; ${TRACE_URL}` },
] as const satisfies readonly Flag[];

export const trace: Command = {
  summary: "print what a running operator observed and decided of late",
  help: () => `Usage: autopool trace [--url URL] > FILE

Fetches the trace that a running operator holds in memory: what it observed, what it decided, and how the API server answered,
from a checkpoint on. "autopool replay FILE" decides it all again. The operator serves it where it serves its page, see
--view-port of "autopool run".

${flagsHelp(flags)}

Exit codes: 0 printed, 1 failed, 2 wrong arguments.
`,
  async execute(args, { print, signal }) {
    const given = readArguments(args, flags, []);
    const [word] = given.words;
    if (word !== undefined) throw new ConfigError(`Cannot use argument "${word}": autopool trace fetches from --url`);
    for await (const { line } of readTrace(fetchLines(given.flag("url") ?? TRACE_URL, signal)))
      print(JSON.stringify(line));
    return 0;
  },
};
