/**
 * The statements of docs/runtimes.md: what operator and agent may touch, as permissions of Deno.
 * @module
 */

import {
  agentPermissions,
  operatorPermissions,
  type Permission,
  podPermissions,
  toFlags,
} from "../bundle/permissions.ts";

const table = (permissions: readonly Permission[]): string =>
  [
    "| permission | for |",
    "|---|---|",
    ...permissions.map(({ flag, values, why }) => `| \`${values ? `${flag}=${values}` : flag}\` | ${why} |`),
  ].join("\n");

const command = (permissions: readonly Permission[], words: string): string => {
  const flags = toFlags(permissions).map(
    (flag) => `  ${flag.includes("*") ? flag.replace(/=(.*)/, "='$1'") : flag} \\`,
  );
  return ["```", "deno run --no-prompt --no-remote --no-npm \\", ...flags, `  autopool.mjs ${words}`, "```"].join("\n");
};

/** The generated parts of the document, by name. */
export function runtimeTables(): Record<string, string> {
  const serve = "--webhook-port WEBHOOK --metrics-port METRICS --view-port VIEW";
  return {
    operator: `${table(operatorPermissions)}\n\n${command(operatorPermissions, `run --kubeconfig KUBECONFIG ${serve}`)}`,
    agent: `${table(agentPermissions)}\n\n${command(agentPermissions, "agent --node-name NAME --kubeconfig KUBECONFIG --socket FOLDER/autopool.sock")}`,
    pod: table(podPermissions),
  };
}
