/**
 * What may stand at each place of a command line, out of the table of commands, their flags and their settings. Pure.
 * @module
 */

import type { Setting } from "../setting.ts";
import type { CommandOptions } from "./command.ts";

/** An option as shells complete it. */
export interface CompletedOption {
  /** With its dashes. */
  readonly long: string;
  readonly short?: string;
  readonly help: string;
  /** What stands for its value; absent for a switch. */
  readonly value?: string;
  /** The only values that it may have. */
  readonly choices: readonly string[];
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Words that may stand there beside them. */
  readonly words: readonly string[];
  /** Paths may. */
  readonly files: boolean;
}

/** Returns how a command is completed. */
export function completedCommand(
  name: string,
  summary: string,
  { flags = [], settings = [], words = [], files = false }: CommandOptions = {},
): CompletedCommand {
  const ofFlags = flags.map(({ name: long, short, help, value, choices = [] }) => ({
    long: `--${long}`,
    ...(short !== undefined && { short: `-${short}` }),
    help,
    ...(value !== undefined && { value }),
    choices,
  }));
  const file = { long: "--config", help: "YAML file with settings", value: "FILE", choices: [] };
  const help = { long: "--help", short: "-h", help: "say what it does", choices: [] };
  const shared = settings.length > 0 ? [file, ...settings.map(ofSetting)] : [];
  return { name, summary, options: [...ofFlags, ...shared, help], words, files };
}

function ofSetting({ name, help, isSwitch, check }: Setting): CompletedOption {
  const value = /\b(?:path|file|folder|executable)\b/.test(help) ? "FILE" : "VALUE";
  return { long: `--${name}`, help, ...(isSwitch ? {} : { value }), choices: isSwitch ? [] : choicesOf(check) };
}

/** A setting's check names what may stand there, where that is a short list. */
function choicesOf(check: Setting["check"]): string[] {
  const [, list] = /^must be one of (.+)$/.exec(check("\0") ?? "") ?? [];
  return list?.split(", ") ?? [];
}

/** What to complete with; `files` lets the shell complete paths. */
export interface Candidates {
  readonly words: readonly string[];
  readonly files: boolean;
}

/**
 * Returns what may stand in the place of the last word.
 * @param line words behind `autopool`, the last one begun or empty
 */
export function candidates(commands: readonly CompletedCommand[], line: readonly string[]): Candidates {
  const begun = line.at(-1) ?? "";
  const starting = (words: readonly string[]): string[] => words.filter((word) => word.startsWith(begun));
  if (line.length < 2) return { words: starting([...commands.map(({ name }) => name), "help"]), files: false };
  const command = commands.find(({ name }) => name === line[0]);
  if (!command) return { words: [], files: false };
  const [, assigned, value = ""] = /^(--[^=]+)=(.*)$/.exec(begun) ?? [];
  const of = (text: string | undefined) => command.options.find(({ long, short }) => text === long || text === short);
  const option = assigned === undefined ? of(line.at(-2)) : of(assigned);
  if (option?.value !== undefined) {
    const prefix = assigned === undefined ? "" : `${assigned}=`;
    const typed = assigned === undefined ? begun : value;
    const words = option.choices.filter((choice) => choice.startsWith(typed)).map((choice) => `${prefix}${choice}`);
    return { words, files: option.value.includes("FILE") };
  }
  if (begun.startsWith("-")) {
    return {
      words: starting(command.options.flatMap(({ long, short }) => (short ? [long, short] : [long]))),
      files: false,
    };
  }
  return { words: starting(command.words), files: command.files };
}
