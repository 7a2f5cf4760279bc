/**
 * One setting of a command: its name, its default, what may stand there; and the settings that several commands share.
 *
 * The name gives flag (`--log-level`), environment (`AUTOPOOL_LOG_LEVEL`) and key of the file (`logLevel`). Pure; who reads them is
 * `config.ts`.
 * @module
 */

export interface Setting {
  readonly name: string;
  readonly help: string;
  readonly default: string;
  /** Given without a value on the command line. */
  readonly isSwitch?: boolean;
  /** Keys of the reference's file that say the same (spec §0.5; ipam §7.1). */
  readonly aliases?: readonly string[];
  /** Variables of the reference's that say the same (ipam §7.2, §7.3). */
  readonly variables?: readonly string[];
  /** Returns what is wrong with a value, as the end of a sentence; `undefined` where it can be used. */
  readonly check: (text: string) => string | undefined;
}

export type Check = Setting["check"];

export const anything: Check = () => undefined;

export function oneOf(...words: string[]): Check {
  return (text) => (words.includes(text) ? undefined : `must be one of ${words.join(", ")}`);
}

export function integer(min: number, max: number): Check {
  return (text) =>
    /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max
      ? undefined
      : `must be an integer from ${min} to ${max}`;
}

export const boolean: Check = oneOf("true", "false");

export const connectionSettings = [
  { name: "kubeconfig", help: "path of a kubeconfig; in a cluster the service account", default: "", check: anything },
  { name: "context", help: "context of the kubeconfig; its current one", default: "", check: anything },
] as const satisfies readonly Setting[];

export const familySettings = [
  { name: "enable-ipv4", help: "use IPv4", default: "true", aliases: ["enableIPv4"], check: boolean },
  { name: "enable-ipv6", help: "use IPv6", default: "true", aliases: ["enableIPv6"], check: boolean },
] as const satisfies readonly Setting[];

/** Where one looks into a running process. */
export const debugSettings = [
  {
    name: "debug-port",
    help: "port of heap snapshots and CPU profiles on the loopback address, 5731 as documented; 0 serves none",
    default: "0",
    check: integer(0, 65_535),
  },
] as const satisfies readonly Setting[];

/** Returns the setting of a port; nothing where it says that there is none. */
export function portOf<const N extends string>(name: N, text: string): { readonly [K in N]?: number } {
  return text === "0" ? {} : ({ [name]: Number(text) } as { [K in N]: number });
}

/** Which pods keep their addresses through deletion and re-creation. */
export const staticSettings = [
  {
    name: "enable-stateful-set",
    help: "pods of StatefulSets keep their addresses",
    default: "true",
    aliases: ["enableStatefulSet"],
    check: boolean,
  },
  {
    name: "enable-kubevirt-static-ip",
    help: "virtual machines keep their addresses",
    default: "true",
    aliases: ["enableKubevirtStaticIP"],
    check: boolean,
  },
] as const satisfies readonly Setting[];

export const logSettings = [
  {
    name: "log-level",
    help: "debug, info, warn or error",
    default: "info",
    variables: ["SPIDERPOOL_LOG_LEVEL"],
    check: oneOf("debug", "info", "warn", "error"),
  },
  { name: "log-format", help: "json or text", default: "json", check: oneOf("json", "text") },
] as const satisfies readonly Setting[];

/** What the shared settings come to. */
export interface SharedConfig {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly families: readonly (4 | 6)[];
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFormat: "json" | "text";
}

type SharedName = (typeof connectionSettings | typeof familySettings | typeof logSettings)[number]["name"];

/** Returns the shared part of a configuration; the values have been checked. */
export function toSharedConfig(values: Readonly<Record<SharedName, string>>): SharedConfig {
  return {
    kubeconfig: values.kubeconfig || undefined,
    context: values.context || undefined,
    families: ([4, 6] as const).filter((family) => values[`enable-ipv${family}`] === "true"),
    logLevel: values["log-level"] as SharedConfig["logLevel"],
    logFormat: values["log-format"] as SharedConfig["logFormat"],
  };
}
