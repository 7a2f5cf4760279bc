/**
 * What a subcommand is.
 * @module
 */

import type { Setting } from "../setting.ts";
import type { Flag } from "./flags.ts";

/** What a command is given besides its arguments. */
export interface CommandContext {
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Writes a line of output. */
  print(line: string): void;
  /** Present where the output goes to a terminal, so to a person who reads along. */
  readonly terminal?: { readonly hasColors: boolean };
}

/** What a command's arguments can be; shells complete them by it. */
export interface CommandOptions {
  readonly flags?: readonly Flag[];
  readonly settings?: readonly Setting[];
  /** Words that may stand there beside them. */
  readonly words?: readonly string[];
  /** Paths may, too. */
  readonly files?: boolean;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  readonly options?: CommandOptions;
  /** Text of `--help`. */
  help(): string;
  /**
   * Does the work and returns the exit code.
   * @throws {ConfigError} If the arguments cannot be used.
   */
  execute(args: readonly string[], context: CommandContext): Promise<number>;
}
