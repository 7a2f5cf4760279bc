/**
 * The settings of what `autopool run` serves beside its work: admission, metrics and the page.
 * @module
 */

import { isIP } from "node:net";
import { anything, boolean, type Check, debugSettings, integer, portOf, type Setting } from "./setting.ts";

export interface ServingSettings {
  /** Port of the admission webhook; absent where it is not served. */
  readonly webhookPort?: number;
  /** Names and addresses by which the API server calls it. */
  readonly webhookHosts: readonly string[];
  /** File with the authority of the API servers' client certificates; absent where anybody is answered. */
  readonly webhookClientCa?: string;
  /** Port of the metrics; absent where they are not served. */
  readonly metricsPort?: number;
  /** Whether metrics tell of each pool. */
  readonly metricsPerPool?: boolean;
  /** Port of the debug server on the loopback address; absent where there is none. */
  readonly debugPort?: number;
  /** Port of the page and the trace; absent where they are not served. */
  readonly viewPort?: number;
  /** Address that the page listens on; the loopback one if absent. */
  readonly viewAddress?: string;
  /** Where our own Secret and ConfigMap are. */
  readonly namespace: string;
  /** Whether the webhook denies to delete what is in use. */
  readonly validateDelete: boolean;
}

/** Where the page listens unless told otherwise: for this machine only. */
const VIEW_ADDRESS = "127.0.0.1";

/** Name of the Service in `deploy/base/webhook.yaml`. */
const SERVICE = "autopool-webhook";

const namespaceName: Check = (text) =>
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? undefined : "must be the name of a namespace";

export const servingSettings = [
  {
    name: "namespace",
    help: "where autopool's own Secret and ConfigMap are",
    default: "autopool-system",
    variables: ["POD_NAMESPACE", "SPIDERPOOL_POD_NAMESPACE"],
    check: namespaceName,
  },
  {
    name: "webhook-port",
    help: "port of the admission webhook, 5722 as deployed; 0 serves none",
    default: "0",
    variables: ["SPIDERPOOL_WEBHOOK_PORT"],
    check: integer(0, 65_535),
  },
  {
    name: "webhook-hosts",
    help: "names and addresses by which the API server calls it, with commas; the Service's name",
    default: "",
    check: (text) => (/^[-.:\w,]*$/.test(text) ? undefined : "must be names and addresses with commas in between"),
  },
  {
    name: "webhook-client-ca",
    help: "file with the authority of API servers' client certificates; others are then refused",
    default: "",
    check: anything,
  },
  {
    name: "validate-delete",
    help: "deny to delete subnets and pools with addresses in use",
    default: "false",
    aliases: ["enableValidatingResourcesDeletedWebhook"],
    check: boolean,
  },
  {
    name: "metrics-port",
    help: "port of the metrics and of /healthz and /readyz, 5721 as deployed; 0 serves none",
    default: "0",
    variables: ["SPIDERPOOL_METRIC_HTTP_PORT"],
    check: integer(0, 65_535),
  },
  {
    name: "metrics-per-pool",
    help: "tell the addresses of each pool too: two more series for every pool",
    default: "false",
    variables: ["SPIDERPOOL_ENABLED_DEBUG_METRIC"],
    check: boolean,
  },
  ...debugSettings,
  {
    name: "view-port",
    help: "port of the page and of the trace, 5730 as documented; 0 serves none",
    default: "0",
    check: integer(0, 65_535),
  },
  {
    name: "view-address",
    help: "address that the page listens on; whoever reaches it may read all that it shows",
    default: VIEW_ADDRESS,
    check: (text) => (isIP(text) > 0 ? undefined : "must be an IP address"),
  },
] as const satisfies readonly Setting[];

/** Returns the settings out of values that have been checked. */
export function readServingSettings(
  values: Readonly<Record<(typeof servingSettings)[number]["name"], string>>,
): ServingSettings {
  const { namespace } = values;
  const hosts = values["webhook-hosts"].split(",").filter((host) => host !== "");
  return {
    ...portOf("webhookPort", values["webhook-port"]),
    ...portOf("metricsPort", values["metrics-port"]),
    metricsPerPool: values["metrics-per-pool"] === "true",
    ...portOf("debugPort", values["debug-port"]),
    ...(values["webhook-client-ca"] !== "" && { webhookClientCa: values["webhook-client-ca"] }),
    ...portOf("viewPort", values["view-port"]),
    ...(values["view-port"] !== "0" && { viewAddress: values["view-address"] }),
    webhookHosts: hosts.length > 0 ? hosts : [`${SERVICE}.${namespace}.svc`],
    namespace,
    validateDelete: values["validate-delete"] === "true",
  };
}
