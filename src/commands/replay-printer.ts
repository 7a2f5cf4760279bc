/**
 * Prints a replay as it goes on: each decision, the first difference, and where machines stand; for people, or a JSON value a line.
 * @module
 */

import { sleep, systemClock } from "../clock.ts";
import { workloadKey } from "../observe/workload.ts";
import { type DecidingPart, standingsOf } from "../trace/deciding-part.ts";
import { decisionText, differenceLines } from "../trace/difference.ts";
import type { IsBehind } from "../trace/place.ts";
import type { Replayed } from "../trace/replay.ts";
import { type HeaderLine, isOutput, type OutputLine } from "../trace/trace-line.ts";
import type { NumberedLine } from "../trace/trace-reader.ts";
import type { CommandContext } from "./command.ts";

/** What is shown, and how. */
export interface Shown {
  readonly from: (() => IsBehind) | undefined;
  /** Part of the keys to show. */
  readonly key: string | undefined;
  /** How many times faster than it was; absent means at once. */
  readonly speed: number | undefined;
  readonly isJson: boolean;
}

export class ReplayPrinter {
  readonly #shown: Shown;
  readonly #context: CommandContext;
  readonly #isReached: IsBehind;
  #last = 0;

  constructor(shown: Shown, context: CommandContext) {
    this.#shown = shown;
    this.#context = context;
    this.#isReached = shown.from?.() ?? (() => true);
  }

  /** Prints a line that is as it was, if it is to be shown. */
  async take(numbered: NumberedLine): Promise<void> {
    const { number, line } = numbered;
    const { isJson } = this.#shown;
    const { print } = this.#context;
    if (!this.#isReached(numbered)) return;
    if (line.line === "header") {
      this.#last = line.t;
      if (!isJson) print(headerText(line));
    }
    if (!isOutput(line) || !this.#isAsked(line)) return;
    await this.#wait(line.t);
    if (isJson) print(JSON.stringify({ number, ...line }));
    else print(`${String(number).padStart(7)} ${(line.t / 1000).toFixed(3).padStart(9)}s  ${decisionText(line)}`);
  }

  /** Prints how it ended and, on request, where the machines stand. */
  end({ lines, decisions, difference, deciding }: Replayed, showsStandings: boolean): void {
    const { print } = this.#context;
    const standings = showsStandings && deciding ? this.#standings(deciding) : [];
    if (this.#shown.isJson) {
      const end = { lines, decisions, ...(difference && { difference }) };
      print(JSON.stringify({ ...end, ...(showsStandings && { standings: Object.fromEntries(standings) }) }));
      return;
    }
    if (standings.length > 0) {
      const width = Math.max(...standings.map(([key]) => key.length));
      print("");
      for (const [key, state] of standings) print(`${key.padEnd(width)}  ${state}`);
    }
    print("");
    if (difference) for (const text of differenceLines(difference)) print(text);
    else print(`${lines} lines: all ${decisions} decisions are as they were recorded`);
  }

  #standings(deciding: DecidingPart): [key: string, state: string][] {
    const { key = "" } = this.#shown;
    return [...standingsOf(deciding)].filter(([of]) => of.includes(key)).map(([of, { state }]) => [of, state]);
  }

  #isAsked(line: OutputLine): boolean {
    const { key } = this.#shown;
    if (key === undefined) return true;
    return (line.line === "step" ? line.key : workloadKey(line.regarding)).includes(key);
  }

  async #wait(t: number): Promise<void> {
    const { speed } = this.#shown;
    if (speed === undefined) return;
    await sleep(systemClock, Math.max(0, t - this.#last) / speed, this.#context.signal);
    this.#last = t;
  }
}

function headerText({ at, autopool, begins, redacted }: HeaderLine): string {
  const from = begins === "start" ? "from its start" : "from a checkpoint";
  return `autopool ${autopool}, recorded since ${at}, ${from}${redacted ? ", redacted" : ""}`;
}
