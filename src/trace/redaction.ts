/**
 * A trace for others to see: every name, UID and address is another one, everywhere the same, and it replays as the original does.
 *
 * Goes through the trace twice: first to take down the names that there are, then to write it anew. What is decided is decided
 * again on the new names, so texts and whatever depends on names are true of them; a decision that today's code takes otherwise
 * than it was recorded is rewritten word by word instead, and stays the difference that it was.
 * @module
 */

import { DecidingPart, settingsOf } from "./deciding-part.ts";
import { redactedLine } from "./redacted-line.ts";
import { NameBook, type Names } from "./renaming.ts";
import { groupsOf } from "./replay.ts";
import { isOutput, type OutputLine, type ToldLine, type TraceLine } from "./trace-line.ts";
import type { NumberedLine } from "./trace-reader.ts";

/**
 * Yields the lines of the redacted trace.
 * @param read reads the original from its beginning; called twice
 * @throws {TraceError} If a line cannot be read.
 */
export async function* redacted(
  read: () => AsyncIterable<NumberedLine> | Iterable<NumberedLine>,
): AsyncGenerator<TraceLine> {
  const book = new NameBook();
  for await (const { line } of read()) redactedLine(line, book);
  const redaction = new Redaction(book.renamed());
  for await (const group of groupsOf(read())) yield* await redaction.take(group);
}

class Redaction {
  readonly #names: Names;
  #deciding: DecidingPart | undefined;
  #lines: TraceLine[] = [];
  #next = 0;

  constructor(names: Names) {
    this.#names = names;
  }

  async take(group: readonly NumberedLine[]): Promise<readonly TraceLine[]> {
    this.#lines = group.map(({ line }) => redactedLine(line, this.#names));
    this.#next = 1;
    const [first] = this.#lines;
    if (first?.line === "header") {
      this.#deciding = new DecidingPart({
        settings: settingsOf(first),
        onDecided: (decided) => this.#put(decided),
        toldNow: () => this.#toldNow(),
      });
    } else if (first) await this.#deciding?.take(first);
    for (let told = this.#toldNow(); told; told = this.#toldNow()) await this.#deciding?.take(told);
    return this.#lines;
  }

  #put(decided: OutputLine): void {
    const recorded = this.#lines[this.#next];
    if (!recorded || !isOutput(recorded) || shapeOf(recorded) !== shapeOf(decided)) return;
    this.#lines[this.#next] = { ...decided, t: recorded.t };
    this.#next += 1;
  }

  #toldNow(): ToldLine | undefined {
    const line = this.#lines[this.#next];
    if (line?.line !== "told") return undefined;
    this.#next += 1;
    return line;
  }
}

/** What is decided, apart from names and words. */
function shapeOf(line: OutputLine): string {
  if (line.line === "complaint") return line.reason;
  const { event, from, to, operations, refusal } = line;
  const asked = operations.map((operation) => [operation.kind, "size" in operation ? operation.size : ""]);
  return JSON.stringify([event.type, from, to, asked, refusal]);
}
