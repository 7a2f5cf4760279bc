/**
 * A whole API server in the process: deterministic, on any clock, with the semantics that we rely on.
 *
 * What it promises is written in `Cluster` and held to by the same conformance suite as the real server's adapter. It validates
 * metadata only; schemas come in through `admit`. It runs no controllers but the garbage collector.
 * @module
 */
import type { Clock } from "../../clock.ts";
import { type Random, seededRandom } from "../../random.ts";
import type { KubeObject, Resource } from "../cluster.ts";
import { createConnection, type MemoryConnection } from "./connection.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { copyJson } from "./json.ts";
import { createLists, present } from "./lists.ts";
import type { ConnectionOptions } from "./sender.ts";
import { type Change, createStore } from "./store.ts";
import { type Admit, createWrites } from "./writes.ts";

/** What a memory cluster is made of. */
export interface MemoryClusterOptions {
  readonly clock: Clock;
  /** The resources it serves; how it treats each is in `traits.ts`. */
  readonly resources: readonly Resource[];
  /** Source of the uids; seeded with 1 unless given, so that two runs agree on them. */
  readonly random?: Random;
  /** Called at every create and update with the object as it would be stored; throws an `ApiError` to refuse it. */
  readonly admit?: Admit;
  /** Milliseconds until owner references are followed; 50 unless given. */
  readonly collectAfterMs?: number;
  /** Changes per resource that a watch may go back to; 10 000 unless given, up to twice as many are kept. */
  readonly historyLimit?: number;
}

/** The server, as those see it who own it. Clients see a connection. */
export interface MemoryCluster {
  /** Opens a connection; each client gets its own. */
  connect(options?: ConnectionOptions): MemoryConnection;
  /** Forgets all history: older versions to watch from, and lists being paged, are refused with 410 from now on. */
  compact(): void;
  /** The objects of a resource at this moment, copied, in the order of a list; costs no request. */
  objects<T extends KubeObject>(resource: Resource): T[];
  /** The newest resourceVersion. */
  version(): number;
  /**
   * Calls `listener` at every committed change, whoever made it, in order and before anything else can happen; for checking
   * invariants at every step. The change is a copy. Returns what ends it.
   */
  observe(listener: (change: Change) => void): () => void;
}

/** Returns a function that makes uids in the shape of a UUID (version 4). */
function createUidSource(random: Random): () => string {
  const digits = (count: number): string =>
    Math.floor(random() * 16 ** count)
      .toString(16)
      .padStart(count, "0");
  return () => `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(4)}${digits(8)}`;
}

/** Returns an empty cluster. Every method of its connections takes effect in the order of the calls, at the clock's time. */
export function createMemoryCluster(options: MemoryClusterOptions): MemoryCluster {
  const { clock, resources, random = seededRandom(1), collectAfterMs = 50, historyLimit = 10_000 } = options;
  const listeners = new Set<(change: Change) => void>();
  const store = createStore(resources, historyLimit, (change) => {
    collector.notice(change);
    for (const listener of listeners) listener(copyJson(change));
  });
  const writes = createWrites({ store, clock, nextUid: createUidSource(random), admit: options.admit });
  const collector = new GarbageCollector({ store, writes, clock, delayMs: collectAfterMs });
  const lists = createLists(store);

  return {
    connect: (connection = {}) => createConnection({ store, lists, writes, clock }, connection),
    compact() {
      store.forget();
      lists.forget();
    },
    objects<T extends KubeObject>(resource: Resource): T[] {
      const table = store.table(resource);
      return table === undefined ? [] : store.sorted(table).map((object) => present<T>(object, false));
    },
    version: () => store.version(),
    observe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
