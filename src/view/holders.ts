/**
 * Who holds what: the details of one pool and of one subnet, made from a view model when somebody looks at them.
 *
 * What a subnet's ledger records counts, and what a pool has without a record stands beside it and says so. Nothing is ever
 * expanded to addresses but what pods have. Pure, and forgiving: what cannot be read is named.
 * @module
 */

import type { Family } from "../address/address.ts";
import { formatAddress, parseAddress } from "../address/address.ts";
import { countOf, EMPTY, formatRanges, intersect, type RangeSet, toRangeSet, union } from "../address/range-set.ts";
import { parseAllocatedIPs } from "../api/allocated-ips.ts";
import { readBook } from "../api/book.ts";
import { rangesOf, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { reservedOf } from "../api/reserved-ip.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { TraceLine } from "../trace/trace-line.ts";
import type { ViewModel } from "./model.ts";
import { ADDRESSES_MAX, type HolderRow, type PoolDetail, type SubnetDetail } from "./page-state.ts";
import { manualKey } from "./pool-row.ts";
import { subnetRow } from "./subnet-row.ts";
import { timelineOf } from "./timeline.ts";

/** Returns all about one pool; `undefined` where nothing is known of it. */
export function poolDetail(model: ViewModel, lines: Iterable<TraceLine>, key: string): PoolDetail | undefined {
  const row = model.row(key);
  if (!row) return undefined;
  const { memory } = model;
  const object = memory.pools.get(row.pool ?? "");
  const facts = memory.machines.get(key)?.facts;
  const isManual = key === manualKey(row.pool ?? "");
  const { entries, isCut } = isManual ? { entries: [], isCut: false } : timelineOf(lines, key, row.pool);
  const uses = object ? usesOf(object, row.family) : [];
  return {
    row,
    ...(facts && { facts }),
    addresses: uses
      .slice(0, ADDRESSES_MAX)
      .map(({ address, pod }) => ({ address: formatAddress(address, row.family), pod })),
    timeline: entries,
    isCut,
  };
}

/** Returns who holds what in a subnet; `undefined` where it is not known. */
export function subnetDetail(model: ViewModel, name: string): SubnetDetail | undefined {
  const { memory } = model;
  const subnet = memory.subnets.get(name);
  if (!subnet) return undefined;
  const row = subnetRow(subnet);
  const { family } = row;
  const book = readBook(subnet.status?.controlledIPPools, family);
  const total = totalOrEmpty(subnet);
  const held = new Map<string, { ranges: RangeSet; isRecorded: boolean }>();
  for (const [pool, { ranges }] of book.entries) held.set(pool, { ranges, isRecorded: true });
  for (const pool of memory.pools.values()) {
    if (pool.spec.subnet !== subnet.spec.subnet || held.has(pool.metadata.name)) continue;
    held.set(pool.metadata.name, { ranges: rangesOf(pool, family), isRecorded: false });
  }
  const holders = [...held]
    .toSorted(([, a], [, b]) => Number((a.ranges[0]?.first ?? 0n) - (b.ranges[0]?.first ?? 0n)))
    .map(([pool, { ranges, isRecorded }]) =>
      holderRow(pool, memory.pools.get(pool), ranges, isRecorded, family, model),
    );
  const reserved = union(...[...memory.reserved.values()].map((object) => readable(() => reservedOf(object, family))));
  return {
    row,
    total: formatRanges(total, family),
    holders,
    reserved: formatRanges(intersect(total, reserved), family),
    defects: book.defects,
  };
}

function holderRow(
  pool: string,
  object: SpiderIPPool | undefined,
  ranges: RangeSet,
  isRecorded: boolean,
  family: Family,
  { memory }: ViewModel,
): HolderRow {
  const uses = object ? usesOf(object, family) : [];
  const key = object && memory.keyOf(object);
  return {
    pool,
    ...(key !== undefined && { key }),
    ips: formatRanges(ranges, family),
    count: String(countOf(ranges)),
    isRecorded,
    used: formatRanges(toRangeSet(uses.map(({ address }) => ({ first: address, last: address }))), family),
    usedCount: uses.length,
    ...(uses.length <= ADDRESSES_MAX && {
      pods: Object.fromEntries(uses.map(({ address, pod }) => [formatAddress(address, family), pod])),
    }),
  };
}

/** Addresses that pods have, in their order; what cannot be read is left out. */
function usesOf(pool: SpiderIPPool, family: Family): { address: bigint; pod: string }[] {
  const uses: { address: bigint; pod: string }[] = [];
  try {
    for (const [text, { pod }] of parseAllocatedIPs(pool.status?.allocatedIPs)) {
      uses.push({ address: parseAddress(text, family), pod });
    }
  } catch {
    return uses;
  }
  return uses.sort((a, b) => (a.address < b.address ? -1 : 1));
}

const totalOrEmpty = ({ spec }: SpiderSubnet): RangeSet => readable(() => totalOf(spec));

function readable(read: () => RangeSet): RangeSet {
  try {
    return read();
  } catch {
    return EMPTY;
  }
}
