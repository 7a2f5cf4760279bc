/**
 * Finds records that no pool and no application stands behind any more, and gives their addresses back.
 *
 * They remain when the operator was down while an application ended, or when somebody edits a ledger (spec §6.3, I00022). A
 * record goes only after it was confirmed, at that moment, that nobody wants it.
 * @module
 */

import { parseApplicationText } from "../api/application.ts";
import type { Book } from "../api/book.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { Ledger } from "./ledger.ts";

/** What became of the application that a record names. */
export type Standing = "wanted" | "unwanted" | "unknown";

export interface RecordSweeperOptions {
  readonly ledger: Ledger;
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
  submit(key: string, run: () => Promise<void>): void;
}

export class RecordSweeper {
  readonly #options: RecordSweeperOptions;

  constructor(options: RecordSweeperOptions) {
    this.#options = options;
  }

  /** Looks through all records of a subnet; suspicious ones are confirmed in the queue. */
  sweep(subnet: string): void {
    for (const name of this.#options.book(subnet)?.entries.keys() ?? []) this.look(subnet, name);
  }

  /** Looks at one record that may have lost its pool. */
  look(subnet: string, name: string): void {
    if (this.#isBacked(subnet, name)) return;
    this.#options.submit(`record/${subnet}/${name}`, () => this.#settle(subnet, name));
  }

  async #settle(subnet: string, name: string): Promise<void> {
    const { ledger, book, confirm } = this.#options;
    const entry = book(subnet)?.entries.get(name);
    if (!entry || this.#isBacked(subnet, name)) return;
    const application = entry.application === undefined ? undefined : parseApplicationText(entry.application);
    const standing = application ? await confirm(application, subnet, name) : "unwanted";
    if (standing === "unknown") throw new Error(`Cannot tell yet whether "${entry.application}" wants pool "${name}"`);
    if (standing === "wanted") return;
    // The pool may come yet though nobody wants it any more; its record goes after it.
    await this.#options.isAbsent(name);
    if (this.#isBacked(subnet, name)) return;
    ledger.of(subnet).cut({ pool: name, keep: undefined });
  }

  /** A pool object stands behind the record. */
  #isBacked(subnet: string, name: string): boolean {
    const pool = this.#options.pool(name);
    if (!pool) return false;
    if (isAutoPool(pool)) return pool.metadata.labels?.[LABEL.ownerSubnet] === subnet;
    return pool.spec.subnet === this.#options.subnet(subnet)?.spec.subnet;
  }
}
