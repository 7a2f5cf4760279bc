/**
 * The pools that are there, found by name, by application and by CIDR without looking at all of them.
 * @module
 */

import { applicationOfPool } from "../api/application.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { Change } from "../cluster/reflected-store.ts";
import { workloadKey } from "./workload.ts";

/** Returns the key of the application that an automatic pool belongs to; `undefined` for manual pools. */
export function applicationKeyOf(pool: SpiderIPPool): string | undefined {
  const application = applicationOfPool(pool);
  return application && workloadKey(application);
}

/** The index; fed with every change of the pools' reflector. */
export class PoolIndex {
  readonly #byName = new Map<string, SpiderIPPool>();
  readonly #byApplication = new Map<string, Map<string, SpiderIPPool>>();
  readonly #byCidr = new Map<string, Map<string, SpiderIPPool>>();
  readonly #bySubnet = new Map<string, Map<string, SpiderIPPool>>();

  /** Takes a change in; returns the keys of the applications that it concerns. */
  take(change: Change<SpiderIPPool>): string[] {
    const { name } = change.object.metadata;
    const previous = this.#byName.get(name);
    if (previous) this.#remove(previous);
    if (change.type !== "deleted") this.#add(change.object);
    const keys = [previous && applicationKeyOf(previous), applicationKeyOf(change.object)];
    return [...new Set(keys.filter((key) => key !== undefined))];
  }

  get(name: string): SpiderIPPool | undefined {
    return this.#byName.get(name);
  }

  /** All pools, in no order. */
  values(): IterableIterator<SpiderIPPool> {
    return this.#byName.values();
  }

  ofApplication(key: string): Iterable<SpiderIPPool> {
    return this.#byApplication.get(key)?.values() ?? [];
  }

  /** Whether any pool was cut from the subnet of this name. */
  isOwner(subnet: string): boolean {
    return this.#bySubnet.has(subnet);
  }

  /** Pools whose `spec.subnet` is this text. */
  ofCidr(cidr: string): Iterable<SpiderIPPool> {
    return this.#byCidr.get(cidr)?.values() ?? [];
  }

  #add(pool: SpiderIPPool): void {
    const { name } = pool.metadata;
    this.#byName.set(name, pool);
    put(this.#byCidr, pool.spec.subnet, name, pool);
    const owner = pool.metadata.labels?.[LABEL.ownerSubnet];
    if (owner !== undefined) put(this.#bySubnet, owner, name, pool);
    const application = applicationKeyOf(pool);
    if (application !== undefined) put(this.#byApplication, application, name, pool);
  }

  #remove(pool: SpiderIPPool): void {
    const { name } = pool.metadata;
    this.#byName.delete(name);
    drop(this.#byCidr, pool.spec.subnet, name);
    const owner = pool.metadata.labels?.[LABEL.ownerSubnet];
    if (owner !== undefined) drop(this.#bySubnet, owner, name);
    const application = applicationKeyOf(pool);
    if (application !== undefined) drop(this.#byApplication, application, name);
  }
}

function put<V>(index: Map<string, Map<string, V>>, outer: string, inner: string, value: V): void {
  const group = index.get(outer);
  if (group) group.set(inner, value);
  else index.set(outer, new Map([[inner, value]]));
}

function drop<V>(index: Map<string, Map<string, V>>, outer: string, inner: string): void {
  const group = index.get(outer);
  group?.delete(inner);
  if (group?.size === 0) index.delete(outer);
}
