/**
 * What the memory cluster stores: every object of every served resource, one version counter, and each resource's history.
 *
 * A stored object is never changed in place: a write puts a new one. So a list that is being paged, and the history that
 * watches read, keep what they saw at no cost. Nobody outside this folder may get hold of a stored object, only of copies.
 * @module
 */
import { apiVersionOf, type KubeObject, type ObjectRef, type Resource } from "../cluster.ts";
import { type Traits, traitsOf } from "./traits.ts";

/** A stored object: any JSON fields beside the metadata. */
export type Stored = KubeObject & { readonly [field: string]: unknown };

/** One committed write. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly version: number;
  readonly resource: Resource;
  /** The object after the write; for a deletion its last state, with the deletion's resourceVersion. */
  readonly object: Stored;
  /** The object before the write. */
  readonly old: Stored | undefined;
}

/** The objects of one resource. */
export interface Table {
  readonly resource: Resource;
  readonly traits: Traits;
  /** By `namespace/name`. */
  readonly objects: Map<string, Stored>;
  /** The newest changes, oldest first; complete from the version after `floor` on. */
  history: Change[];
  /** Changes up to this version are forgotten. */
  floor: number;
  readonly watchers: Set<(change: Change) => void>;
  /** All objects by key, as of the last write; built when first asked for after a write. */
  sorted: readonly Stored[] | undefined;
}

/** The whole state of the server. */
export interface Store {
  /** The version of the newest write. */
  version(): number;
  /** The table of a resource, `undefined` if it is not served. */
  table(resource: Resource): Table | undefined;
  /** The table of a kind. */
  find(apiVersion: string, kind: string): Table | undefined;
  /** All objects of a table ordered as the API server orders them, as one unchanging snapshot. */
  sorted(table: Table): readonly Stored[];
  /** Puts an object, or takes it away, under the next version; returns the stored object with that version. */
  commit(table: Table, type: Change["type"], object: Stored): Stored;
  /** Forgets all history up to now; running watches go on. */
  forget(): void;
}

/** Key of an object in its table. */
export function keyOf(ref: ObjectRef): string {
  return `${ref.namespace ?? ""}/${ref.name}`;
}

/** A real cluster has long history behind it when a client arrives; so low versions are expired from the start. */
const versionAtStart = 1000;

function tableName(resource: Resource): string {
  return `${apiVersionOf(resource)}/${resource.plural}`;
}

/**
 * Returns an empty store.
 *
 * @param historyLimit how many changes per resource are remembered at least; twice as many at most
 * @param onChange called after every commit, before anything else happens
 */
export function createStore(
  resources: readonly Resource[],
  historyLimit: number,
  onChange: (change: Change) => void,
): Store {
  let version = versionAtStart;
  const tables = new Map<string, Table>();
  for (const resource of resources) {
    tables.set(tableName(resource), {
      resource,
      traits: traitsOf(resource),
      objects: new Map(),
      history: [],
      floor: versionAtStart,
      watchers: new Set(),
      sorted: undefined,
    });
  }

  function remember(table: Table, change: Change): void {
    table.history.push(change);
    if (table.history.length < 2 * historyLimit) return;
    const forgotten = table.history.splice(0, table.history.length - historyLimit);
    table.floor = forgotten.at(-1)?.version ?? table.floor;
  }

  return {
    version: () => version,
    table: (resource) => tables.get(tableName(resource)),
    find(apiVersion, kind) {
      return [...tables.values()].find(
        ({ resource }) => resource.kind === kind && apiVersionOf(resource) === apiVersion,
      );
    },
    sorted(table) {
      table.sorted ??= [...table.objects.entries()]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([, object]) => object);
      return table.sorted;
    },
    commit(table, type, object) {
      version += 1;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
      const key = keyOf(object.metadata);
      const old = table.objects.get(key);
      if (type === "DELETED") table.objects.delete(key);
      else table.objects.set(key, stored);
      table.sorted = undefined;
      const change: Change = { type, version, resource: table.resource, object: stored, old };
      remember(table, change);
      onChange(change);
      for (const notify of [...table.watchers]) notify(change);
      return stored;
    },
    forget() {
      for (const table of tables.values()) {
        table.history = [];
        table.floor = version;
      }
    },
  };
}
