/**
 * What a view model remembers: the machines and objects of a trace up to one line, and how they find each other.
 *
 * Values are never changed, only replaced, so that a copy of the maps is a copy of it all. Pure.
 * @module
 */

import type { Facts } from "../../machines/events.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { SeenLine } from "../trace/trace-line.ts";
import { partsOfKey } from "./life-key.ts";
import type { ComplaintRow } from "./page-state.ts";
import { type MachineKnown, manualKey } from "./pool-row.ts";

export class Memory {
  /** By key. */
  readonly machines: Map<string, MachineKnown>;
  /** By name. */
  readonly pools: Map<string, SpiderIPPool>;
  readonly subnets: Map<string, SpiderSubnet>;
  readonly reserved: Map<string, SpiderReservedIP>;
  /** By application. */
  readonly complaints: Map<string, readonly ComplaintRow[]>;
  readonly #namesByUid: Map<string, string>;
  readonly #keysByUid: Map<string, string>;
  readonly #keysByApplication: Map<string, ReadonlySet<string>>;

  /** @param from what is known already */
  constructor(from?: Memory) {
    this.machines = new Map(from?.machines);
    this.pools = new Map(from?.pools);
    this.subnets = new Map(from?.subnets);
    this.reserved = new Map(from?.reserved);
    this.complaints = new Map(from?.complaints);
    this.#namesByUid = new Map(from ? from.#namesByUid : []);
    this.#keysByUid = new Map(from ? from.#keysByUid : []);
    this.#keysByApplication = new Map(from ? from.#keysByApplication : []);
  }

  setMachine(key: string, machine: MachineKnown): void {
    const [before, uid] = [this.machines.get(key), uidIn(machine.facts)];
    if (before && uidIn(before.facts) !== uid) this.#keysByUid.delete(uidIn(before.facts));
    this.machines.set(key, machine);
    if (uid !== "") this.#keysByUid.set(uid, key);
    const { applicationKey } = partsOfKey(key);
    const keys = this.#keysByApplication.get(applicationKey);
    if (!keys?.has(key)) this.#keysByApplication.set(applicationKey, new Set([...(keys ?? []), key]));
  }

  dropMachine(key: string): void {
    const machine = this.machines.get(key);
    if (machine) this.#keysByUid.delete(uidIn(machine.facts));
    this.machines.delete(key);
    const { applicationKey } = partsOfKey(key);
    const others = [...(this.#keysByApplication.get(applicationKey) ?? [])].filter((other) => other !== key);
    if (others.length > 0) this.#keysByApplication.set(applicationKey, new Set(others));
    else this.#keysByApplication.delete(applicationKey);
  }

  /** Takes in that a pool has come, changed or gone; returns the keys of rows that show it. */
  seePool(type: SeenLine["type"], pool: SpiderIPPool): string[] {
    const { name, uid = "" } = pool.metadata;
    put(this.pools, name, type, pool);
    put(this.#namesByUid, uid, type, name);
    const key = this.#keysByUid.get(uid);
    return key === undefined ? [manualKey(name)] : [manualKey(name), key];
  }

  /** The pool object that a machine speaks of. */
  poolOf(facts: Facts): SpiderIPPool | undefined {
    return this.pools.get(this.#namesByUid.get(uidIn(facts)) ?? "");
  }

  /** Key of the row of a pool object. */
  keyOf(pool: SpiderIPPool): string | undefined {
    const key = this.#keysByUid.get(pool.metadata.uid ?? "");
    return key ?? (isAutoPool(pool) ? undefined : manualKey(pool.metadata.name));
  }

  /** Keys of the machines of an application. */
  keysOf(application: string): Iterable<string> {
    return this.#keysByApplication.get(application) ?? [];
  }

  /** Keys of all rows. */
  *keys(): Generator<string> {
    yield* this.machines.keys();
    for (const pool of this.pools.values()) if (!isAutoPool(pool)) yield manualKey(pool.metadata.name);
  }
}

const uidIn = ({ pool }: Facts): string => (pool === "gone" ? "" : (pool?.uid ?? ""));

/** Takes into a map that something has come, changed or gone. */
export function put<V>(map: Map<string, V>, name: string, type: SeenLine["type"], value: V): void {
  if (type === "deleted") map.delete(name);
  else map.set(name, value);
}
