/**
 * The settings of `autopool agent`.
 *
 * What the reference's agent can do and ours cannot is a setting too, and refused: a setting that is ignored would be worse.
 * @module
 */

import { SOCKET_PATH } from "../api/agent-protocol.ts";
import { readSettings } from "../config.ts";
import { defaultIpamSettings, type IpamSettings } from "../ipam/settings.ts";
import {
  anything,
  boolean,
  type Check,
  connectionSettings,
  debugSettings,
  familySettings,
  integer,
  logSettings,
  portOf,
  type Setting,
  type SharedConfig,
  staticSettings,
  toSharedConfig,
} from "../setting.ts";
import { PLUGIN_TYPE } from "./plugin-install.ts";

/** Everything that `autopool agent` can be told. */
export interface AgentConfig extends SharedConfig {
  readonly ipam: IpamSettings;
  /** Path of the unix socket. */
  readonly socket: string;
  /** Requests to the API server under way at once. */
  readonly concurrency: number;
  /** Absent: the plugin is not installed. */
  /** Port of the metrics and of health; absent where they are not served. */
  readonly metricsPort?: number;
  /** Port of the debug server on the loopback address; absent where there is none. */
  readonly debugPort?: number;
  readonly plugin: { readonly source: string; readonly folder: string; readonly type: string } | undefined;
}

/** Node.js opens no raw sockets, in which alone ARP and neighbour discovery can be spoken. */
const undetectable: Check = (text) =>
  boolean(text) ?? (text === "true" ? "must be false: autopool cannot send ARP or neighbour solicitations" : undefined);
const needed: Check = (text) => (text === "" ? "must not be empty" : undefined);
const attachment: Check = (text) =>
  text === "" || /^[^/\s]+\/[^/\s]+$/.test(text) ? undefined : 'must be "NAMESPACE/NAME" of a net-attach-def';

/** Less than the 100 s after which the CNI plugin gives an ADD up. */
const waitForPoolSecondsMax = 90;

export const agentSettings = [
  ...connectionSettings,
  {
    name: "node-name",
    help: "name of the node that the agent runs on; needed",
    default: "",
    variables: ["SPIDERPOOL_NODE_NAME"],
    check: needed,
  },
  {
    name: "namespace",
    help: "namespace of net-attach-defs that are named without one",
    default: defaultIpamSettings.agentNamespace,
    variables: ["SPIDERPOOL_POD_NAMESPACE"],
    check: needed,
  },
  {
    name: "socket",
    help: "path of the unix socket that the CNI plugin talks to",
    default: SOCKET_PATH,
    aliases: ["ipamUnixSocketPath"],
    check: needed,
  },
  ...familySettings,
  ...staticSettings,
  {
    name: "enable-spider-subnet",
    help: "serve the annotations subnet and subnets",
    default: "true",
    aliases: ["enableSpiderSubnet"],
    check: boolean,
  },
  {
    name: "enable-auto-pool",
    help: "serve them with automatic pools; else they are refused",
    default: "true",
    aliases: ["enableAutoPoolForApplication"],
    check: boolean,
  },
  {
    name: "enable-ip-conflict-detection",
    help: "not possible, so only false",
    default: "false",
    aliases: ["enableIPConflictDetection"],
    check: undetectable,
  },
  {
    name: "enable-gateway-detection",
    help: "not possible, so only false",
    default: "false",
    aliases: ["enableGatewayDetection"],
    check: undetectable,
  },
  {
    name: "max-allocated-ips",
    help: "most addresses in use of one pool",
    default: String(defaultIpamSettings.recordsMax),
    variables: ["SPIDERPOOL_IPPOOL_MAX_ALLOCATED_IPS"],
    check: integer(1, 20_000),
  },
  {
    name: "cluster-network",
    help: "net-attach-def of eth0 where a pod names none, NAMESPACE/NAME",
    default: "",
    variables: ["MULTUS_CLUSTER_NETWORK"],
    check: attachment,
  },
  {
    name: "wait-for-pool-seconds",
    help: "how long a pod's ADD waits for its automatic pool",
    default: String(defaultIpamSettings.waitForPoolMs / 1000),
    check: integer(0, waitForPoolSecondsMax),
  },
  { name: "cni-bin-dir", help: "install the CNI plugin into this folder", default: "", check: anything },
  { name: "cni-plugin", help: "executable of the CNI plugin", default: "dist/autopool-cni", check: needed },
  { name: "cni-type", help: "name under which it is installed", default: PLUGIN_TYPE, check: needed },
  {
    name: "metrics-port",
    help: "port of the metrics and of /healthz and /readyz, 5711 as deployed; 0 serves none",
    default: "0",
    variables: ["SPIDERPOOL_METRIC_HTTP_PORT"],
    check: integer(0, 65_535),
  },
  ...debugSettings,
  { name: "concurrency", help: "requests under way at once", default: "50", check: integer(1, 500) },
  ...logSettings,
] as const satisfies readonly Setting[];

/**
 * Reads all settings of `autopool agent`.
 * @throws {ConfigError} If at least one cannot be used.
 */
export function readAgentConfig(args: readonly string[], environment?: NodeJS.ProcessEnv): AgentConfig {
  const values = readSettings(agentSettings, args, environment);
  const shared = toSharedConfig(values);
  const isOn = (name: keyof typeof values): boolean => values[name] === "true";
  const folder = values["cni-bin-dir"];
  return Object.freeze({
    ...shared,
    ...portOf("metricsPort", values["metrics-port"]),
    ...portOf("debugPort", values["debug-port"]),
    socket: values.socket,
    concurrency: Number(values.concurrency),
    plugin: folder ? { source: values["cni-plugin"], folder, type: values["cni-type"] } : undefined,
    ipam: {
      nodeName: values["node-name"],
      agentNamespace: values.namespace,
      families: shared.families,
      enableStatefulSet: isOn("enable-stateful-set"),
      enableKubevirt: isOn("enable-kubevirt-static-ip"),
      enableSubnet: isOn("enable-spider-subnet"),
      enableAutoPool: isOn("enable-auto-pool"),
      recordsMax: Number(values["max-allocated-ips"]),
      ...(values["cluster-network"] ? { clusterNetwork: values["cluster-network"] } : {}),
      waitForPoolMs: Number(values["wait-for-pool-seconds"]) * 1000,
    },
  });
}
