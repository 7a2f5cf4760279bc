/**
 * What may still be done to an object that is going, and what may not go.
 * @module
 */

import { FINALIZER } from "../../api/names.ts";
import type { KubeObject } from "../../cluster/cluster.ts";
import { type Denial, type DeniedObject, forbidden } from "./refusal.ts";

type WithSpec = KubeObject & { spec: object };

/**
 * Denies to edit an object that is being deleted, as long as it has our finalizer. Other finalizers and annotations may change, so that
 * the garbage collector can do its part.
 */
export function denyTerminating(denied: DeniedObject, object: WithSpec, old: WithSpec): Denial | undefined {
  if (object.metadata.deletionTimestamp === undefined || isUntouched(object, old)) return undefined;
  const finalizers = object.metadata.finalizers ?? [];
  // Reserved addresses have no finalizer of ours: what keeps them is somebody else's.
  if (denied.kind !== "SpiderReservedIP" && !finalizers.includes(FINALIZER)) return undefined;
  const word = { SpiderSubnet: "Subnet", SpiderIPPool: "IPPool" }[denied.kind] ?? "ReservedIP";
  const why = `cannot update a terminating ${word}: it has been marked for deletion; wait until it is gone and make it anew`;
  return forbidden(denied, "terminating", why);
}

/** Denies to delete an object with addresses in use, where people asked for that. */
export function denyDeletionInUse(denied: DeniedObject, count: number, word: "IPPool" | "Subnet"): Denial | undefined {
  if (count <= 0) return undefined;
  const holders = word === "IPPool" ? "pods" : "pools";
  const why = `cannot delete ${word === "IPPool" ? "an IPPool" : "a Subnet"} with allocated IPs(${count}): delete the ${holders} that have them first`;
  return forbidden(denied, "delete-in-use", why);
}

/** Tells whether an update leaves spec and labels as they were; what was stored before a rule existed stays writable around them. */
export function isUntouched(object: WithSpec, old: WithSpec): boolean {
  return isSameSpec(object, old) && text(object.metadata.labels ?? {}) === text(old.metadata.labels ?? {});
}

/** Tells whether an update leaves the spec as it was. */
export function isSameSpec(object: WithSpec, old: WithSpec): boolean {
  return text(object.spec) === text(old.spec);
}

// The API server writes members in the order of their names, so the same is the same text.
function text(value: unknown): string {
  return JSON.stringify(value);
}
