/**
 * `autopool run` from source as a process of its own, and what it says about leading.
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

const root = join(import.meta.dirname, "../..");

export class RunningOperator {
  /** What it has logged. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(...settings: string[]) {
    const args = ["src/main.ts", "run", "--log-format", "text", ...settings];
    this.#child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.lines.push(...text.split("\n").filter(Boolean));
    });
    this.#ended = once(this.#child, "close");
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its exit code; undefined while it runs, or where a signal has ended it. */
  get exitCode(): number | undefined {
    return this.#child.exitCode ?? undefined;
  }

  /** Whether it has said that it leads, and lives. */
  get isLeading(): boolean {
    return !this.hasEnded && this.has(/ leading /) && !this.has(/given back|Leadership is lost/);
  }

  has(pattern: RegExp): boolean {
    return this.lines.some((line) => pattern.test(line));
  }

  /** Waits until its caches are filled. */
  async filled(): Promise<void> {
    await eventually(
      () => {
        if (!this.has(/all caches are filled/)) throw new Error(`It is not ready:\n${this.lines.join("\n")}`);
      },
      { seconds: 60 },
    );
  }

  /** Ends it with a signal; resolves when it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }
}
