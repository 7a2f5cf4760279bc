/**
 * The last lines of a running operator's trace, always at hand: two segments, each beginning with a checkpoint.
 *
 * Holds the lines themselves, not text of them, since most of what they refer to is in the caches anyway; text is made for who
 * asks. What it holds is bounded by an estimate of the text's length, a checkpoint's own lines apart.
 * @module
 */

import type { TraceSink } from "./recorder.ts";
import type { TraceLine } from "./trace-line.ts";

/** Length of the text that is kept, in bytes, if nobody says otherwise. */
export const RING_BYTES = 4 * 2 ** 20;

interface Segment {
  readonly checkpoint: readonly TraceLine[];
  readonly lines: TraceLine[];
}

export class TraceRing implements TraceSink {
  readonly #bytesMax: number;
  #older: Segment | undefined;
  #newer: Segment = { checkpoint: [], lines: [] };
  #bytes = 0;

  /** @param bytesMax of both segments together */
  constructor(bytesMax = RING_BYTES) {
    this.#bytesMax = bytesMax;
  }

  take(line: TraceLine): void {
    this.#newer.lines.push(line);
    this.#bytes += lengthOf(line);
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax / 2;
  }

  begin(checkpoint: readonly TraceLine[]): void {
    this.#older = this.#newer;
    this.#newer = { checkpoint, lines: [] };
    this.#bytes = 0;
  }

  /** The lines held at this moment, from a header on: a trace that can be replayed. */
  lines(): TraceLine[] {
    // The newer segment goes on where the older one ends, so its checkpoint says nothing new.
    if (this.#older) return [...this.#older.checkpoint, ...this.#older.lines, ...this.#newer.lines];
    return [...this.#newer.checkpoint, ...this.#newer.lines];
  }

  /** The same as text, one JSON value per line with its line feed; made while it is read. */
  *texts(): Generator<string> {
    for (const line of this.lines()) yield `${JSON.stringify(line)}\n`;
  }
}

/** Roughly how long a line's text is; only ledgers and records of addresses in use grow without bounds. */
function lengthOf(line: TraceLine): number {
  if (line.line !== "seen") return 250;
  const { status } = line.object as { status?: { controlledIPPools?: string | null; allocatedIPs?: string | null } };
  if (!status) return 600;
  return 1_200 + (status.controlledIPPools?.length ?? 0) + (status.allocatedIPs?.length ?? 0);
}
