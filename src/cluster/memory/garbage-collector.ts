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

interface Entry {
  readonly table: Table;
  readonly ref: ObjectRef;
}

function hasFinalizer(object: Stored | undefined, finalizer: string): boolean {
  return object?.metadata.finalizers?.includes(finalizer) ?? false;
}

/** What the collector works with; it acts `delayMs` after what it noticed. */
export interface CollectorOptions {
  readonly store: Store;
  readonly writes: Writes;
  readonly clock: Clock;
  readonly delayMs: number;
}

/** Told of every change; writes what follows from it some time later. */
export class GarbageCollector {
  readonly #options: CollectorOptions;
  /** By uid, all objects that are there. */
  readonly #entries = new Map<string, Entry>();
  /** Uids of the dependents by uid of the owner, the owner being there or not. */
  readonly #dependents = new Map<string, Set<string>>();
  /** Uids of the objects to look at; a timer runs while there are any. */
  readonly #queue = new Set<string>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Takes notice of a change, in the order of the commits. */
  notice(change: Change): void {
    this.#index(change);
    const { uid = "", ownerReferences = [], deletionTimestamp } = change.object.metadata;
    if (change.type === "DELETED" || deletionTimestamp) {
      for (const dependent of this.#dependents.get(uid) ?? []) this.#enqueue(dependent);
      for (const owner of ownerReferences) this.#enqueue(owner.uid);
    }
    if (deletionTimestamp || ownerReferences.length > 0) this.#enqueue(uid);
  }

  #index(change: Change): void {
    const uid = change.object.metadata.uid ?? "";
    for (const owner of change.old?.metadata.ownerReferences ?? []) {
      const others = this.#dependents.get(owner.uid);
      others?.delete(uid);
      if (others?.size === 0) this.#dependents.delete(owner.uid);
    }
    if (change.type === "DELETED") {
      this.#entries.delete(uid);
      return;
    }
    const table = this.#options.store.table(change.resource);
    if (change.type === "ADDED" && table) this.#entries.set(uid, { table, ref: refOf(change.object) });
    for (const owner of change.object.metadata.ownerReferences ?? []) {
      const others = this.#dependents.get(owner.uid) ?? new Set();
      this.#dependents.set(owner.uid, others.add(uid));
    }
  }

  #enqueue(uid: string): void {
    if (this.#queue.size === 0) this.#options.clock.after(this.#options.delayMs, () => this.#work());
    this.#queue.add(uid);
  }

  #work(): void {
    const batch = [...this.#queue];
    this.#queue.clear();
    for (const uid of batch) this.#collect(uid);
  }

  #collect(uid: string): void {
    const entry = this.#entries.get(uid);
    const object = entry?.table.objects.get(keyOf(entry.ref));
    if (!entry || !object) return;
    if (object.metadata.deletionTimestamp) this.#finishDeletion(entry, object, uid);
    else this.#collectDependent(entry, object, uid);
  }

  #finishDeletion(entry: Entry, object: Stored, uid: string): void {
    const theirs = [...(this.#dependents.get(uid) ?? [])].map((dependent) => this.#entries.get(dependent));
    if (hasFinalizer(object, "orphan")) {
      for (const dependent of theirs) if (dependent) this.#dropOwners(dependent, (owner) => owner.uid === uid);
      this.#dropFinalizer(entry, object, "orphan");
    }
    if (!hasFinalizer(object, "foregroundDeletion")) return;
    const isBlocked = theirs.some((dependent) =>
      dependent?.table.objects
        .get(keyOf(dependent.ref))
        ?.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion),
    );
    if (!isBlocked) this.#dropFinalizer(entry, object, "foregroundDeletion");
  }

  #collectDependent(entry: Entry, object: Stored, uid: string): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = new Map(owners.map((owner) => [owner.uid, this.#ownerState(entry, owner)]));
    const isSolid = (owner: OwnerReference): boolean => states.get(owner.uid) === "solid";
    if (owners.some(isSolid)) {
      if (!owners.every(isSolid)) this.#dropOwners(entry, (owner) => !isSolid(owner));
      return;
    }
    const isWaitedFor = owners.some((owner) => states.get(owner.uid) === "waiting");
    const propagationPolicy = isWaitedFor && this.#dependents.has(uid) ? "Foreground" : "Background";
    this.#options.writes.delete(entry.table, entry.ref, { propagationPolicy });
  }

  /** `waiting`: the owner is being deleted in the foreground, after its dependents. */
  #ownerState(entry: Entry, owner: OwnerReference): "solid" | "waiting" | "gone" {
    const table = this.#options.store.find(owner.apiVersion, owner.kind);
    const { namespace } = entry.ref;
    if (!table || (table.resource.namespaced && namespace === undefined)) return "solid";
    const { name } = owner;
    const ref = table.resource.namespaced && namespace !== undefined ? { namespace, name } : { name };
    const object = table.objects.get(keyOf(ref));
    if (object?.metadata.uid !== owner.uid) return "gone";
    return object.metadata.deletionTimestamp && hasFinalizer(object, "foregroundDeletion") ? "waiting" : "solid";
  }

  #dropOwners(entry: Entry, isDropped: (owner: OwnerReference) => boolean): void {
    const object = entry.table.objects.get(keyOf(entry.ref));
    const kept = object?.metadata.ownerReferences?.filter((owner) => !isDropped(owner)) ?? [];
    const ownerReferences = kept.length > 0 ? kept : null;
    this.#options.writes.patch(entry.table, entry.ref, { metadata: { ownerReferences } }, undefined);
  }

  #dropFinalizer(entry: Entry, object: Stored, finalizer: string): void {
    const finalizers = object.metadata.finalizers?.filter((other) => other !== finalizer) ?? [];
    this.#options.writes.patch(entry.table, entry.ref, { metadata: { finalizers } }, undefined);
  }
}

function refOf({ metadata: { namespace, name } }: Stored): ObjectRef {
  return namespace === undefined ? { name } : { namespace, name };
}
