/**
 * A memory cluster that holds copies of given objects, UIDs included, and in which nobody acts but the test.
 *
 * What an operator would mend at once stays as it was planted.
 * @module
 */

import type { Cluster, KubeObject, ObjectRef, Resource } from "../../src/cluster/cluster.ts";
import { createConnection } from "../../src/cluster/memory/connection.ts";
import { createLists } from "../../src/cluster/memory/lists.ts";
import { createStore, type Stored } from "../../src/cluster/memory/store.ts";
import { createVirtualClock, type VirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { createWrites } from "../../src/cluster/memory/writes.ts";

/** Objects of each resource. */
export type Inventory = readonly (readonly [resource: Resource, objects: readonly KubeObject[]])[];

export interface FrozenCluster {
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  /** Objects as they are now. */
  objects<T extends KubeObject>(resource: Resource): T[];
  /** Puts an object as it is, whatever a server would say to it. */
  put(resource: Resource, object: KubeObject): void;
  /** Takes an object away, whatever holds it. */
  remove(resource: Resource, ref: ObjectRef): void;
}

/** Returns a cluster with these objects, at this time. */
export async function freeze(inventory: Inventory, now: number): Promise<FrozenCluster> {
  const clock = createVirtualClock();
  await clock.advance(now - clock.now());
  const resources = inventory.map(([resource]) => resource);
  const store = createStore(resources, 10_000, () => {});
  let uids = 0;
  const nextUid = (): string => `00000000-0000-4000-8000-${String(++uids).padStart(12, "0")}`;
  const writes = createWrites({ store, clock, nextUid, admit: undefined });
  const table = (resource: Resource) => store.table(resource) as NonNullable<ReturnType<typeof store.table>>;
  const put = (resource: Resource, object: KubeObject): void => {
    store.commit(table(resource), "MODIFIED", structuredClone(object) as Stored);
  };
  for (const [resource, objects] of inventory) for (const object of objects) put(resource, object);
  return {
    cluster: createConnection({ store, lists: createLists(store), writes, clock }, {}),
    clock,
    objects: <T extends KubeObject>(resource: Resource) =>
      store.sorted(table(resource)).map((object) => structuredClone(object) as unknown as T),
    put,
    remove(resource, { namespace = "", name }) {
      const found = table(resource).objects.get(`${namespace}/${name}`);
      if (found) store.commit(table(resource), "DELETED", found);
    },
  };
}
