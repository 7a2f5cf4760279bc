/**
 * Where settings come from: flags before environment before the file of `--config` before defaults.
 *
 * The only file that reads `process.env` and the arguments. Every mistake is reported, all at once, with the setting, the value and
 * what would be right. The file is YAML; the reference's `conf.yml` and variables are understood where they say the same thing
 * (spec §0.5, §0.6; ipam §7).
 * @module
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { load } from "js-yaml";
import { anything, type Setting } from "./setting.ts";

/** Some settings cannot be used; the message lists all of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The arguments behind `node main.ts`. */
export function commandLine(): string[] {
  return process.argv.slice(2);
}

/** Tells whether a terminal may be written to in colours; `NO_COLOR` with any text forbids it (no-color.org). */
export function wantsColors(environment = process.env): boolean {
  return !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
}

/**
 * Reads a command's settings; every value has passed its check.
 *
 * @param mistakesOf what is wrong with settings that are right by themselves but not together, in sentences
 * @throws {ConfigError} If at least one cannot be used.
 */
export function readSettings<const T extends readonly Setting[]>(
  settings: T,
  args: readonly string[],
  environment = process.env,
  mistakesOf: (values: Record<T[number]["name"], string>) => readonly string[] = () => [],
): Record<T[number]["name"], string> {
  const mistakes: string[] = [];
  const flags = readFlags(settings, args, mistakes);
  const path = flags["config"] ?? environment["AUTOPOOL_CONFIG"];
  const file = path === undefined ? {} : readFile(String(path), mistakes);
  const values: Record<string, string> = {};
  for (const setting of settings) {
    const { text, from } = lookUp(setting, flags, environment, file);
    const mistake = setting.check(text);
    if (mistake !== undefined) mistakes.push(`Cannot use ${from} "${text}": it ${mistake}`);
    values[setting.name] = text;
  }
  if (values["enable-ipv4"] === "false" && values["enable-ipv6"] === "false") {
    mistakes.push("Cannot disable both IPv4 and IPv6: there would be nothing to do");
  }
  mistakes.push(...mistakesOf(values as Record<T[number]["name"], string>));
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  return values as Record<T[number]["name"], string>;
}

/** Lines of `--help`, one per setting. */
export function settingsHelp(settings: readonly Setting[]): string {
  const file = { name: "config", help: "YAML file with these settings, in camelCase", default: "", check: anything };
  return [file, ...settings]
    .map(({ name, help, isSwitch, default: fallback }: Setting) => {
      const flag = `--${name}${isSwitch ? "" : " VALUE"}`;
      const end = fallback && !isSwitch ? ` (${fallback})` : "";
      return `  ${flag.padEnd(28)} ${help}${end}\n${"".padEnd(31)}${variableOf(name)}`;
    })
    .join("\n");
}

function lookUp(
  { name, default: fallback, aliases = [], variables = [] }: Setting,
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv,
  file: Readonly<Record<string, unknown>>,
): { text: string; from: string } {
  if (flags[name] !== undefined) return { text: String(flags[name]), from: `--${name}` };
  const variable = [variableOf(name), ...variables].find((candidate) => !isMissing(environment[candidate]));
  if (variable !== undefined) return { text: environment[variable] ?? "", from: variable };
  const key = [camelCase(name), ...aliases].find((candidate) => file[candidate] !== undefined);
  if (key === undefined) return { text: fallback, from: name };
  const value = String(file[key]);
  // The reference's file has a bare number that means "beyond the replicas".
  return { text: key.startsWith("clusterSubnet") ? `+${value}` : value, from: key };
}

/**
 * Tells whether a variable is not there, or only because Kubernetes tells each pod of the Services beside it: where one is named
 * `autopool-webhook`, `AUTOPOOL_WEBHOOK_PORT` is `tcp://10.96.0.7:443`.
 */
function isMissing(text: string | undefined): boolean {
  return text === undefined || /^(?:tcp|udp|sctp):\/\//.test(text);
}

function readFlags(settings: readonly Setting[], args: readonly string[], mistakes: string[]): Record<string, unknown> {
  const options: Record<string, { type: "string" | "boolean" }> = { config: { type: "string" } };
  for (const { name, isSwitch } of settings) options[name] = { type: isSwitch ? "boolean" : "string" };
  // Not strict, since that stops at the first mistake.
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") mistakes.push(`Cannot use argument "${token.value}": settings begin with --`);
    if (token.kind !== "option") continue;
    const known = options[token.name];
    if (!known) mistakes.push(`Cannot use ${token.rawName}: there is no such setting`);
    else if (known.type === "string" && token.value === undefined) {
      mistakes.push(`Cannot use ${token.rawName}: its value is missing`);
      delete values[token.name];
    }
  }
  return values;
}

function readFile(path: string, mistakes: string[]): Record<string, unknown> {
  try {
    const value = load(readFileSync(path, "utf8")) ?? {};
    if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
    mistakes.push(`Cannot use configuration file "${path}": it must be a mapping of settings`);
  } catch (error) {
    mistakes.push(`Cannot read configuration file "${path}": ${(error as Error).message}`);
  }
  return {};
}

function variableOf(name: string): string {
  return `AUTOPOOL_${name.toUpperCase().replaceAll("-", "_")}`;
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
