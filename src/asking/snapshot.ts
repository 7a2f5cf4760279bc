/**
 * Everything that answers rest on: the objects of a cluster as they were read, found by name and by what they have to do with.
 *
 * The indexes are the operator's own, so that a question is answered with the eyes of who decides. Single objects can be read again
 * and put in the place of what was seen before. Knows no request; `snapshot-reader.ts` fills it.
 * @module
 */

import { controllerOf } from "../api/controller-reference.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { Node } from "../api/node.ts";
import type { Pod } from "../api/pod.ts";
import { ReservedIndex } from "../api/reserved-index.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import {
  namespaces,
  nodes,
  pods,
  spiderEndpoints,
  spiderIPPools,
  spiderReservedIPs,
  spiderSubnets,
} from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import {
  apiVersionOf,
  type KubeObject,
  type ObjectRef,
  type OwnerReference,
  type Resource,
} from "../cluster/cluster.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { PoolIndex } from "../observe/pool-index.ts";
import { SubnetIndex } from "../observe/subnet-index.ts";
import { nativeKinds, toWorkload, type Workload, workloadKey } from "../observe/workload.ts";

/** Where an object is in the API, or would be. */
export interface Place {
  readonly resource: Resource;
  readonly ref: ObjectRef;
}

/** Which state of an object was seen. */
export interface Version {
  readonly uid: string;
  readonly resourceVersion: string;
}

type ChangeType = "added" | "modified" | "deleted";

interface Shelf {
  take(type: ChangeType, object: KubeObject): void;
  get(ref: ObjectRef): KubeObject | undefined;
}

export class Snapshot {
  readonly subnets = new SubnetIndex();
  readonly pools = new PoolIndex((subnet, pool) => this.recordedFor(subnet, pool));
  readonly reserved = new ReservedIndex();
  /** By `namespace/name`, like all that follow. */
  readonly endpoints = new Map<string, SpiderEndpoint>();
  readonly pods = new Map<string, Pod>();
  /** Cluster-scoped, so by `/name`. */
  readonly namespaces = new Map<string, KubeObject>();
  readonly nodes = new Map<string, Node>();
  /** Native workloads by `namespace/kind.group/name`. */
  readonly workloads = new Map<string, Workload>();
  /** Controllers of native workloads, by the workload's key. */
  readonly controllers = new Map<string, OwnerReference>();
  /** Whether the owner of an endpoint that outlives its pods still wants the addresses; absent where nobody has asked. */
  readonly waits = new Map<string, boolean>();
  /** What could not be read, by plural, and why. */
  readonly unread = new Map<string, string>();
  readonly #versions = new Map<string, Version>();
  /** Where objects are kept, by plural; those of native workloads are reduced. */
  readonly #shelves = this.#createShelves();

  /** Whom a ledger's record of a pool is for, in record form. */
  recordedFor(subnet: string, pool: string): string | undefined {
    return this.subnets.book(subnet)?.entries.get(pool)?.application;
  }

  /** The state of an object that was seen; `undefined` where it was not there. */
  version(place: Place): Version | undefined {
    return this.#versions.get(placeKey(place));
  }

  /** Takes in an object as it is now. */
  put(resource: Resource, object: KubeObject): void {
    const { uid = "", resourceVersion = "" } = object.metadata;
    const place = { resource, ref: object.metadata };
    const before = this.version(place);
    if (before && before.uid !== uid) this.drop(place);
    this.#versions.set(placeKey(place), { uid, resourceVersion });
    this.#take(resource, before?.uid === uid ? "modified" : "added", object);
  }

  /** Takes in that an object is not there. */
  drop(place: Place): void {
    if (!this.#versions.delete(placeKey(place))) return;
    const { resource, ref } = place;
    const last = this.#shelves[resource.plural]?.get(ref);
    this.#take(resource, "deleted", last ?? { metadata: { ...ref } });
  }

  #take(resource: Resource, type: ChangeType, object: KubeObject): void {
    const shelf = this.#shelves[resource.plural];
    if (shelf) shelf.take(type, object);
    else this.#takeWorkload(resource, type, object);
  }

  #createShelves(): Record<string, Shelf> {
    return {
      [spiderSubnets.plural]: {
        take: (type, object) => {
          const { records } = this.subnets.take({ type, object: object as SpiderSubnet });
          // Whose a pool is depends on its record, too.
          for (const { pool } of records) this.pools.review(pool);
        },
        get: ({ name }) => this.subnets.get(name),
      },
      [spiderIPPools.plural]: {
        take: (type, object) => void this.pools.take({ type, object: object as SpiderIPPool }),
        get: ({ name }) => this.pools.get(name),
      },
      [spiderReservedIPs.plural]: {
        take: (type, object) => this.reserved.take({ type, object: object as SpiderReservedIP }),
        get: ({ name }) => this.reserved.get(name),
      },
      [spiderEndpoints.plural]: shelfOf(this.endpoints),
      [pods.plural]: shelfOf(this.pods),
      [namespaces.plural]: shelfOf(this.namespaces),
      [nodes.plural]: shelfOf(this.nodes),
    };
  }

  #takeWorkload(resource: Resource, type: ChangeType, object: KubeObject): void {
    const native = nativeKinds.find((kind) => kind.resource === resource);
    if (!native) return;
    const { namespace = "", name } = object.metadata;
    const key = workloadKey({ apiVersion: apiVersionOf(resource), kind: resource.kind, namespace, name });
    const controller = controllerOf(object.metadata.ownerReferences);
    this.controllers.delete(key);
    if (type === "deleted") this.workloads.delete(key);
    else {
      this.workloads.set(key, toWorkload(native, object));
      if (controller) this.controllers.set(key, controller);
    }
  }
}

/** Returns what could not be read, and why, for people. */
export function unseenIn({ unread }: Snapshot): string[] {
  return [...unread].map(([plural, why]) => `${plural}: ${why}`);
}

/** Names a place in one text. */
export function placeKey({ resource, ref }: Place): string {
  return `${resource.plural}.${resource.group} ${storeKey(ref)}`;
}

function shelfOf<T extends KubeObject>(map: Map<string, T>): Shelf {
  return {
    take(type, object) {
      const key = storeKey(object.metadata);
      if (type === "deleted") map.delete(key);
      else map.set(key, object as T);
    },
    get: (ref) => map.get(storeKey(ref)),
  };
}
