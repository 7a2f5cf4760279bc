/**
 * Finds records that no pool and no application stands behind any more, and gives their addresses back.
 *
 * They remain when the operator was down while an application ended, or when somebody edits a ledger (spec §6.3, I00022). A
 * record goes only after it was confirmed, at that moment, that nobody wants it. A pool that was let in a moment ago may still be
 * on its way to the store: its record is looked at again when it has come or never will.
 * @module
 */

import { parseApplicationText } from "../api/application.ts";
import type { Book, Entry } from "../api/book.ts";
import { onTheWayMs } from "../api/controlled-pools.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { type Cancel, type Clock, fromTimestamp } from "../clock.ts";
import type { Ledger } from "./ledger.ts";

/** What became of the application that a record names. */
export type Standing = "wanted" | "unwanted" | "unknown";

export interface RecordSweeperOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  subnet(name: string): SpiderSubnet | undefined;
  book(name: string): Book | undefined;
  pool(name: string): SpiderIPPool | undefined;
  /** Whether an application wants the pool of this name in this subnet, confirmed by a read where the caches do not know. */
  confirm(
    application: NonNullable<ReturnType<typeof parseApplicationText>>,
    subnet: string,
    pool: string,
  ): Promise<Standing>;
  /** Whether there is no pool of this name, for certain; throws where that cannot be told now. */
  isAbsent(pool: string): Promise<boolean>;
  /** Likewise, by a read: a manual pool may have been made by anybody at any moment. */
  isAbsentNow(pool: string): Promise<boolean>;
  submit(key: string, run: () => Promise<void>): void;
}

export class RecordSweeper {
  readonly #options: RecordSweeperOptions;
  /** By key: records whose pools may be on their way. */
  readonly #later = new Map<string, Cancel>();

  constructor(options: RecordSweeperOptions) {
    this.#options = options;
  }

  /** Looks through all records of a subnet; suspicious ones are confirmed in the queue. */
  sweep(subnet: string): void {
    for (const name of this.#options.book(subnet)?.entries.keys() ?? []) this.look(subnet, name);
  }

  /** Looks at one record that may have lost its pool. */
  look(subnet: string, name: string): void {
    const entry = this.#options.book(subnet)?.entries.get(name);
    if (!entry || this.#isBacked(subnet, name) || this.#lookLater(subnet, name, entry)) return;
    this.#options.submit(`record/${subnet}/${name}`, () => this.#settle(subnet, name));
  }

  stop(): void {
    for (const cancel of this.#later.values()) cancel();
    this.#later.clear();
  }

  async #settle(subnet: string, name: string): Promise<void> {
    const { ledger, book, confirm } = this.#options;
    const entry = book(subnet)?.entries.get(name);
    if (!entry || this.#isBacked(subnet, name) || this.#lookLater(subnet, name, entry)) return;
    const admittedAt = entry.admitted?.at;
    const application = entry.application === undefined ? undefined : parseApplicationText(entry.application);
    const standing = application ? await confirm(application, subnet, name) : "unwanted";
    if (standing === "unknown") throw new Error(`Cannot tell yet whether "${entry.application}" wants pool "${name}"`);
    if (standing === "wanted") return;
    // The pool may come yet though nobody wants it any more; its record goes after it.
    if (application) await this.#options.isAbsent(name);
    else if (!(await this.#options.isAbsentNow(name))) return;
    if (this.#isBacked(subnet, name)) return;
    ledger.of(subnet).cut({ pool: name, keep: undefined, ...(admittedAt !== undefined && { admittedAt }) });
  }

  /** Whether the pool may be on its way; then it is looked for when that is over. */
  #lookLater(subnet: string, name: string, { admitted }: Entry): boolean {
    const { clock } = this.#options;
    const waitMs = admitted ? onTheWayMs(fromTimestamp(admitted.at), clock.now()) : 0;
    if (waitMs === 0) return false;
    const key = `${subnet}/${name}`;
    this.#later.get(key)?.();
    const again = (): void => {
      this.#later.delete(key);
      this.look(subnet, name);
    };
    this.#later.set(key, clock.after(waitMs, again));
    return true;
  }

  /** A pool object stands behind the record. */
  #isBacked(subnet: string, name: string): boolean {
    const pool = this.#options.pool(name);
    if (!pool) return false;
    if (isAutoPool(pool)) return pool.metadata.labels?.[LABEL.ownerSubnet] === subnet;
    return pool.spec.subnet === this.#options.subnet(subnet)?.spec.subnet;
  }
}
