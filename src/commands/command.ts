/**
 * What a subcommand is.
 * @module
 */

/** What a command is given besides its arguments. */
export interface CommandContext {
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Writes a line of output. */
  print(line: string): void;
  /** Present where the output goes to a terminal, so to a person who reads along. */
  readonly terminal?: { readonly hasColors: boolean };
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Text of `--help`. */
  help(): string;
  /**
   * Does the work and returns the exit code.
   * @throws {ConfigError} If the arguments cannot be used.
   */
  execute(args: readonly string[], context: CommandContext): Promise<number>;
}
