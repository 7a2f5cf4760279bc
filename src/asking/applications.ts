/**
 * The applications of a snapshot, what each wants, and the lives of its pools: the operator's own functions on what was read.
 * @module
 */

import type { Family } from "../address/address.ts";
import type { Application } from "../api/application.ts";
import { ANNOTATION, LABEL } from "../api/names.ts";
import type { Pod } from "../api/pod.ts";
import { type DemandSettings, demandOfPods, demandOfWorkload, type Existence, type Wish } from "../observe/demand.ts";
import { type PinnedPod, toPinnedPod } from "../observe/pod-owner.ts";
import { type Life, livesOf, type Surroundings } from "../observe/pool-life.ts";
import { applicationOf } from "../observe/pool-owner.ts";
import { isNativeKind, type Workload, workloadKey } from "../observe/workload.ts";
import type { Snapshot } from "./snapshot.ts";

/** One application, and how it stands. */
export interface AskedApplication {
  readonly key: string;
  readonly application: Omit<Application, "uid">;
  readonly native: boolean;
  readonly wish: Wish;
  readonly lives: readonly Life[];
  /** Of native applications. */
  readonly workload: Workload | undefined;
  /** Of all others: the pods by which they are known. */
  readonly pods: readonly PinnedPod[];
}

export class Applications {
  readonly #snapshot: Snapshot;
  readonly #settings: DemandSettings;
  readonly #existence: (application: Omit<Application, "uid">) => Existence;
  /** Non-native applications by key. */
  readonly #pinned = new Map<string, Omit<Application, "uid">>();
  readonly #pods = new Map<string, PinnedPod[]>();

  /** @param existence what is known of the owners of non-native applications */
  constructor(
    snapshot: Snapshot,
    settings: DemandSettings,
    existence: (application: Omit<Application, "uid">) => Existence = () => "unknown",
  ) {
    this.#snapshot = snapshot;
    this.#settings = settings;
    this.#existence = existence;
    for (const pod of snapshot.pods.values()) this.#takePod(pod);
    for (const pool of snapshot.pools.values()) {
      const subnet = pool.metadata.labels?.[LABEL.ownerSubnet] ?? "";
      const application = applicationOf(pool, snapshot.recordedFor(subnet, pool.metadata.name));
      if (application) this.#note(application);
    }
  }

  /** Keys of all applications that ask for automatic pools, or have one. */
  keys(): Set<string> {
    const asking = [...this.#snapshot.workloads].filter(
      ([, { annotations }]) =>
        annotations[ANNOTATION.subnet] !== undefined || annotations[ANNOTATION.subnets] !== undefined,
    );
    const owners = [...this.#snapshot.pools.values()].flatMap(
      ({ metadata }) => this.#snapshot.pools.applicationOf(metadata.name) ?? [],
    );
    return new Set([...asking.map(([key]) => key), ...this.#pinned.keys(), ...owners]);
  }

  /** Non-native applications that are known by a pod or a pool. */
  pinned(): Iterable<[key: string, application: Omit<Application, "uid">]> {
    return this.#pinned;
  }

  /** Looks at one application, whether it is there or not. */
  observe(application: Omit<Application, "uid">): AskedApplication {
    const key = workloadKey(application);
    const native = isNativeKind(application.apiVersion, application.kind);
    const [workload, pods] = [this.#snapshot.workloads.get(key), this.#pods.get(key) ?? []];
    const wish = native
      ? demandOfWorkload(workload, this.#settings)
      : demandOfPods(pods, this.#existence(application), this.#settings);
    const lives = livesOf(native, wish.demand, this.#snapshot.pools.ofApplication(key), this.surroundings());
    return { key, application, native, wish, lives, workload, pods };
  }

  /** Likewise, by its key; `undefined` where nobody knows which application that is. */
  observeKey(key: string): AskedApplication | undefined {
    const known = this.#snapshot.workloads.get(key) ?? this.#pinned.get(key) ?? this.#ownerIn(key);
    return known && this.observe(known);
  }

  surroundings(): Surroundings {
    const { subnets } = this.#snapshot;
    return {
      subnet: (name) => subnets.get(name),
      record: (subnet, pool) => subnets.book(subnet)?.entries.get(pool)?.ranges,
      recordedFor: (subnet, pool) => this.#snapshot.recordedFor(subnet, pool),
    };
  }

  get families(): readonly Family[] {
    return this.#settings.families;
  }

  /** A native application that is gone is known by its pools alone. */
  #ownerIn(key: string): Omit<Application, "uid"> | undefined {
    for (const pool of this.#snapshot.pools.ofApplication(key)) {
      const subnet = pool.metadata.labels?.[LABEL.ownerSubnet] ?? "";
      const application = applicationOf(pool, this.#snapshot.recordedFor(subnet, pool.metadata.name));
      if (application) return application;
    }
    return undefined;
  }

  #takePod(pod: Pod): void {
    const pinned = toPinnedPod(pod);
    if (!pinned) return;
    const application = { ...pinned.owner, namespace: pinned.namespace };
    this.#note(application);
    const key = workloadKey(application);
    this.#pods.set(key, [...(this.#pods.get(key) ?? []), pinned]);
  }

  #note({ apiVersion, kind, namespace, name }: Omit<Application, "uid">): void {
    if (isNativeKind(apiVersion, kind)) return;
    const application = { apiVersion, kind, namespace, name };
    this.#pinned.set(workloadKey(application), application);
  }
}
