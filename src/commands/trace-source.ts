/**
 * Where commands read traces from: files, standard input, and a running operator.
 * @module
 */

import { createReadStream } from "node:fs";
import { redacted } from "../trace/redaction.ts";
import { type NumberedLine, readTrace } from "../trace/trace-reader.ts";

/** Where a running operator serves its trace, unless told otherwise. */
export const TRACE_URL = "http://127.0.0.1:5730/trace";

/**
 * Yields the lines of files, one after the other; `-` is the standard input.
 * @throws {Error} If a file cannot be read.
 */
export async function* linesOf(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) {
    const input = path === "-" ? process.stdin : createReadStream(path);
    try {
      yield* splitLines(input);
    } catch (error) {
      throw new Error(`Cannot read "${path}": ${(error as Error).message}`, { cause: error });
    }
  }
}

/**
 * Yields the lines of the trace that a running operator holds.
 * @throws {Error} If nobody serves it there.
 */
export async function* fetchLines(url: string, signal: AbortSignal): AsyncGenerator<string> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new Error(`Cannot fetch the trace from "${url}": ${why}; "autopool run --view-port 5730" serves it`, {
      cause: error,
    });
  }
  if (!response.ok || !response.body) {
    throw new Error(`Cannot fetch the trace from "${url}": the answer is ${response.status} ${response.statusText}`);
  }
  yield* splitLines(response.body);
}

/**
 * Yields the lines of a trace with other names and addresses. All of it is held meanwhile: it is gone through twice.
 * @throws {TraceError} If a line cannot be read.
 */
export async function* redactedLines(texts: AsyncIterable<string>): AsyncGenerator<NumberedLine> {
  const lines: NumberedLine[] = [];
  for await (const line of readTrace(texts)) lines.push(line);
  let number = 0;
  for await (const line of redacted(() => lines)) yield { number: ++number, line };
}

async function* splitLines(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
