/**
 * Nodes as far as they tell whether what runs there may still run.
 * @module
 */

import type { KubeObject } from "../cluster/cluster.ts";

export interface Node extends KubeObject {
  spec?: { taints?: { key: string; value?: string; effect: string }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

/** Tells whether its kubelet has been heard of lately. */
export function isReady({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Tells whether an administrator says that it is powered off: the taint is for exactly that (KEP-2268). */
export function isOutOfService({ spec }: Node): boolean {
  return spec?.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service") ?? false;
}
