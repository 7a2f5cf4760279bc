/**
 * The objects of one resource as last seen, keyed by namespace and name, and what changed against them.
 *
 * Aware of uids: the same name with another uid is another object, so a delete and re-create seen as one step gives a
 * deletion and an addition. Aware of versions: old news never replaces newer state. Pure but for its own map; knows
 * neither watch nor list requests.
 * @module
 */

import type { KubeObject, ObjectMeta, ObjectRef } from "./cluster.ts";

/** One change of the store, in the order in which it happened. */
export interface Change<T> {
  readonly type: "added" | "modified" | "deleted";
  /** The object as it is now; for a deletion its last known state. */
  readonly object: T;
  /** The state before a modification. */
  readonly previous?: T;
}

/** A change with what names its object, for those who keep too little of the object to tell. */
export interface NamedChange<T> extends Change<T> {
  /** As {@link storeKey} makes it. */
  readonly key: string;
  readonly uid: string;
}

interface Entry<T> {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly value: T;
  /** Came from the answer of a write of our own, and no list or watch has confirmed it yet. */
  readonly isLearned: boolean;
}

/** An object as a list or watch brings it: transformed, with the two fields that decide what is news. */
export interface Seen<T> {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly value: T;
}

/** Key of an object in the store. */
export function storeKey(ref: ObjectRef): string {
  return `${ref.namespace ?? ""}/${ref.name}`;
}

/** Reads what identifies a state of an object. */
export function seen<T>(object: KubeObject, value: T): Seen<T> {
  const { uid = "", resourceVersion = "" } = object.metadata;
  return { key: storeKey(object.metadata), uid, resourceVersion, value };
}

/**
 * Tells whether version `a` is later than `b`; `undefined` where either is no unsigned decimal number.
 *
 * Versions of one resource may be compared since Kubernetes 1.35 (KEP-5504); they may exceed 2^53.
 */
export function isLater(a: string, b: string): boolean | undefined {
  if (!isVersion(a) || !isVersion(b)) return undefined;
  return a.length === b.length ? a > b : a.length > b.length;
}

function isVersion(text: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(text);
}

/** The store of one reflector. Every method that changes it returns the changes to deliver. */
export class ReflectedStore<T> {
  readonly #entries = new Map<string, Entry<T>>();

  get size(): number {
    return this.#entries.size;
  }

  get(ref: ObjectRef): T | undefined {
    return this.#entries.get(storeKey(ref))?.value;
  }

  /** UID of the object of this name. */
  uidOf(key: string): string | undefined {
    return this.#entries.get(key)?.uid;
  }

  *values(): IterableIterator<T> {
    for (const entry of this.#entries.values()) yield entry.value;
  }

  /** Takes an ADDED or MODIFIED event of a watch. */
  put(item: Seen<T>): NamedChange<T>[] {
    const known = this.#entries.get(item.key);
    if (
      known &&
      known.resourceVersion !== item.resourceVersion &&
      isLater(known.resourceVersion, item.resourceVersion)
    ) {
      return [];
    }
    return this.#set(item, false);
  }

  /**
   * Takes a DELETED event of a watch; news of an incarnation before the stored one changes nothing.
   *
   * @param last the object's last state; absent means the stored one
   */
  remove(metadata: ObjectMeta, last: Seen<T> | undefined): NamedChange<T>[] {
    const key = storeKey(metadata);
    const known = this.#entries.get(key);
    if (!known || known.uid !== (metadata.uid ?? "")) return [];
    this.#entries.delete(key);
    return [{ type: "deleted", key, uid: known.uid, object: last ? last.value : known.value }];
  }

  /**
   * Takes the answer of a write of our own, if it is news.
   *
   * @param position version up to which the watch has told everything: an object that is not newer and not stored has
   * been deleted since
   */
  learn(item: Seen<T>, position: string | undefined): NamedChange<T>[] {
    const known = this.#entries.get(item.key);
    if (!isVersion(item.resourceVersion)) return [];
    if (position !== undefined && !isLater(item.resourceVersion, position)) return [];
    if (known && !isLater(item.resourceVersion, known.resourceVersion)) return [];
    return this.#set(item, true);
  }

  /**
   * Takes a whole list of version `resourceVersion`: what is missing in it is gone, except for what we wrote ourselves
   * after the list was taken.
   *
   * @param unreadable keys that were in the list but could not be transformed; they keep their last state
   */
  replace(items: Iterable<Seen<T>>, resourceVersion: string, unreadable: ReadonlySet<string>): NamedChange<T>[] {
    const changes: NamedChange<T>[] = [];
    const listed = new Map<string, Seen<T>>();
    for (const item of items) listed.set(item.key, item);
    for (const [key, entry] of this.#entries) {
      if (listed.has(key) || unreadable.has(key)) continue;
      if (entry.isLearned && isLater(entry.resourceVersion, resourceVersion)) continue;
      this.#entries.delete(key);
      changes.push({ type: "deleted", key, uid: entry.uid, object: entry.value });
    }
    for (const item of listed.values()) {
      const known = this.#entries.get(item.key);
      if (known?.isLearned && isLater(known.resourceVersion, item.resourceVersion)) continue;
      changes.push(...this.#set(item, false));
    }
    return changes;
  }

  #set({ key, uid, resourceVersion, value }: Seen<T>, isLearned: boolean): NamedChange<T>[] {
    const known = this.#entries.get(key);
    if (known?.uid === uid && known.resourceVersion === resourceVersion) {
      if (known.isLearned && !isLearned) this.#entries.set(key, { ...known, isLearned });
      return [];
    }
    this.#entries.set(key, { uid, resourceVersion, value, isLearned });
    if (!known) return [{ type: "added", key, uid, object: value }];
    if (known.uid === uid) return [{ type: "modified", key, uid, object: value, previous: known.value }];
    return [
      { type: "deleted", key, uid: known.uid, object: known.value },
      { type: "added", key, uid, object: value },
    ];
  }
}
