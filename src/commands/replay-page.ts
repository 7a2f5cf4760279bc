/**
 * The page of a trace: `autopool replay FILE --serve`. Nothing is decided again; who looks goes through what was recorded.
 * @module
 */

import { systemClock } from "../clock.ts";
import { ConfigError } from "../config.ts";
import { readTrace } from "../trace/trace-reader.ts";
import { serveView } from "../view-server.ts";
import { poolDocument } from "../viewing.ts";
import type { CommandContext } from "./command.ts";
import { linesOf } from "./trace-source.ts";

export interface TracePage {
  /** Files, read anew for everyone who looks. */
  readonly paths: readonly string[];
  readonly port: number;
}

/**
 * Serves the page of a trace until the signal aborts.
 * @throws {TraceError} If the trace cannot be read from its beginning.
 */
export async function serveTrace({ paths, port }: TracePage, { print, signal }: CommandContext): Promise<void> {
  if (paths.includes("-"))
    throw new ConfigError("Cannot serve the standard input: it can be read once only; name a file");
  for await (const _ of readTrace(linesOf(paths))) break;
  const server = await serveView({
    port,
    clock: systemClock,
    document: await poolDocument("trace"),
    source: { trace: () => withLineFeeds(linesOf(paths)) },
  });
  print(`The trace is to be looked at on ${server.url}; press Ctrl-C to end.`);
  try {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  } finally {
    await server.close();
  }
}

async function* withLineFeeds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
