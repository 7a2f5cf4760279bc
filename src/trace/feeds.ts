/**
 * The place of the reflectors in a replay: caches that are filled by the lines of a trace instead of by watches.
 *
 * A cache may be fed before anybody asks for it, and is told in whole to who comes later, as a list would be. What is told twice
 * is told on; what is deleted without being there is not. Knows nothing of what the objects mean.
 * @module
 */

import type { KubeObject } from "../cluster/cluster.ts";
import { type NamedChange, storeKey } from "../cluster/reflected-store.ts";
import type { Reflector, ReflectorOptions, startReflector } from "../cluster/reflector.ts";
import { resourceName, type SeenLine } from "./trace-line.ts";

interface Item {
  readonly uid: string;
  readonly object: unknown;
}

type Listener = Pick<ReflectorOptions<KubeObject, unknown>, "onEvent" | "onSync">;

class Feed {
  readonly items = new Map<string, Item>();
  isSynced = false;
  #listener: Listener | undefined;

  put(key: string, uid: string, object: unknown): void {
    const known = this.items.get(key);
    if (known && known.uid !== uid) this.remove(key, known.uid, known.object);
    const previous = this.items.get(key)?.object;
    this.items.set(key, { uid, object });
    const change = { key, uid, object };
    this.#tell(previous === undefined ? { type: "added", ...change } : { type: "modified", ...change, previous });
  }

  /** Where it is another object of that name that went, its coming and the end of the known one were missed. */
  remove(key: string, uid: string, object: unknown): void {
    const known = this.items.get(key);
    if (!known) return;
    this.items.delete(key);
    this.#tell({ type: "deleted", key, uid: known.uid, object: known.uid === uid ? object : known.object });
  }

  sync(): void {
    this.isSynced = true;
    this.#listener?.onSync?.();
  }

  attach(listener: Listener): Reflector<unknown> {
    const { items } = this;
    // The listener may ask the reflector, which it does not hold yet.
    queueMicrotask(() => {
      this.#listener = listener;
      for (const [key, { uid, object }] of items) this.#tell({ type: "added", key, uid, object });
      if (this.isSynced) listener.onSync?.();
    });
    return {
      synced: Promise.resolve(),
      hasSynced: () => this.isSynced,
      lastActivity: () => 0,
      lastTurn: () => 0,
      get: (ref) => items.get(storeKey(ref))?.object,
      uidOf: (ref) => items.get(storeKey(ref))?.uid,
      values: () => [...items.values()].map(({ object }) => object).values(),
      get size() {
        return items.size;
      },
      learn: () => {},
      stop: () => Promise.resolve(),
    };
  }

  #tell(change: NamedChange<unknown>): void {
    this.#listener?.onEvent(change);
  }
}

/** One cache for each resource. */
export class Feeds {
  readonly #feeds = new Map<string, Feed>();

  /** Stands in for {@link startReflector}. */
  readonly reflect: typeof startReflector = <O extends KubeObject, T>(options: ReflectorOptions<O, T>): Reflector<T> =>
    this.#of(resourceName(options.resource)).attach(options as unknown as Listener) as Reflector<T>;

  take({ of, key, uid, type, object }: Omit<SeenLine, "line" | "t">): void {
    if (type === "deleted") this.#of(of).remove(key, uid, object);
    else this.#of(of).put(key, uid, object);
  }

  sync(of: string): void {
    this.#of(of).sync();
  }

  /** Returns caches that hold the same and have told nobody yet. */
  copy(): Feeds {
    const copy = new Feeds();
    for (const [of, { items, isSynced }] of this.#feeds) {
      const feed = copy.#of(of);
      for (const [key, item] of items) feed.items.set(key, item);
      feed.isSynced = isSynced;
    }
    return copy;
  }

  #of(of: string): Feed {
    const feed = this.#feeds.get(of) ?? new Feed();
    this.#feeds.set(of, feed);
    return feed;
  }
}
