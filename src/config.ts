/**
 * Where settings come from: flags before environment before the file of `--config` before defaults.
 *
 * The only file that reads `process.env` and the arguments. Every mistake is reported, all at once, with the setting, the value and
 * what would be right. The file is YAML; the reference's `conf.yml` is understood where it says the same thing (spec §0.5, §0.6).
 * @module
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { load } from "js-yaml";
import { AnnotationError, parseAddressNumber } from "./observe/pool-annotations.ts";
import { defaultSettings, type OperatorSettings } from "./settings.ts";

/** Everything that `autopool run` can be told. */
export interface Config extends OperatorSettings {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFormat: "json" | "text";
  readonly once: boolean;
  readonly dryRun: boolean;
}

/** Some settings cannot be used; the message lists all of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** One setting: its name gives flag (`--log-level`), environment (`AUTOPOOL_LOG_LEVEL`) and key of the file (`logLevel`). */
interface Setting {
  readonly name: string;
  readonly help: string;
  readonly default: string;
  /** Given without a value on the command line. */
  readonly isSwitch?: boolean;
  /** Keys of the reference's file that say the same; the value is rewritten by `translate`. */
  readonly aliases?: readonly string[];
  readonly check: (text: string) => string | undefined;
}

const anything = (): undefined => undefined;
const oneOf =
  (...words: string[]) =>
  (text: string) =>
    words.includes(text) ? undefined : `must be one of ${words.join(", ")}`;
const integer = (min: number, max: number) => (text: string) =>
  /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max
    ? undefined
    : `must be an integer from ${min} to ${max}`;
const boolean = oneOf("true", "false");

function addressNumber(text: string): string | undefined {
  try {
    return parseAddressNumber(text) ? undefined : "must not be empty";
  } catch (error) {
    return error instanceof AnnotationError ? error.reason : String(error);
  }
}

export const settings = [
  { name: "kubeconfig", help: "path of a kubeconfig; in a cluster the service account", default: "", check: anything },
  { name: "context", help: "context of the kubeconfig; its current one", default: "", check: anything },
  {
    name: "default-ip-number",
    help: "for native applications without the annotation ippool-ip-number: N, or +N beyond their replicas",
    default: "+1",
    aliases: ["clusterSubnetDefaultFlexibleIPNumber", "clusterSubnetAutoPoolDefaultRedundantIPNumber"],
    check: addressNumber,
  },
  { name: "enable-ipv4", help: "make IPv4 pools", default: "true", aliases: ["enableIPv4"], check: boolean },
  { name: "enable-ipv6", help: "make IPv6 pools", default: "true", aliases: ["enableIPv6"], check: boolean },
  { name: "concurrency", help: "writes under way at once", default: "20", check: integer(1, 500) },
  {
    name: "writes-per-second",
    help: "most writes per second; 0 is no limit",
    default: "500",
    check: integer(0, 100_000),
  },
  {
    name: "gather-milliseconds",
    help: "least time between two writes of one subnet's ledger",
    default: "100",
    check: integer(0, 10_000),
  },
  {
    name: "nudge-seconds",
    help: "how often pools that the API server refused are tried again",
    default: "30",
    check: integer(1, 3600),
  },
  {
    name: "log-level",
    help: "debug, info, warn or error",
    default: "info",
    check: oneOf("debug", "info", "warn", "error"),
  },
  { name: "log-format", help: "json or text", default: "json", check: oneOf("json", "text") },
  { name: "once", help: "bring everything up to date, then end", default: "false", isSwitch: true, check: boolean },
  {
    name: "dry-run",
    help: "print the operations that would be done, change nothing, then end",
    default: "false",
    isSwitch: true,
    check: boolean,
  },
] as const satisfies readonly Setting[];

type Name = (typeof settings)[number]["name"];

/** The arguments behind `node main.ts`. */
export function commandLine(): string[] {
  return process.argv.slice(2);
}

/** Tells whether a terminal may be written to in colours; `NO_COLOR` with any text forbids it (no-color.org). */
export function wantsColors(environment = process.env): boolean {
  return !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
}

/**
 * Reads all settings.
 * @throws {ConfigError} If at least one cannot be used.
 */
export function readConfig(args: readonly string[], environment = process.env): Config {
  const mistakes: string[] = [];
  const flags = readFlags(args, mistakes);
  const path = flags["config"] ?? environment["AUTOPOOL_CONFIG"];
  const file = path === undefined ? {} : readFile(String(path), mistakes);
  const values = {} as Record<Name, string>;
  for (const setting of settings as readonly Setting[]) {
    const { text, from } = lookUp(setting, flags, environment, file);
    const mistake = setting.check(text);
    if (mistake !== undefined) mistakes.push(`Cannot use ${from} "${text}": it ${mistake}`);
    values[setting.name as Name] = text;
  }
  if (values["enable-ipv4"] === "false" && values["enable-ipv6"] === "false") {
    mistakes.push("Cannot disable both IPv4 and IPv6: there would be nothing to do");
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  return toConfig(values);
}

function toConfig(values: Record<Name, string>): Config {
  const writesPerSecond = Number(values["writes-per-second"]);
  return Object.freeze({
    kubeconfig: values.kubeconfig || undefined,
    context: values.context || undefined,
    logLevel: values["log-level"] as Config["logLevel"],
    logFormat: values["log-format"] as Config["logFormat"],
    once: values.once === "true" || values["dry-run"] === "true",
    dryRun: values["dry-run"] === "true",
    defaultNumber: parseAddressNumber(values["default-ip-number"]) ?? defaultSettings.defaultNumber,
    families: ([4, 6] as const).filter((family) => values[`enable-ipv${family}`] === "true"),
    concurrency: Number(values.concurrency),
    ...(writesPerSecond === 0 ? {} : { writesPerSecond }),
    gatherMs: Number(values["gather-milliseconds"]),
    nudgeMs: Number(values["nudge-seconds"]) * 1000,
  });
}

/** Lines of `--help`, one per setting. */
export function settingsHelp(): string {
  const rows: readonly Setting[] = [
    {
      name: "config",
      help: "YAML file with these settings, in camelCase",
      default: "",
      isSwitch: false,
      check: anything,
    },
    ...settings,
  ];
  return rows
    .map(({ name, help, isSwitch, default: fallback }) => {
      const flag = `--${name}${isSwitch ? "" : " VALUE"}`;
      return `  ${flag.padEnd(28)} ${help}${fallback && !isSwitch ? ` (${fallback})` : ""}\n${"".padEnd(31)}${variableOf(name)}`;
    })
    .join("\n");
}

function lookUp(
  setting: Setting,
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv,
  file: Readonly<Record<string, unknown>>,
): { text: string; from: string } {
  const { name, aliases = [] } = setting;
  const variable = variableOf(name);
  if (flags[name] !== undefined) return { text: String(flags[name]), from: `--${name}` };
  if (environment[variable] !== undefined) return { text: environment[variable], from: variable };
  const key = [camelCase(name), ...aliases].find((candidate) => file[candidate] !== undefined);
  if (key === undefined) return { text: setting.default, from: name };
  const value = String(file[key]);
  // The reference's file has a bare number that means "beyond the replicas".
  return { text: key.startsWith("clusterSubnet") ? `+${value}` : value, from: key };
}

function readFlags(args: readonly string[], mistakes: string[]): Record<string, unknown> {
  const options: Record<string, { type: "string" | "boolean" }> = { config: { type: "string" } };
  for (const { name, isSwitch } of settings as readonly Setting[]) {
    options[name] = { type: isSwitch ? "boolean" : "string" };
  }
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
