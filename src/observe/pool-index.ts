/**
 * The pools that are there, found by name, by application and by CIDR without looking at all of them.
 * @module
 */

import { ownerSubnetOf } from "../api/adoption.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { Change } from "../cluster/reflected-store.ts";
import { applicationKeyOf } from "./pool-owner.ts";

/** The index; fed with every change of the pools' reflector. */
export class PoolIndex {
  readonly #byName = new Map<string, SpiderIPPool>();
  readonly #byApplication = new Map<string, Map<string, SpiderIPPool>>();
  readonly #byCidr = new Map<string, Map<string, SpiderIPPool>>();
  readonly #manual = new Map<string, Map<string, SpiderIPPool>>();
  readonly #bySubnet = new Map<string, Map<string, SpiderIPPool>>();
  /** Under which application each pool stands, by name. */
  readonly #keys = new Map<string, string>();
  readonly #recordedFor: (subnet: string, pool: string) => string | undefined;

  /** @param recordedFor whom the ledger's record of a pool is for */
  constructor(recordedFor: (subnet: string, pool: string) => string | undefined) {
    this.#recordedFor = recordedFor;
  }

  /** Takes a change in; returns the keys of the applications that it concerns. */
  take(change: Change<SpiderIPPool>): string[] {
    const { name } = change.object.metadata;
    const previous = this.#byName.get(name);
    const before = this.#keys.get(name);
    if (previous) this.#remove(previous);
    if (change.type !== "deleted") this.#add(change.object);
    return [...new Set([before, this.#keys.get(name)])].filter((key) => key !== undefined);
  }

  /** Looks again whose a pool is, since its record is another one; returns the keys of the applications that it concerns. */
  review(name: string): string[] {
    const pool = this.#byName.get(name);
    return pool ? this.take({ type: "modified", object: pool }) : [];
  }

  /** Key of the application that a pool belongs to. */
  applicationOf(name: string): string | undefined {
    return this.#keys.get(name);
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

  /** Whether any pool belongs to the subnet of this name. */
  isOwner(subnet: string): boolean {
    return this.#bySubnet.has(subnet);
  }

  /** Pools whose `spec.subnet` is this text. */
  ofCidr(cidr: string): Iterable<SpiderIPPool> {
    return this.#byCidr.get(cidr)?.values() ?? [];
  }

  /** Those of them that are not automatic. */
  manualOfCidr(cidr: string): Iterable<SpiderIPPool> {
    return this.#manual.get(cidr)?.values() ?? [];
  }

  /** All texts of `spec.subnet` that pools have. */
  cidrs(): Iterable<string> {
    return this.#byCidr.keys();
  }

  #add(pool: SpiderIPPool): void {
    const { name } = pool.metadata;
    this.#byName.set(name, pool);
    put(this.#byCidr, pool.spec.subnet, name, pool);
    if (!isAutoPool(pool)) put(this.#manual, pool.spec.subnet, name, pool);
    const owner = ownerSubnetOf(pool);
    if (owner !== undefined) put(this.#bySubnet, owner, name, pool);
    const recordedFor = this.#recordedFor(pool.metadata.labels?.[LABEL.ownerSubnet] ?? "", name);
    const application = applicationKeyOf(pool, recordedFor);
    if (application === undefined) return;
    this.#keys.set(name, application);
    put(this.#byApplication, application, name, pool);
  }

  #remove(pool: SpiderIPPool): void {
    const { name } = pool.metadata;
    this.#byName.delete(name);
    drop(this.#byCidr, pool.spec.subnet, name);
    drop(this.#manual, pool.spec.subnet, name);
    const owner = ownerSubnetOf(pool);
    if (owner !== undefined) drop(this.#bySubnet, owner, name);
    const application = this.#keys.get(name);
    this.#keys.delete(name);
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
