/**
 * Pods in a table: the columns of `kubectl get pods -o wide` that tell about addresses.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { tableLines } from "./table.ts";

/** Returns a line for each pod, with all its addresses; kubectl shows the first only. */
export function podTable(pods: readonly Pod[]): string[] {
  if (pods.length === 0) return ["No resources found"];
  return tableLines(
    ["NAME", "STATUS", "IP", "NODE"],
    pods.map((pod) => [pod.metadata.name, stateOf(pod), addressesOf(pod), pod.spec?.nodeName ?? "<none>"]),
  );
}

function stateOf({ metadata, status }: Pod): string {
  return metadata.deletionTimestamp === undefined ? (status?.phase ?? "Pending") : "Terminating";
}

function addressesOf({ status }: Pod): string {
  return status?.podIPs?.map(({ ip }) => ip).join(",") || "<none>";
}
