/**
 * What the operator and an agent may touch, as permissions of Deno: the statement in docs/runtimes.md and what the tests grant.
 *
 * Variables are those of the settings, so that the list can neither lag behind nor be too long.
 * @module
 */

import { agentSettings } from "../../src/agent/agent-config.ts";
import { operatorSettings } from "../../src/operator-config.ts";
import type { Setting } from "../../src/setting.ts";
import { root } from "../support/source.ts";

/** The document that the statement stands in. */
export const DOCUMENT = `${root}/docs/runtimes.md`;

/** A permission of Deno's, what it is for, and what goes in where it depends on the place. */
export interface Permission {
  readonly flag: `--allow-${"env" | "net" | "read" | "write" | "sys"}`;
  /** Separated by commas; a name in capital letters stands for what the place decides. Empty: all that the flag can mean. */
  readonly values: string;
  readonly why: string;
}

/** Names of all variables that a command may ask for. */
function variablesOf(settings: readonly Setting[]): string {
  const others = settings.flatMap(({ variables = [] }) => variables).filter((name) => !name.startsWith("SPIDERPOOL_"));
  return ["AUTOPOOL_*", "SPIDERPOOL_*", ...new Set(others), "NO_COLOR", "TERM"].join(",");
}

const shared = (settings: readonly Setting[]): readonly Permission[] => [
  { flag: "--allow-env", values: variablesOf(settings), why: "its settings, and the reference's names for them" },
  { flag: "--allow-net", values: "API_SERVER", why: "the API server, host and port as the kubeconfig has them" },
  { flag: "--allow-read", values: "KUBECONFIG", why: "the kubeconfig, and files that it names" },
];

/** What `autopool run` needs, with everything that it serves switched on. */
export const operatorPermissions: readonly Permission[] = [
  ...shared(operatorSettings),
  { flag: "--allow-sys", values: "hostname", why: "who it is in the Lease, where no POD_NAME says it" },
  {
    flag: "--allow-net",
    values: "[::]:WEBHOOK,0.0.0.0:WEBHOOK",
    why: "to be asked by the API server (--webhook-port)",
  },
  { flag: "--allow-net", values: "[::]:METRICS,0.0.0.0:METRICS", why: "metrics and health (--metrics-port)" },
  { flag: "--allow-net", values: "127.0.0.1:VIEW", why: "the page (--view-port)" },
];

/** What `autopool agent` needs. */
export const agentPermissions: readonly Permission[] = [
  ...shared(agentSettings),
  { flag: "--allow-net", values: "unix:FOLDER/autopool.sock", why: "its socket (--socket)" },
  { flag: "--allow-read", values: "FOLDER", why: "to see whether another agent is there" },
  { flag: "--allow-write", values: "FOLDER", why: "to make the socket, and to remove it" },
  {
    flag: "--allow-sys",
    values: "",
    why: "the file mask, by which the socket is root's alone; Deno has no narrower name for it",
  },
];

/** In a pod, in place of a kubeconfig. */
export const podPermissions: readonly Permission[] = [
  { flag: "--allow-env", values: "KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT", why: "where the API server is" },
  { flag: "--allow-read", values: "/var/run/secrets/kubernetes.io/serviceaccount", why: "the pod's own token" },
];

/** Returns Deno's flags for permissions at a place. */
export function toFlags(permissions: readonly Permission[], place: Readonly<Record<string, string>> = {}): string[] {
  const values = new Map<string, string[]>();
  for (const { flag, values: value } of permissions) {
    const here = value.replaceAll(/\b[A-Z_]{4,}\b/g, (name) => place[name] ?? name);
    values.set(flag, [...(values.get(flag) ?? []), ...(here ? [here] : [])]);
  }
  return [...values].map(([flag, all]) => (all.length > 0 ? `${flag}=${all.join(",")}` : flag));
}
