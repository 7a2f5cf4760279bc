/**
 * A trace on disk: FILE, and FILE.1 with what was before it. Each is bounded, and each begins with all that one has to know.
 *
 * Lines are gathered for a moment and written at once. What is there from an earlier process stays and is added to. A disk that
 * is full ends the recording, never the operator.
 * @module
 */

import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import type { Cancel, Clock } from "../clock.ts";
import type { TraceSink } from "./recorder.ts";
import type { TraceLine } from "./trace-line.ts";

/** Length of each of the two files, in bytes, if nobody says otherwise. */
export const TRACE_FILE_BYTES = 64 * 2 ** 20;

export interface TraceFileOptions {
  readonly path: string;
  /** Length of each of the two files, in bytes; a file has room for four checkpoints in any case. */
  readonly bytesMax?: number;
  readonly clock: Clock;
  /** Told once, of what ended the recording. */
  onError(error: unknown): void;
}

const gatherBytes = 64 * 2 ** 10;
const gatherMs = 100;
const checkpointsMin = 4;

export class TraceFile implements TraceSink {
  readonly #options: TraceFileOptions;
  #bytesMax: number;
  #descriptor: number | undefined;
  #gathered: string[] = [];
  #gatheredLength = 0;
  #bytes = 0;
  #cancel: Cancel | undefined;

  /** @throws {Error} If the file cannot be opened or added to. */
  constructor(options: TraceFileOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax ?? TRACE_FILE_BYTES;
    this.#open();
  }

  take(line: TraceLine): void {
    if (this.#descriptor === undefined) return;
    const text = JSON.stringify(line);
    this.#gathered.push(text);
    this.#gatheredLength += text.length + 1;
    if (this.#gatheredLength >= gatherBytes) this.#flush();
    else this.#cancel ??= this.#options.clock.after(gatherMs, () => this.#flush());
  }

  get isFull(): boolean {
    return this.#descriptor !== undefined && this.#bytes + this.#gatheredLength >= this.#bytesMax;
  }

  begin(checkpoint: readonly TraceLine[]): void {
    this.#flush();
    this.#guard((descriptor) => {
      closeSync(descriptor);
      this.#descriptor = undefined;
      renameSync(this.#options.path, `${this.#options.path}.1`);
      this.#open();
    });
    for (const line of checkpoint) this.take(line);
    this.#flush();
    this.#bytesMax = Math.max(this.#bytesMax, checkpointsMin * this.#bytes);
  }

  /** Writes what is left, and ends. */
  close(): void {
    this.#flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): void {
    const descriptor = openSync(this.#options.path, "a+", 0o600);
    this.#descriptor = descriptor;
    this.#bytes = fstatSync(descriptor).size;
    if (this.#bytes === 0) return;
    // A process that was killed may have left half a line.
    const last = Buffer.alloc(1);
    readSync(descriptor, last, 0, 1, this.#bytes - 1);
    if (last.toString() !== "\n") this.#bytes += writeSync(descriptor, "\n");
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#gathered.length === 0) return;
    const text = `${this.#gathered.join("\n")}\n`;
    this.#gathered = [];
    this.#gatheredLength = 0;
    this.#guard((descriptor) => {
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      this.#bytes += bytes.length;
    });
  }

  #guard(write: (descriptor: number) => void): void {
    if (this.#descriptor === undefined) return;
    try {
      write(this.#descriptor);
    } catch (error) {
      this.#descriptor = undefined;
      this.#options.onError(error);
    }
  }
}
