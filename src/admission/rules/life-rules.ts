/**
 * What may still be done to an object that is going, and what may not go.
 * @module
 */

import { FINALIZER } from "../../api/names.ts";
import type { KubeObject } from "../../cluster/cluster.ts";
import type { KindRules, Wanted } from "./judge.ts";
import { type Denial, type DeniedObject, forbidden } from "./refusal.ts";
import type { World } from "./world.ts";

type WithSpec = KubeObject & { spec: object };

/** What is peculiar to a kind; the rest of a life is the same for all. */
export interface LifeOf<T extends WithSpec> {
  readonly resource: Omit<DeniedObject, "name">;
  readonly defaults: KindRules<T>["defaults"];
  /** Judges what an object says, when it comes and whenever that changes. */
  judgeSpec(object: T, old: T | undefined, world: World): Denial | undefined;
  /** Whether an update leaves what matters beside the spec as it was; absent: nothing does. */
  isAsBefore?(object: T, old: T): boolean;
  /** Denies a deletion, where people asked for that. */
  denyDeletion?(denied: DeniedObject, old: T): Denial | undefined;
}

/** Returns the rules of a kind. */
export function rulesOfLife<T extends WithSpec>(life: LifeOf<T>): KindRules<T> {
  return { defaults: life.defaults, judge: (wanted, world) => judge(life, wanted, world) };
}

function judge<T extends WithSpec>(life: LifeOf<T>, wanted: Wanted<T>, world: World): Denial | undefined {
  if (wanted.operation === "CREATE") return life.judgeSpec(wanted.object, undefined, world);
  const { old } = wanted;
  const denied = { ...life.resource, name: old.metadata.name };
  if (wanted.operation === "DELETE") return world.validateDelete ? life.denyDeletion?.(denied, old) : undefined;
  const { object } = wanted;
  if (object.metadata.deletionTimestamp !== undefined) return denyTerminating(denied, object, old);
  const isAsBefore = (life.isAsBefore?.(object, old) ?? true) && isOnlyDefaulted(object, old, life, world);
  return isAsBefore ? undefined : life.judgeSpec(object, old, world);
}

/**
 * Denies to edit an object that is being deleted, as long as it has our finalizer. Other finalizers and annotations may change, so that
 * the garbage collector can do its part.
 */
function denyTerminating(denied: DeniedObject, object: WithSpec, old: WithSpec): Denial | undefined {
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
function isOnlyDefaulted<T extends WithSpec>(
  object: T,
  old: T,
  { defaults }: Pick<KindRules<T>, "defaults">,
  world: World,
): boolean {
  return isSameSpec(object, old) || isSameSpec(object, defaults(old, world));
}

function isSameSpec(object: WithSpec, old: WithSpec): boolean {
  return isSame(object.spec, old.spec);
}

function isUntouched(object: WithSpec, old: WithSpec): boolean {
  return isSameSpec(object, old) && isSame(object.metadata.labels ?? {}, old.metadata.labels ?? {});
}

/** Compares JSON; stops at the first difference, since lists may be long. A member that is `undefined` is absent. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => isSame(left[key], right[key]));
}
