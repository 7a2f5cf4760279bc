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
  readonly #onGivenUp: (subnet: string, name: string) => void;

  constructor(
    ledger: Ledger,
    world: Pick<WriterWorld, "book" | "pool">,
    onGivenUp: (subnet: string, name: string) => void,
  ) {
    this.#ledger = ledger;
    this.#world = world;
    this.#onGivenUp = onGivenUp;
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
    if (before?.name === name && this.holder(subnet, name) === key) return;
    if (before && before.name !== name) {
      this.forget(key);
      // A want under the name that is given up must not be granted any more, and what was granted goes back.
      this.#ledger.of(before.subnet).withdraw(before.name, key);
      this.#onGivenUp(before.subnet, before.name);
    }
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

  /** Returns the name of the pool that is there, else the one that is reserved for it, else the first free one; and notes it. */
  choose({ key, subnet, pool }: Subject, wanted: AutoPoolOwner): string {
    const name = pool?.metadata.name ?? this.#free(key, subnet, wanted);
    this.note(key, subnet, name);
    return name;
  }

  /** Name that the pool would have if nobody else had it. */
  first({ family, application, interface: nic }: AutoPoolOwner): string {
    return poolName({ family, application, interface: nic, attempt: 0 });
  }

  #free(key: string, subnet: string, wanted: AutoPoolOwner): string {
    const { book, pool } = this.#world;
    return freePoolName(wanted, {
      isTaken: (name) => pool(name) !== undefined || (this.holder(subnet, name) ?? key) !== key,
      recordedFor: (name) => {
        const entry = book(subnet)?.entries.get(name);
        return entry && (entry.application ?? null);
      },
    });
  }
}

/** Who has which names. */
export interface NamesInUse {
  isTaken(name: string): boolean;
  /** Record form of the application that a record is for, `null` for a manual pool's; `undefined` where there is none. */
  recordedFor(name: string): string | null | undefined;
}

/** Returns the name that a new pool gets: the one that is recorded for its application, else the first that nobody has. */
export function freePoolName(wanted: AutoPoolOwner, { isTaken, recordedFor }: NamesInUse): string {
  const { family, application, interface: nic } = wanted;
  const names = Array.from({ length: attemptsMax }, (_, attempt) =>
    poolName({ family, application, interface: nic, attempt }),
  );
  const free = names.filter((name) => !isTaken(name));
  return (
    free.find((name) => recordedFor(name) === applicationText(application)) ??
    free.find((name) => recordedFor(name) === undefined) ??
    (names.at(-1) as string)
  );
}
