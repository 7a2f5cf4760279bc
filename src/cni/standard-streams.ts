/**
 * Standard input and output as plain system calls, which begin sooner and end later than streams: output is out when
 * {@link writeOutput} returns, so that the process may exit at once.
 * @module
 */

import { readSync, writeSync } from "node:fs";

/** A runtime that does not send or read for so long has gone. */
const waitMsMax = 10_000;
const waitMs = 2;
const chunkBytes = 64 * 1024;

/** Reads standard input to its end. */
export function readInput(): string {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const length = whenReady(() => readSync(0, chunk));
    if (length === 0) return Buffer.concat(chunks).toString();
    chunks.push(chunk.subarray(0, length));
  }
}

/** Writes all of the text to standard output. */
export function writeOutput(text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    rest = rest.subarray(whenReady(() => writeSync(1, rest)));
  }
}

/** Does it again where a pipe does not block and is not ready. */
function whenReady<Result>(operate: () => Result): Result {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += waitMs) {
    try {
      return operate();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || waited >= waitMsMax) throw error;
      Atomics.wait(cell, 0, 0, waitMs);
    }
  }
}
