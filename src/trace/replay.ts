/**
 * Replays a trace: decides everything again, and compares each step and complaint with the recorded one.
 *
 * What was decided upon a line stands directly behind it, so the first line that differs is told by its number. Every header
 * begins with nothing known, as the process that wrote it did.
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { Stepper } from "../../machines/step.ts";
import { DecidingPart, settingsOf } from "./deciding-part.ts";
import { type HeaderLine, isOutput, type OutputLine, type ToldLine } from "./trace-line.ts";
import type { NumberedLine } from "./trace-reader.ts";

/** Where replay and trace part. */
export interface Difference {
  /** Line at which it shows: the recorded decision, or the line before which another one should stand. */
  readonly number: number;
  /** Line upon which it was decided. */
  readonly cause: number;
  /** Absent where nothing was decided then. */
  readonly recorded: OutputLine | undefined;
  /** Absent where nothing is decided now. */
  readonly recomputed: OutputLine | undefined;
}

export interface ReplayOptions {
  /** Another machine than the pool's. */
  readonly stepper?: Stepper;
  /** Told of every line up to the difference, in order, and whether it was decided again. */
  readonly onLine?: (line: NumberedLine) => void | Promise<void>;
}

export interface Replayed {
  /** Number of the last line that was looked at. */
  readonly lines: number;
  /** Steps and complaints that were decided again and are equal. */
  readonly decisions: number;
  /** The first difference; absent where there is none. */
  readonly difference: Difference | undefined;
  /** The deciding part as the last process left it; absent where there was none. */
  readonly deciding: DecidingPart | undefined;
}

/**
 * Replays a trace up to its first difference.
 * @throws {TraceError} If a line cannot be read.
 */
export async function replay(
  lines: AsyncIterable<NumberedLine> | Iterable<NumberedLine>,
  options: ReplayOptions = {},
): Promise<Replayed> {
  const replaying = new Replaying(options);
  for await (const group of groupsOf(lines)) if (!(await replaying.take(group))) break;
  return replaying.result;
}

/** Yields each line that went in, with the lines behind it that came out, or may have been told meanwhile. */
export async function* groupsOf(
  lines: AsyncIterable<NumberedLine> | Iterable<NumberedLine>,
): AsyncGenerator<readonly NumberedLine[]> {
  let group: NumberedLine[] = [];
  for await (const numbered of lines) {
    const [first] = group;
    if (first && !belongsTo(first, numbered)) {
      yield group;
      group = [];
    }
    group.push(numbered);
  }
  if (group.length > 0) yield group;
}

/** What was told in the middle of a look belongs to it, and cannot be told apart from what was told after it. */
function belongsTo({ line: first }: NumberedLine, { line }: NumberedLine): boolean {
  return isOutput(line) || (line.line === "told" && first.line === "looked");
}

class Replaying {
  readonly #options: ReplayOptions;
  #deciding: DecidingPart | undefined;
  /** A line that went in, and those after it that came out, or were told meanwhile. */
  #group: readonly NumberedLine[] = [];
  #next = 0;
  #decisions = 0;
  #lines = 0;
  #difference: Difference | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  get result(): Replayed {
    const [lines, decisions] = [this.#lines, this.#decisions];
    return { lines, decisions, difference: this.#difference, deciding: this.#deciding };
  }

  /** Takes a group in; resolves to whether it was decided as it is recorded. */
  async take(group: readonly NumberedLine[]): Promise<boolean> {
    const [first] = group;
    if (!first) return true;
    this.#group = group;
    this.#next = 1;
    if (first.line.line === "header") this.#deciding = this.#begin(first.line);
    else await this.#deciding?.take(first.line);
    // What was not told in the middle of the look was told after it.
    for (let told = this.#toldNow(); told; told = this.#toldNow()) await this.#deciding?.take(told);
    const missing = group[this.#next];
    if (missing) this.#differ(missing.number, missing.line as OutputLine, undefined);
    for (const numbered of group) {
      if (numbered.number === this.#difference?.number) break;
      this.#lines = numbered.number;
      if (this.#options.onLine) await this.#options.onLine(numbered);
    }
    return this.#difference === undefined;
  }

  #begin(header: HeaderLine): DecidingPart {
    const { stepper } = this.#options;
    return new DecidingPart({
      settings: settingsOf(header),
      ...(stepper && { stepper }),
      onDecided: (decided) => this.#compare(decided),
      toldNow: () => this.#toldNow(),
    });
  }

  #toldNow(): ToldLine | undefined {
    const line = this.#group[this.#next]?.line;
    if (line?.line !== "told") return undefined;
    this.#next += 1;
    return line;
  }

  #compare(decided: OutputLine): void {
    const expected = this.#group[this.#next];
    if (!expected || !isOutput(expected.line)) {
      this.#differ(expected?.number ?? (this.#group.at(-1)?.number ?? 0) + 1, undefined, decided);
    } else if (!isSame(expected.line, decided)) this.#differ(expected.number, expected.line, decided);
    else {
      this.#next += 1;
      this.#decisions += 1;
    }
  }

  /** Only the first difference counts: what comes after it follows from it. */
  #differ(number: number, recorded: OutputLine | undefined, recomputed: OutputLine | undefined): void {
    this.#difference ??= { number, cause: this.#group[0]?.number ?? 0, recorded, recomputed };
  }
}

/** Tells whether the same was decided; when that was does not matter. */
function isSame(recorded: OutputLine, recomputed: OutputLine): boolean {
  const a = JSON.stringify({ ...recorded, t: 0 });
  const b = JSON.stringify({ ...recomputed, t: 0 });
  // A trace of another version may have its members in another order.
  return a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
}
