/**
 * The ledgers of all subnets, one group commit each, and the view of the world that they plan with.
 * @module
 */

import type { Family } from "../address/address.ts";
import { parseCidr } from "../address/cidr.ts";
import { countOf, EMPTY, includes, parseRanges, type RangeSet, subtract, union } from "../address/range-set.ts";
import { type Book, readBook } from "../api/book.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { familyOfSubnet } from "../api/subnet.ts";
import type { LedgerSituation } from "./ledger-plan.ts";
import type { SubnetLedgerOptions } from "./ledger-view.ts";
import type { Holding } from "./manual-records.ts";
import { type Notice, notice } from "./notices.ts";
import { SubnetLedger } from "./subnet-ledger.ts";

/** What the caches know that decides about addresses. */
export interface LedgerWorld {
  subnet(name: string): SpiderSubnet | undefined;
  book(name: string): Book | undefined;
  poolsOfCidr(cidr: string): Iterable<SpiderIPPool>;
  reserved(family: Family): RangeSet;
  /** Why nothing may be given out of a subnet; `undefined` where it may. */
  subnetRefusal(name: string): string | undefined;
  /** The manual pools of the subnet's CIDR. */
  holdings(subnet: string): readonly Holding[];
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

  stop(): void {
    for (const ledger of this.#ledgers.values()) ledger.stop();
  }
}

function situationOf(
  name: string,
  world: LedgerWorld,
): { situation: LedgerSituation | undefined; refusal: Notice | undefined } {
  const subnet = world.subnet(name);
  if (!subnet) return { situation: undefined, refusal: notice("SubnetNotFound", { subnet: name }) };
  try {
    const { family } = parseCidr(subnet.spec.subnet);
    const book = world.book(name) ?? readBook(undefined, family);
    const total = totalOf(subnet.spec);
    const held = strays(subnet.spec.subnet, family, book, world);
    const situation = { family, book, total, reserved: world.reserved(family), held };
    if (subnet.metadata.deletionTimestamp !== undefined) {
      return { situation, refusal: notice("SubnetTerminating", { subnet: name }) };
    }
    const reason = world.subnetRefusal(name);
    return { situation, refusal: reason === undefined ? undefined : notice("SubnetInvalid", { subnet: name, reason }) };
  } catch (error) {
    const reason = (error as Error).message;
    const book = world.book(name) ?? readBook(undefined, 4);
    const situation = { family: book.family, book, total: EMPTY, reserved: EMPTY, held: EMPTY };
    return { situation, refusal: notice("SubnetInvalid", { subnet: name, reason }) };
  }
}

/** Addresses that pools of the CIDR have without a record: manual pools, and what somebody edited. */
function strays(cidr: string, family: Family, book: Book, world: LedgerWorld): RangeSet {
  const sets: RangeSet[] = [];
  for (const pool of world.poolsOfCidr(cidr)) {
    if (isStray(pool, book)) sets.push(poolRanges(pool, family));
  }
  return union(...sets);
}

function isStray(pool: SpiderIPPool, book: Book | undefined): boolean {
  const record = book?.entries.get(pool.metadata.name)?.ranges;
  return !book || !record || !includes(record, poolRanges(pool, book.family));
}

/** Parsed once per state of a pool. */
const parsed = new WeakMap<SpiderIPPool, RangeSet>();

function poolRanges(pool: SpiderIPPool, family: Family): RangeSet {
  const known = parsed.get(pool);
  if (known) return known;
  const ips = readable(pool.spec.ips, family);
  // What an automatic pool excludes was excluded by hand, and is put back.
  const ranges = isAutoPool(pool) ? ips : subtract(ips, readable(pool.spec.excludeIPs, family));
  parsed.set(pool, ranges);
  return ranges;
}

/** What can be read of a list counts. */
function readable(texts: readonly string[] | undefined, family: Family): RangeSet {
  return union(
    ...(texts ?? []).map((text) => {
      try {
        return parseRanges([text], family);
      } catch {
        return EMPTY;
      }
    }),
  );
}

function spareOf(name: string, world: LedgerWorld): { pool: string; count: bigint } | undefined {
  const subnet = world.subnet(name);
  let best: { pool: string; count: bigint } | undefined;
  for (const pool of subnet ? world.poolsOfCidr(subnet.spec.subnet) : []) {
    const family = familyOfSubnet(pool.spec);
    const count = countOf(poolRanges(pool, family)) - BigInt(pool.status?.allocatedIPCount ?? 0);
    if (count > (best?.count ?? 0n)) best = { pool: pool.metadata.name, count };
  }
  return best;
}
