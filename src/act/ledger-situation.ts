/**
 * From what is known of a subnet and the pools of its CIDR to what a plan of its ledger starts from. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import { parseCidr } from "../address/cidr.ts";
import { countOf, EMPTY, includes, parseRanges, type RangeSet, subtract, union } from "../address/range-set.ts";
import { type Book, readBook } from "../api/book.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";
import type { LedgerSituation } from "./ledger-plan.ts";
import { type Notice, notice } from "./notices.ts";

/** What decides about a subnet's addresses. */
export interface SituationWorld {
  subnet(name: string): SpiderSubnet | undefined;
  book(name: string): Book | undefined;
  poolsOfCidr(cidr: string): Iterable<SpiderIPPool>;
  reserved(family: Family): RangeSet;
  /** Why nothing may be given out of a subnet; `undefined` where it may. */
  subnetRefusal(name: string): string | undefined;
}

/** Returns everything that a plan of a subnet's ledger starts from, and why the subnet gives out nothing, if so. */
export function situationOf(
  name: string,
  world: SituationWorld,
): { situation: LedgerSituation | undefined; refusal: Notice | undefined } {
  const subnet = world.subnet(name);
  if (!subnet) return { situation: undefined, refusal: notice("SubnetNotFound", { subnet: name }) };
  try {
    const { family } = parseCidr(subnet.spec.subnet);
    const book = world.book(name) ?? readBook(undefined, family);
    const total = totalOf(subnet.spec);
    const held = strays(subnet.spec.subnet, family, book, world);
    const { resourceVersion: version = "" } = subnet.metadata;
    const situation = { family, book, total, reserved: world.reserved(family), held, version };
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
function strays(cidr: string, family: Family, book: Book, world: SituationWorld): RangeSet {
  const sets: RangeSet[] = [];
  for (const pool of world.poolsOfCidr(cidr)) {
    if (isStray(pool, book)) sets.push(poolRanges(pool, family));
  }
  return union(...sets);
}

/** Tells whether a pool has addresses that no record of this ledger gives it. */
export function isStray(pool: SpiderIPPool, book: Book | undefined): boolean {
  const record = book?.entries.get(pool.metadata.name)?.ranges;
  return !book || !record || !includes(record, poolRanges(pool, book.family));
}

/** Parsed once per state of a pool. */
const parsed = new WeakMap<SpiderIPPool, RangeSet>();

/** Returns the addresses of a pool, as far as they can be read. */
export function poolRanges(pool: SpiderIPPool, family: Family): RangeSet {
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

/** Returns the pool of a subnet with the most addresses that nobody uses. */
export function spareOf(name: string, world: SituationWorld): { pool: string; count: bigint } | undefined {
  const subnet = world.subnet(name);
  let best: { pool: string; count: bigint } | undefined;
  for (const pool of subnet ? world.poolsOfCidr(subnet.spec.subnet) : []) {
    const family = familyOfSubnet(pool.spec);
    const count = countOf(poolRanges(pool, family)) - BigInt(pool.status?.allocatedIPCount ?? 0);
    if (count > (best?.count ?? 0n)) best = { pool: pool.metadata.name, count };
  }
  return best;
}
