/**
 * The settings of `autopool run`.
 * @module
 */

import { AnnotationError, parseAddressNumber } from "./api/pool-annotations.ts";
import { readSettings } from "./config.ts";
import { defaultCollectorSettings as collection } from "./ipam/collector-settings.ts";
import {
  type ElectionSettings,
  electionMistakes,
  electionSettings,
  toElectionSettings,
} from "./leadership/election-settings.ts";
import { readServingSettings, type ServingSettings, servingSettings } from "./serving-settings.ts";
import {
  anything,
  boolean,
  connectionSettings,
  familySettings,
  integer,
  logSettings,
  type Setting,
  type SharedConfig,
  staticSettings,
  toSharedConfig,
} from "./setting.ts";
import { defaultSettings, type OperatorSettings } from "./settings.ts";
import { TRACE_FILE_BYTES } from "./trace/trace-file.ts";

/** Everything that `autopool run` can be told. */
export interface OperatorConfig extends OperatorSettings, SharedConfig {
  readonly families: SharedConfig["families"];
  readonly serving: ServingSettings;
  /** How replicas elect their leader; absent where this one acts whoever else does. */
  readonly election?: ElectionSettings;
  /** Latest that the event loop may come, in ms: a leader that comes later has lost its lease. */
  readonly lagMaxMs: number;
  /** By which others know this replica; absent where its host has to do. */
  readonly podName?: string;
  readonly once: boolean;
  readonly dryRun: boolean;
  /** Where a trace is recorded to, if it is, and how long each of its two files may become. */
  readonly trace?: { readonly path: string; readonly bytesMax: number };
}

function addressNumber(text: string): string | undefined {
  try {
    return parseAddressNumber(text) ? undefined : "must not be empty";
  } catch (error) {
    // The sentence that it ends begins with "it" already.
    return error instanceof AnnotationError ? error.reason.replace(/^it /, "") : String(error);
  }
}

/** How many addresses who does not say so gets; whoever foretells it must read the same. */
export const numberSettings = [
  {
    name: "default-ip-number",
    help: "for native applications without the annotation ippool-ip-number: N, or +N beyond their replicas",
    default: "+1",
    aliases: ["clusterSubnetDefaultFlexibleIPNumber", "clusterSubnetAutoPoolDefaultRedundantIPNumber"],
    check: addressNumber,
  },
] as const satisfies readonly Setting[];

export const operatorSettings = [
  ...connectionSettings,
  ...numberSettings,
  ...familySettings,
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
  ...staticSettings,
  {
    name: "enable-gc",
    help: "collect addresses whose pods are gone",
    default: String(collection.gcEnabled),
    variables: ["SPIDERPOOL_GC_IP_ENABLED"],
    check: boolean,
  },
  {
    name: "gc-interval-seconds",
    help: "how often all records are looked through",
    default: String(collection.gcIntervalMs / 1000),
    variables: ["SPIDERPOOL_GC_DEFAULT_INTERVAL_DURATION"],
    check: integer(1, 86_400),
  },
  {
    name: "gc-delay-seconds",
    help: "how long a pod's end is left to the CNI plugin before its addresses are collected",
    default: String(collection.gcDelayMs / 1000),
    variables: ["SPIDERPOOL_GC_ADDITIONAL_GRACE_DELAY"],
    check: integer(0, 3600),
  },
  {
    name: "gc-not-ready-node",
    help: "collect from terminating pods of nodes that are not ready, which may still run them",
    default: String(collection.releaseOnNotReadyNode),
    variables: ["SPIDERPOOL_GC_STATELESS_TERMINATING_POD_ON_NOT_READY_NODE_ENABLED"],
    check: boolean,
  },
  ...servingSettings,
  ...electionSettings,
  {
    name: "trace",
    help: "file to record to what is observed and decided, see docs/traces.md; none",
    default: "",
    check: anything,
  },
  {
    name: "trace-mebibytes",
    help: "how long that file and the one of what was before it may each become",
    default: String(TRACE_FILE_BYTES / 2 ** 20),
    check: integer(1, 65_536),
  },
  ...logSettings,
  { name: "once", help: "bring everything up to date, then end", default: "false", isSwitch: true, check: boolean },
  {
    name: "dry-run",
    help: "print the operations that would be done, change nothing, then end",
    default: "false",
    isSwitch: true,
    check: boolean,
  },
] as const satisfies readonly Setting[];

/**
 * Reads all settings of `autopool run`.
 * @throws {ConfigError} If at least one cannot be used.
 */
export function readOperatorConfig(args: readonly string[], environment?: NodeJS.ProcessEnv): OperatorConfig {
  const values = readSettings(operatorSettings, args, environment, electionMistakes);
  const writesPerSecond = Number(values["writes-per-second"]);
  return Object.freeze({
    ...toSharedConfig(values),
    serving: readServingSettings(values),
    ...(values["leader-elect"] === "true" && values["dry-run"] === "false" && { election: toElectionSettings(values) }),
    lagMaxMs: toElectionSettings(values).renewMs,
    ...(values["pod-name"] !== "" && { podName: values["pod-name"] }),
    once: values.once === "true" || values["dry-run"] === "true",
    dryRun: values["dry-run"] === "true",
    ...(values.trace === ""
      ? {}
      : { trace: { path: values.trace, bytesMax: Number(values["trace-mebibytes"]) * 2 ** 20 } }),
    defaultNumber: parseAddressNumber(values["default-ip-number"]) ?? defaultSettings.defaultNumber,
    concurrency: Number(values.concurrency),
    ...(writesPerSecond === 0 ? {} : { writesPerSecond }),
    gatherMs: Number(values["gather-milliseconds"]),
    nudgeMs: Number(values["nudge-seconds"]) * 1000,
    collection: {
      gcEnabled: values["enable-gc"] === "true",
      gcIntervalMs: Number(values["gc-interval-seconds"]) * 1000,
      gcDelayMs: Number(values["gc-delay-seconds"]) * 1000,
      releaseOnNotReadyNode: values["gc-not-ready-node"] === "true",
      enableStatefulSet: values["enable-stateful-set"] === "true",
      enableKubevirt: values["enable-kubevirt-static-ip"] === "true",
    },
  });
}
