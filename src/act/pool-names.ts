/**
 * Which machine's pool has which name: the names in use, and the next free one.
 *
 * A name is taken from what the caches hold, not drawn, so that a restarted operator comes to the same one.
 * @module
 */

import { applicationText } from "../api/application.ts";
import type { AutoPoolOwner } from "../api/auto-pool.ts";
import { poolName } from "../api/pool-name.ts";
import type { Ledger } from "./ledger.ts";
import type { Subject, WriterWorld } from "./pool-writer.ts";

/** Names that are tried; then the last one is used, and the API server's answer told. */
const attemptsMax = 8;

interface Named {
  readonly subnet: string;
  readonly name: string;
}

export class PoolNames {
  readonly #ledger: Ledger;
  readonly #world: Pick<WriterWorld, "book" | "pool">;
  readonly #names = new Map<string, Named>();
  /** By subnet and name: a name may stand in the ledger of a former subnet too. */
  readonly #holders = new Map<string, string>();

  constructor(ledger: Ledger, world: Pick<WriterWorld, "book" | "pool">) {
    this.#ledger = ledger;
    this.#world = world;
  }

  /** Name of the pool that a machine has or is getting. */
  of(key: string): string | undefined {
    return this.#names.get(key)?.name;
  }

  /** Key of the machine that used this name in this subnet last. */
  holder(subnet: string, name: string): string | undefined {
    return this.#holders.get(`${subnet}/${name}`);
  }

  /** Notes which pool a machine speaks of, so that its record is found again when the object is gone. */
  note(key: string, subnet: string, name: string): void {
    const before = this.#names.get(key);
    if (before?.name === name) return;
    if (before) this.forget(key);
    this.#names.set(key, { subnet, name });
    this.#holders.set(`${subnet}/${name}`, key);
  }

  forget(key: string): void {
    const named = this.#names.get(key);
    if (!named) return;
    this.#names.delete(key);
    const place = `${named.subnet}/${named.name}`;
    if (this.#holders.get(place) === key) this.#holders.delete(place);
  }

  /** Returns the name of the pool that is there, else the first one that is nobody else's, and notes it. */
  choose({ key, subnet, pool }: Subject, wanted: AutoPoolOwner): string {
    const name = pool?.metadata.name ?? this.#free(key, subnet, wanted);
    const before = this.of(key);
    // A want under the name that is given up must not be granted any more.
    if (before !== undefined && before !== name) this.#ledger.of(subnet).withdraw(before);
    this.note(key, subnet, name);
    return name;
  }

  #free(key: string, subnet: string, wanted: AutoPoolOwner): string {
    const { family, application } = wanted;
    const text = applicationText(application);
    let name = "";
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      name = poolName({ family, application, interface: wanted.interface, attempt });
      const holder = this.holder(subnet, name) ?? key;
      const record = this.#world.book(subnet)?.entries.get(name);
      if (!this.#world.pool(name) && holder === key && (!record || record.application === text)) return name;
    }
    return name;
  }
}
