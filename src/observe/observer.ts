/**
 * Watches the cluster and answers what there is: the caches of everything that decides about pools.
 *
 * Nothing is decided here. Each change is reduced to the keys of what has to be looked at again; nobody is told before every
 * cache has been filled once (docs/lifecycle.md, invariant 5).
 * @module
 */

import type { Family } from "../address/address.ts";
import type { RangeSet } from "../address/range-set.ts";
import { parseApplicationText } from "../api/application.ts";
import type { Book } from "../api/book.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { ReservedIndex } from "../api/reserved-index.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import { pods, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, KubeObject, Resource } from "../cluster/cluster.ts";
import type { NamedChange } from "../cluster/reflected-store.ts";
import { type Reflector, type ReflectorState, startReflector } from "../cluster/reflector.ts";
import { stripped } from "../cluster/stripped.ts";
import { type Watch, watchOf } from "../cluster/watch.ts";
import { ApplicationIndex } from "./application-index.ts";
import type { DemandSettings, Wish } from "./demand.ts";
import { Departed } from "./departed.ts";
import { Owners } from "./owners.ts";
import { PoolIndex } from "./pool-index.ts";
import { type Life, livesOf } from "./pool-life.ts";
import { applicationOf } from "./pool-owner.ts";
import { type SeenPod, toSeenPod } from "./seen-pod.ts";
import { SubnetIndex } from "./subnet-index.ts";
import { nativeKinds, toWorkload, type Workload, workloadKey } from "./workload.ts";

export interface ObserverOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: DemandSettings;
  /** What is watched with; a trace is recorded, and fed in again, here. */
  readonly reflect?: typeof startReflector;
  /** An application, or something that it depends on, may have changed. */
  onApplication(key: string): void;
  /** `previous` is the pool before the change, if it was there. */
  onPool(name: string, previous: SpiderIPPool | undefined): void;
  /** `isForeign`: the ledger is not as we left it, so all of it has to be looked through. */
  onSubnet(name: string, isForeign: boolean): void;
  onReserved(name: string): void;
  /** A pod is terminating since, and until, `endsAt` (milliseconds since the epoch), or gone. `key` is `namespace/name`. */
  onPodEnd(key: string, uid: string, endsAt: number | undefined): void;
  onState(resource: Resource, state: ReflectorState): void;
  onUnknownOwner(kind: { apiVersion: string; kind: string }, error: unknown): void;
}

