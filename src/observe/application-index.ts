/**
 * The applications that are there, native and not, and what each of them wants.
 *
 * Keys are `namespace/kind.group/name`. Only what matters to pools counts as a change: a Deployment's status changes with every
 * pod, its wishes do not.
 * @module
 */

import { type Application, groupOf } from "../api/application.ts";
import { ANNOTATION } from "../api/names.ts";
import type { Change } from "../cluster/reflected-store.ts";
import { type DemandSettings, demandOfPods, demandOfWorkload, type Wish } from "./demand.ts";
import type { OwnerKind, Owners } from "./owners.ts";
import type { PinnedPod } from "./pod-owner.ts";
import { isNativeKind, type Workload, workloadKey } from "./workload.ts";

/** UIDs of ended workloads that are remembered; an older one is looked up when it matters. */
const endsMax = 50_000;

export class ApplicationIndex {
  readonly #settings: DemandSettings;
  readonly #owners: Owners;
  readonly #workloads = new Map<string, Workload>();
  /** Pods of non-native applications, by application. */
  readonly #pods = new Map<string, Map<string, PinnedPod>>();
  /** Non-native applications that are known by a pod or a pool. */
  readonly #pinned = new Map<string, Omit<Application, "uid">>();
  readonly #ends = new Set<string>();

  constructor(settings: DemandSettings, owners: Owners) {
    this.#settings = settings;
    this.#owners = owners;
  }

  /** Takes a change of a native workload in; returns the keys to look at. */
  takeWorkload({ type, object, previous }: Change<Workload>): string[] {
    const key = workloadKey(object);
    if (type === "deleted") {
      this.#rememberEnd(object.uid);
      this.#workloads.delete(key);
      return asksForPools(object) ? [key] : [];
    }
    const before = previous ?? this.#workloads.get(key);
    this.#workloads.set(key, object);
    if (before && wantsTheSame(before, object)) return [];
    return asksForPools(object) || (before !== undefined && asksForPools(before)) ? [key] : [];
  }

  /** Takes a change of a pod in; `undefined` stands for the pods of native applications. */
  takePod({ type, object, previous }: Change<PinnedPod | undefined>): string[] {
    const keys: string[] = [];
    if (previous) keys.push(this.#drop(previous));
    if (object) keys.push(type === "deleted" ? this.#drop(object) : this.#put(object));
    return [...new Set(keys)];
  }

  /** Sees to it that an application that has a pod or a pool is watched, if it is not native. */
  watch({ apiVersion, kind, namespace, name }: Omit<Application, "uid">): void {
    if (isNativeKind(apiVersion, kind)) return;
    const key = workloadKey({ apiVersion, kind, namespace, name });
    if (!this.#pinned.has(key)) this.#pinned.set(key, { apiVersion, kind, namespace, name });
    this.#owners.watch({ apiVersion, kind });
  }

  /** Keys of non-native applications of a kind, in any version. */
  keysOfKind({ apiVersion, kind }: OwnerKind): string[] {
    const isOfKind = (owner: OwnerKind): boolean =>
      owner.kind === kind && groupOf(owner.apiVersion) === groupOf(apiVersion);
    return [...this.#pinned].filter(([, owner]) => isOfKind(owner)).map(([key]) => key);
  }

  /** Keys that depend on an owner. */
  keysOfOwner({ apiVersion, kind }: OwnerKind, namespace: string, name: string): string[] {
    const key = workloadKey({ apiVersion, kind, namespace, name });
    return this.#pinned.has(key) ? [key] : [];
  }

  /** Returns whether the application is native, and what it wants. */
  wishOf(key: string): { native: boolean; wish: Wish } {
    const pinned = this.#pinned.get(key);
    if (!pinned) return { native: true, wish: demandOfWorkload(this.#workloads.get(key), this.#settings) };
    const existence = this.#owners.existence(pinned, pinned.namespace, pinned.name);
    const pods = [...(this.#pods.get(key)?.values() ?? [])];
    return { native: false, wish: demandOfPods(pods, existence, this.#settings) };
  }

  workload(key: string): Workload | undefined {
    return this.#workloads.get(key);
  }

  /** All keys, each once: what a resync looks at besides the applications of pools. */
  keys(): Set<string> {
    const asking = [...this.#workloads].filter(([, workload]) => asksForPools(workload)).map(([key]) => key);
    return new Set([...asking, ...this.#pinned.keys()]);
  }

  /** Drops what is remembered of a non-native application that has neither pods nor pools. */
  forget(key: string): void {
    if (!this.#pods.has(key)) this.#pinned.delete(key);
  }

  /** Whether the end of the workload with this UID was seen; false means not known. */
  hasEnded(uid: string): boolean {
    return this.#ends.has(uid);
  }

  #put(pod: PinnedPod): string {
    const key = keyOf(pod);
    this.watch({ ...pod.owner, namespace: pod.namespace });
    const group = this.#pods.get(key);
    if (group) group.set(pod.uid, pod);
    else this.#pods.set(key, new Map([[pod.uid, pod]]));
    return key;
  }

  #drop(pod: PinnedPod): string {
    const key = keyOf(pod);
    const group = this.#pods.get(key);
    group?.delete(pod.uid);
    if (group?.size === 0) this.#pods.delete(key);
    return key;
  }

  #rememberEnd(uid: string): void {
    this.#ends.add(uid);
    if (this.#ends.size > endsMax) this.#ends.delete(this.#ends.values().next().value as string);
  }
}

function keyOf(pod: PinnedPod): string {
  return workloadKey({ ...pod.owner, namespace: pod.namespace });
}

/** Tells whether a workload names a subnet to get pools from. */
export function asksForPools({ annotations }: Workload): boolean {
  return annotations[ANNOTATION.subnet] !== undefined || annotations[ANNOTATION.subnets] !== undefined;
}

/** Tells whether nothing that pools depend on differs between two states of a workload. */
export function wantsTheSame(a: Workload, b: Workload): boolean {
  const [x, y] = [a.annotations, b.annotations];
  return (
    a.uid === b.uid &&
    a.replicas === b.replicas &&
    a.topmost === b.topmost &&
    Object.keys(x).length === Object.keys(y).length &&
    Object.entries(x).every(([name, value]) => y[name] === value)
  );
}
