/**
 * The garbage collector of owner references, as the controller manager runs it, in small.
 *
 * Objects whose owners are all gone are deleted; foreground deletion waits for the dependents that block it; orphaning strips the
 * references first. It never deletes on a guess: an owner of a kind that is not served counts as being there, and so does a
 * namespaced owner of a cluster-scoped object, which the API forbids.
 * @module
 */
import type { Clock } from "../../clock.ts";
import type { ObjectRef, OwnerReference } from "../cluster.ts";
import { type Change, keyOf, type Store, type Stored, type Table } from "./store.ts";
import type { Writes } from "./writes.ts";

/** Told of every change; writes what follows from it some time later. */
export interface GarbageCollector {
  notice(change: Change): void;
}

interface Entry {
  readonly table: Table;
  readonly ref: ObjectRef;
}

function hasFinalizer(object: Stored | undefined, finalizer: string): boolean {
  return object?.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Returns a collector that works `delayMs` after what it noticed. */
export function createGarbageCollector(store: Store, writes: Writes, clock: Clock, delayMs: number): GarbageCollector {
  const entries = new Map<string, Entry>();
  /** Uids of the dependents by uid of the owner, the owner being there or not. */
  const dependents = new Map<string, Set<string>>();
  const queue = new Set<string>();

  function index(change: Change): void {
    const uid = change.object.metadata.uid ?? "";
    for (const owner of change.old?.metadata.ownerReferences ?? []) {
      const others = dependents.get(owner.uid);
      others?.delete(uid);
      if (others?.size === 0) dependents.delete(owner.uid);
    }
    if (change.type === "DELETED") {
      entries.delete(uid);
      return;
    }
    const table = store.table(change.resource);
    if (change.type === "ADDED" && table) entries.set(uid, { table, ref: refOf(change.object) });
    for (const owner of change.object.metadata.ownerReferences ?? []) {
      const others = dependents.get(owner.uid) ?? new Set();
      dependents.set(owner.uid, others.add(uid));
    }
  }

  function enqueue(uid: string): void {
    if (queue.size === 0) clock.after(delayMs, work);
    queue.add(uid);
  }

  function work(): void {
    const batch = [...queue];
    queue.clear();
    for (const uid of batch) collect(uid);
  }

  function collect(uid: string): void {
    const entry = entries.get(uid);
    const object = entry?.table.objects.get(keyOf(entry.ref));
    if (!entry || !object) return;
    if (object.metadata.deletionTimestamp) finishDeletion(entry, object, uid);
    else collectDependent(entry, object, uid);
  }

  function finishDeletion(entry: Entry, object: Stored, uid: string): void {
    const theirs = [...(dependents.get(uid) ?? [])].map((dependent) => entries.get(dependent));
    if (hasFinalizer(object, "orphan")) {
      for (const dependent of theirs) if (dependent) dropOwners(dependent, (owner) => owner.uid === uid);
      dropFinalizer(entry, object, "orphan");
    }
    if (!hasFinalizer(object, "foregroundDeletion")) return;
    const isBlocked = theirs.some((dependent) =>
      dependent?.table.objects
        .get(keyOf(dependent.ref))
        ?.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion),
    );
    if (!isBlocked) dropFinalizer(entry, object, "foregroundDeletion");
  }

  function collectDependent(entry: Entry, object: Stored, uid: string): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = new Map(owners.map((owner) => [owner.uid, ownerState(entry, owner)]));
    const isSolid = (owner: OwnerReference): boolean => states.get(owner.uid) === "solid";
    if (owners.some(isSolid)) {
      if (!owners.every(isSolid)) dropOwners(entry, (owner) => !isSolid(owner));
      return;
    }
    const isWaitedFor = owners.some((owner) => states.get(owner.uid) === "waiting");
    const propagationPolicy = isWaitedFor && dependents.has(uid) ? "Foreground" : "Background";
    writes.delete(entry.table, entry.ref, { propagationPolicy });
  }

  /** `waiting`: the owner is being deleted in the foreground, after its dependents. */
  function ownerState(entry: Entry, owner: OwnerReference): "solid" | "waiting" | "gone" {
    const [group, version] = owner.apiVersion.includes("/") ? owner.apiVersion.split("/") : ["", owner.apiVersion];
    const table = store.tables.find(
      ({ resource }) => resource.group === group && resource.version === version && resource.kind === owner.kind,
    );
    const { namespace } = entry.ref;
    if (!table || (table.resource.namespaced && namespace === undefined)) return "solid";
    const { name } = owner;
    const ref = table.resource.namespaced && namespace !== undefined ? { namespace, name } : { name };
    const object = table.objects.get(keyOf(ref));
    if (object?.metadata.uid !== owner.uid) return "gone";
    return object.metadata.deletionTimestamp && hasFinalizer(object, "foregroundDeletion") ? "waiting" : "solid";
  }

  function dropOwners(entry: Entry, isDropped: (owner: OwnerReference) => boolean): void {
    const object = entry.table.objects.get(keyOf(entry.ref));
    const kept = object?.metadata.ownerReferences?.filter((owner) => !isDropped(owner)) ?? [];
    const ownerReferences = kept.length > 0 ? kept : null;
    writes.patch(entry.table, entry.ref, { metadata: { ownerReferences } }, undefined);
  }

  function dropFinalizer(entry: Entry, object: Stored, finalizer: string): void {
    const finalizers = object.metadata.finalizers?.filter((other) => other !== finalizer) ?? [];
    writes.patch(entry.table, entry.ref, { metadata: { finalizers } }, undefined);
  }

  return {
    notice(change) {
      index(change);
      const { uid = "", ownerReferences = [], deletionTimestamp } = change.object.metadata;
      if (change.type === "DELETED" || deletionTimestamp) {
        for (const dependent of dependents.get(uid) ?? []) enqueue(dependent);
        for (const owner of ownerReferences) enqueue(owner.uid);
      }
      if (deletionTimestamp || ownerReferences.length > 0) enqueue(uid);
    },
  };
}

function refOf({ metadata: { namespace, name } }: Stored): ObjectRef {
  return namespace === undefined ? { name } : { namespace, name };
}
