/**
 * What may still be done to an object that is going, and what may not go.
 * @module
 */

import { FINALIZER } from "../../api/names.ts";
import type { KubeObject } from "../../cluster/cluster.ts";
import type { KindRules } from "./judge.ts";
import { type Denial, type DeniedObject, forbidden } from "./refusal.ts";
import type { World } from "./world.ts";

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

/**
 * Tells whether an update leaves the spec as it was, but for what defaults fill in. Such an object is not judged: what was stored
 * before a rule existed stays writable around its spec.
 */
export function isOnlyDefaulted<T extends WithSpec>(
  object: T,
  old: T,
  { defaults }: Pick<KindRules<T>, "defaults">,
  world: World,
): boolean {
  return isSameSpec(object, old) || isSameSpec(object, defaults(old, world));
}

function isSameSpec(object: WithSpec, old: WithSpec): boolean {
  return text(object.spec) === text(old.spec);
}

function isUntouched(object: WithSpec, old: WithSpec): boolean {
  return isSameSpec(object, old) && text(object.metadata.labels) === text(old.metadata.labels);
}

/** Members in the order of their names, as the API server writes them; defaults add theirs at the end. */
function text(value: object | undefined): string {
  const members = Object.entries(value ?? {}).filter(([, member]) => member !== undefined);
  return JSON.stringify(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
