/**
 * The arguments of a question: words, flags of its own, and the settings that it shares with `autopool run`.
 *
 * Every mistake is told with what would be right, as `config.ts` does. Flags have short forms and may be repeated; settings may also
 * come from the environment or a file.
 * @module
 */

import { parseArgs } from "node:util";
import { ConfigError, readSettings } from "../config.ts";
import type { Setting } from "../setting.ts";

/** A flag that is given on the command line only. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string;
  readonly help: string;
  /** The only values that it may have. */
  readonly choices?: readonly string[];
  /** It may be given several times. */
  readonly many?: boolean;
}

/** What was asked. */
export interface Given<S extends readonly Setting[]> {
  /** Arguments that are no flags, in their order. */
  readonly words: readonly string[];
  /** The last value of a flag; `undefined` where it was not given. */
  flag(name: string): string | undefined;
  /** All values of a flag. */
  flags(name: string): readonly string[];
  isOn(name: string): boolean;
  readonly settings: Readonly<Record<S[number]["name"], string>>;
}

/**
 * Reads arguments.
 * @throws {ConfigError} If at least one cannot be used.
 */
export function readArguments<const S extends readonly Setting[]>(
  args: readonly string[],
  flags: readonly Flag[],
  settings: S,
  environment?: NodeJS.ProcessEnv,
): Given<S> {
  const words: string[] = [];
  const rest: string[] = [];
  const found = new Map<string, string[]>();
  const mistakes: string[] = [];
  const { tokens } = parseArgs({ args: [...args], options: optionsOf(flags, settings), strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const flag = flags.find(({ name }) => name === token.name);
    // As kubectl takes it: -n=shop.
    const value = token.rawName.startsWith("--") ? token.value : token.value?.replace(/^=/, "");
    // With an equals sign, so that a value may begin with a dash.
    if (!flag) rest.push(value === undefined ? token.rawName : `${token.rawName}=${value}`);
    else if (take(flag, { rawName: token.rawName, value }, mistakes)) {
      found.set(flag.name, [...(found.get(flag.name) ?? []), value ?? "true"]);
    }
  }
  for (const { name, many } of flags) {
    if (!many && (found.get(name)?.length ?? 0) > 1) mistakes.push(`Cannot use --${name} twice`);
  }
  const values = readShared(settings, rest, mistakes, environment);
  if (!values) throw new ConfigError(mistakes.join("\n"));
  return {
    words,
    flag: (name) => found.get(name)?.at(-1),
    flags: (name) => found.get(name) ?? [],
    isOn: (name) => found.has(name),
    settings: values,
  };
}

/** Lines of `--help`, one per flag. */
export function flagsHelp(flags: readonly Flag[]): string {
  return flags
    .map(({ name, short, value, help, choices }) => {
      const forms = `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
      return `  ${forms.padEnd(28)} ${help}${choices ? `: ${choices.join(", ")}` : ""}`;
    })
    .join("\n");
}

function optionsOf(flags: readonly Flag[], settings: readonly Setting[]) {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = { config: { type: "string" } };
  for (const { name, isSwitch } of settings) options[name] = { type: isSwitch ? "boolean" : "string" };
  for (const { name, short, value } of flags) {
    options[name] = { type: value === undefined ? "boolean" : "string", ...(short !== undefined && { short }) };
  }
  return options;
}

function take(
  { name, value: placeholder, choices }: Flag,
  { rawName, value }: { readonly rawName: string; readonly value?: string | undefined },
  mistakes: string[],
): boolean {
  const missing = `its value is missing; it is ${choices ? `one of ${choices.join(", ")}` : `a ${placeholder}`}`;
  if (placeholder === undefined && value !== undefined)
    mistakes.push(`Cannot use --${name} "${value}": it takes no value`);
  else if (placeholder !== undefined && !value) mistakes.push(`Cannot use ${rawName}: ${missing}`);
  else if (choices && !choices.includes(value ?? "")) {
    mistakes.push(`Cannot use ${rawName} "${value}": it must be one of ${choices.join(", ")}`);
  } else return true;
  return false;
}

function readShared<const S extends readonly Setting[]>(
  settings: S,
  args: readonly string[],
  mistakes: string[],
  environment: NodeJS.ProcessEnv | undefined,
): Record<S[number]["name"], string> | undefined {
  try {
    const values = readSettings(settings, args, environment);
    return mistakes.length === 0 ? values : undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    mistakes.push(error.message);
    return undefined;
  }
}
