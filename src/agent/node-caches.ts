/**
 * What an agent knows without asking: the pods of its node, the node, the namespaces' metadata, pools and reserved addresses.
 *
 * Only what its node needs: other nodes' pods, workloads and endpoints never come here (the reference's agents hold all of
 * them, ipam §8, B34). What decides about an address is read from the API server at that moment.
 * @module
 */

import type { Family } from "../address/address.ts";
import type { RangeSet } from "../address/range-set.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { isAlive, type Pod } from "../api/pod.ts";
import { ReservedIndex } from "../api/reserved-index.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import { namespaces, nodes, pods, spiderIPPools, spiderReservedIPs } from "../api/resources.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, KubeObject, ObjectRef, Resource } from "../cluster/cluster.ts";
import { type Reflector, type ReflectorOptions, type ReflectorState, startReflector } from "../cluster/reflector.ts";
import { stripped } from "../cluster/stripped.ts";
import { type Watch, watchOf } from "../cluster/watch.ts";
import { WatchedPools } from "./pool-catalog.ts";

export interface NodeCachesOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly nodeName: string;
  /** Told of each version of a pool that the watch shows. */
  readonly onPool: (pool: SpiderIPPool) => void;
  /** Told of the name of a pool that is deleted. */
  readonly onPoolGone: (name: string) => void;
  readonly onState: (resource: Resource, state: ReflectorState) => void;
}

export class NodeCaches {
  readonly catalog = new WatchedPools();
  readonly #reserved = new ReservedIndex();
  readonly #listeners = new Set<() => void>();
  /** Who wants to know of a pod's end, by its UID. */
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #options: NodeCachesOptions;
  readonly #reflectors: Reflector<unknown>[] = [];
  readonly #watches: Watch[] = [];
  readonly #pods: Reflector<Pod>;
  readonly #namespaces: Reflector<KubeObject>;
  readonly #nodes: Reflector<KubeObject>;

  constructor(options: NodeCachesOptions) {
    this.#options = options;
    const { nodeName, onPool, onPoolGone } = options;
    this.#pods = this.#reflect<Pod>(pods, {
      fieldSelector: `spec.nodeName=${nodeName}`,
      transform: (pod) => ({ ...stripped(pod), spec: essentialSpec(pod), status: essentialStatus(pod) }),
      onEvent: ({ type, object }) => {
        const { uid = "" } = object.metadata;
        if (type === "deleted" || !isAlive(object)) for (const listener of this.#waiters.get(uid) ?? []) listener();
      },
    });
    this.#namespaces = this.#reflect(namespaces, { metadataOnly: true, transform: stripped });
    this.#nodes = this.#reflect(nodes, {
      metadataOnly: true,
      fieldSelector: `metadata.name=${nodeName}`,
      transform: stripped,
    });
    this.#reflect<SpiderReservedIP>(spiderReservedIPs, {
      transform: stripped,
      onEvent: (change) => {
        this.#reserved.take(change);
        this.#tell();
      },
    });
    this.#reflect<SpiderIPPool>(spiderIPPools, {
      transform: stripped,
      onEvent: (change) => {
        this.catalog.take(change);
        if (change.type === "deleted") onPoolGone(change.object.metadata.name);
        else onPool(change.object);
        this.#tell();
      },
    });
  }

  /** Resolves when every cache has been filled once. */
  async synced(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced));
  }

  pod(ref: ObjectRef): Pod | undefined {
    return this.#pods.get(ref);
  }

  namespace(name: string): KubeObject | undefined {
    return this.#namespaces.get({ name });
  }

  node(): KubeObject | undefined {
    return this.#nodes.get({ name: this.#options.nodeName });
  }

  reserved(family: Family): RangeSet {
    return this.#reserved.of(family);
  }

  /** Calls `listener` whenever a pool or a reservation has changed, until the returned function is called. */
  onPoolChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` when the pod of this UID is deleted or ends, until the returned function is called. */
  onPodEnd(uid: string, listener: () => void): () => void {
    const listeners = this.#waiters.get(uid) ?? new Set();
    this.#waiters.set(uid, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#waiters.get(uid) === listeners) this.#waiters.delete(uid);
    };
  }

  /** All that is watched. */
  watches(): readonly Watch[] {
    return this.#watches;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #reflect<T extends KubeObject>(
    resource: Resource,
    options: Pick<ReflectorOptions<T, T>, "fieldSelector" | "metadataOnly" | "transform"> &
      Partial<Pick<ReflectorOptions<T, T>, "onEvent">>,
  ): Reflector<T> {
    const { cluster, clock, random, onState } = this.#options;
    const reflector = startReflector<T, T>({
      cluster,
      clock,
      random,
      resource,
      onEvent: () => {},
      onState: (state) => onState(resource, state),
      ...options,
    });
    this.#reflectors.push(reflector as Reflector<unknown>);
    this.#watches.push(watchOf(resource.plural, reflector as Reflector<unknown>));
    return reflector;
  }
}

function essentialSpec({ spec = {} }: Pod): NonNullable<Pod["spec"]> {
  const { nodeName, hostNetwork, restartPolicy } = spec;
  return { ...defined({ nodeName, hostNetwork, restartPolicy }) };
}

function essentialStatus({ status = {} }: Pod): NonNullable<Pod["status"]> {
  const { phase, reason } = status;
  return { ...defined({ phase, reason }) };
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