export class Observer {
  readonly subnets = new SubnetIndex();
  readonly pools = new PoolIndex((subnet, pool) => this.#recordedFor(subnet, pool));
  readonly applications: ApplicationIndex;
  /** UIDs of all pods. */
  readonly pods: Pick<Reflector<unknown>, "uidOf">;
  /** Pods that are terminating, by `namespace/name`, with the time at which that is to end, in milliseconds since the epoch. */
  readonly terminating = new Map<string, { readonly uid: string; readonly endsAt: number }>();
  readonly reservations = new ReservedIndex();
  /** Of subnets and pools. */
  readonly departed = new Departed();
  readonly #owners: Owners;
  readonly #options: ObserverOptions;
  readonly #reflectors: Reflector<unknown>[] = [];
  readonly #watches: Watch[] = [];
  readonly #poolReflector: Reflector<SpiderIPPool>;
  readonly #subnetReflector: Reflector<SpiderSubnet>;
  /** A book that we wrote ourselves, until its subnet object has been taken in. */
  readonly #ownBooks = new Map<string, Book>();
  /** The newest book of each subnet that somebody else in this process meant to write. */
  readonly #offeredBooks = new Map<string, Book>();

  constructor(options: ObserverOptions) {
    this.#options = options;
    const { cluster, clock, random, reflect = startReflector } = options;
    this.#owners = new Owners({
      cluster,
      clock,
      random,
      reflect,
      onOwner: (kind, namespace, name) => this.#onOwner(kind, namespace, name),
      onUnknown: options.onUnknownOwner,
    });
    this.applications = new ApplicationIndex(options.settings, this.#owners);
    for (const native of nativeKinds) {
      this.#reflect<KubeObject, Workload>(
        native.resource,
        (object) => toWorkload(native, object),
        (change) => this.applications.takeWorkload(change).forEach(options.onApplication),
      );
    }
    this.pods = this.#reflect<KubeObject, SeenPod>(pods, toSeenPod, (change) => this.#onPod(change), true);
    this.#reflect<SpiderReservedIP, SpiderReservedIP>(spiderReservedIPs, stripped, (change) => {
      this.reservations.take(change);
      options.onReserved(change.object.metadata.name);
    });
    this.#subnetReflector = this.#reflect<SpiderSubnet, SpiderSubnet>(spiderSubnets, stripped, (change) =>
      this.#onSubnet(change),
    );
    this.#poolReflector = this.#reflect<SpiderIPPool, SpiderIPPool>(spiderIPPools, stripped, (change) => {
      if (change.type === "deleted") this.departed.add(change.uid);
      this.pools.take(change).forEach(options.onApplication);
      options.onPool(change.object.metadata.name, change.type === "deleted" ? change.object : change.previous);
    });
  }

  /** Resolves when every cache has been filled once. */
  async synced(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.synced));
  }

  /** The wish of an application, and the lives of all pools that it wants or has. */
  observe(key: string): { native: boolean; wish: Wish; lives: Life[] } {
    const pools = [...this.pools.ofApplication(key)];
    // Only now, since records may come after pools: labels alone may have been edited.
    for (const pool of pools) {
      const subnet = pool.metadata.labels?.[LABEL.ownerSubnet] ?? "";
      const application = applicationOf(pool, this.#recordedFor(subnet, pool.metadata.name));
      if (application) this.applications.watch(application);
    }
    const { native, wish } = this.applications.wishOf(key);
    const lives = livesOf(native, wish.demand, pools, {
      subnet: (name) => this.subnets.get(name),
      record: (subnet, pool) => this.subnets.book(subnet)?.entries.get(pool)?.ranges,
      recordedFor: (subnet, pool) => this.#recordedFor(subnet, pool),
    });
    return { native, wish, lives };
  }

  reserved(family: Family): RangeSet {
    return this.reservations.of(family);
  }

  /** Takes the answer to a write of our own in, so that the next decision sees it. */
  learnPool(pool: SpiderIPPool): void {
    this.#poolReflector.learn(pool);
  }

  /** Likewise. */
  learnSubnet(subnet: SpiderSubnet): void {
    this.#subnetReflector.learn(subnet);
  }

  /** Takes in what the ledger will be after the write that is about to be sent: the watch may be faster than its answer. */
  expectBook(subnet: string, book: Book): void {
    this.#ownBooks.set(subnet, book);
  }

  /** Takes in what a ledger will be after somebody else's write in this process: it need not be read, but it is no write of ours. */
  offerBook(subnet: string, book: Book): void {
    this.#offeredBooks.set(subnet, book);
  }

  /** All that is watched. */
  watches(): Watch[] {
    return [...this.#watches, ...this.#owners.watches()];
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#reflectors.map((reflector) => reflector.stop()), this.#owners.stop()]);
  }

  #reflect<O extends KubeObject, T>(
    resource: Resource,
    transform: (object: O) => T,
    onEvent: (change: NamedChange<T>) => void,
    metadataOnly = false,
  ): Reflector<T> {
    const { cluster, clock, random, onState, reflect = startReflector } = this.#options;
    const reflector = reflect<O, T>({
      cluster,
      resource,
      metadataOnly,
      clock,
      random,
      transform,
      onEvent,
      onState: (state) => onState(resource, state),
    });
    this.#reflectors.push(reflector as Reflector<unknown>);
    this.#watches.push(watchOf(resource.plural, reflector as Reflector<unknown>));
    return reflector;
  }

  #recordedFor(subnet: string, pool: string): string | undefined {
    return this.subnets.book(subnet)?.entries.get(pool)?.application;
  }

  #onPod({ type, key, uid, object, previous }: NamedChange<SeenPod>): void {
    const { onApplication, onPodEnd } = this.#options;
    const change = { type, object: object.pinned, ...(previous && { previous: previous.pinned }) };
    this.applications.takePod(change).forEach(onApplication);
    if (type === "deleted" || object.endsAt === undefined) this.terminating.delete(key);
    else this.terminating.set(key, { uid, endsAt: object.endsAt });
    if (type === "deleted") onPodEnd(key, uid, undefined);
    else if (object.endsAt !== undefined && object.endsAt !== previous?.endsAt) onPodEnd(key, uid, object.endsAt);
  }

  #onSubnet(change: NamedChange<SpiderSubnet>): void {
    const { name } = change.object.metadata;
    const own = this.#ownBooks.get(name);
    const { records, isAnother } = this.subnets.take(change, own, this.#offeredBooks.get(name));
    if (change.type === "deleted") {
      this.#offeredBooks.delete(name);
      this.departed.add(change.uid);
    }
    const isForeign = own === undefined || this.subnets.book(name) !== own;
    for (const { pool, application } of records) this.#onRecord(pool, application);
    if (isAnother) {
      for (const pool of this.pools.ofCidr(change.object.spec.subnet)) {
        const key = this.pools.applicationOf(pool.metadata.name);
        if (key !== undefined) this.#options.onApplication(key);
      }
    }
    this.#options.onSubnet(name, isForeign && records.length > 0);
  }

  #onRecord(pool: string, application: string | undefined): void {
    const parsed = application === undefined ? undefined : parseApplicationText(application);
    const keys = [parsed && workloadKey(parsed), ...this.pools.review(pool)];
    for (const key of new Set(keys)) if (key !== undefined) this.#options.onApplication(key);
  }

  /** Without a name: the owners of a kind have been listed, or cannot be. */
  #onOwner(kind: { apiVersion: string; kind: string }, namespace: string, name: string): void {
    const { applications } = this;
    const keys = name === "" ? applications.keysOfKind(kind) : applications.keysOfOwner(kind, namespace, name);
    for (const key of keys) this.#options.onApplication(key);
  }
}
