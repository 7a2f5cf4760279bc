/**
 * The ledgers of all subnets, one group commit each, and the view of the world that they plan with.
 * @module
 */

import type { Book } from "../api/book.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { isStray, type SituationWorld, situationOf, spareOf } from "./ledger-situation.ts";
import type { SubnetLedgerOptions } from "./ledger-view.ts";
import type { Holding } from "./manual-records.ts";
import { SubnetLedger } from "./subnet-ledger.ts";

/** What the caches know that decides about addresses, and what they are told. */
export interface LedgerWorld extends SituationWorld {
  /** The manual pools of the subnet's CIDR. */
  holdings(subnet: string): readonly Holding[];
  pool(name: string): SpiderIPPool | undefined;
  learnPool(pool: SpiderIPPool): void;
  learnSubnet(subnet: SpiderSubnet): void;
  expectBook(subnet: string, book: Book): void;
}

export interface LedgerOptions extends Omit<SubnetLedgerOptions, "view"> {
  readonly world: LedgerWorld;
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #ledgers = new Map<string, SubnetLedger>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** The ledger of one subnet, which need not exist yet. */
  of(subnet: string): SubnetLedger {
    const known = this.#ledgers.get(subnet);
    if (known) return known;
    const { world } = this.#options;
    const ledger = new SubnetLedger(subnet, {
      ...this.#options,
      view: {
        subnet: (name) => world.subnet(name),
        situation: (name) => situationOf(name, world),
        holdings: (subnet) => world.holdings(subnet),
        spare: (name) => spareOf(name, world),
        pool: (name) => world.pool(name),
        learnPool: (pool) => world.learnPool(pool),
        learnSubnet: (object) => world.learnSubnet(object),
        expectBook: (subnet, book) => world.expectBook(subnet, book),
      },
    });
    this.#ledgers.set(subnet, ledger);
    return ledger;
  }

  /** Whether a pool has addresses that no record gives it. */
  isStray(pool: SpiderIPPool): boolean {
    const { world } = this.#options;
    const owner = pool.metadata.labels?.[LABEL.ownerSubnet];
    return isStray(pool, owner === undefined ? undefined : world.book(owner));
  }

  /** Takes in who has written which records, whether or not anything is to be done. */
  see(name: string): void {
    const { world } = this.#options;
    const [subnet, book] = [world.subnet(name), world.book(name)];
    if (subnet && book) this.of(name).see(subnet, book);
  }

  /** Sends a write of a pool, and takes in what its success says about who else can still be about to write it. */
  async noting<R>(pool: SpiderIPPool, send: () => Promise<R>): Promise<R> {
    const subnet = pool.metadata.labels?.[LABEL.ownerSubnet];
    const note = subnet === undefined ? undefined : this.of(subnet).note(pool.metadata.name);
    const result = await send();
    note?.();
    return result;
  }

  /** Looks again at what waits, everywhere or in the subnets of one CIDR. */
  recheck(cidr?: string): void {
    for (const [name, ledger] of this.#ledgers) {
      if (ledger.waiting > 0 && (!cidr || this.#options.world.subnet(name)?.spec.subnet === cidr)) ledger.recheck();
    }
  }

  /** Pools that wait for addresses. */
  get waiting(): number {
    return [...this.#ledgers.values()].reduce((sum, ledger) => sum + ledger.waiting, 0);
  }

  /** Whether no ledger is planning or writing. */
  get isIdle(): boolean {
    return [...this.#ledgers.values()].every((ledger) => ledger.isIdle);
  }

  /** Resolves when no ledger is being written any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#ledgers.values()].map((ledger) => ledger.stop()));
  }
}
