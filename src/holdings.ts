/**
 * What manual pools have of their subnets, as the ledger has to know it, and whether it is recorded.
 * @module
 */

import type { LedgerWorld } from "./act/ledger.ts";
import { type Holding, planHoldings, type RecordChanges } from "./act/manual-records.ts";
import { EMPTY, includes, intersect, type RangeSet } from "./address/range-set.ts";
import { isControlledBy } from "./api/adoption.ts";
import { allocatedRanges } from "./api/allocated-ips.ts";
import { hasReached, onTheWayMs } from "./api/controlled-pools.ts";
import { type SpiderIPPool, totalOf } from "./api/ippool.ts";
import { familyOfSubnet, type SpiderSubnet } from "./api/subnet.ts";
import { type Clock, fromTimestamp } from "./clock.ts";

export interface HoldingsOptions extends Pick<LedgerWorld, "book"> {
  readonly clock: Clock;
  /** The subnet that gives a pool its record; `undefined` where there is none, or the pool is refused. */
  homeOf(pool: SpiderIPPool): SpiderSubnet | undefined;
}

export class Holdings {
  readonly #options: HoldingsOptions;

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  /** What a manual pool has of a subnet of its CIDR. */
  of(pool: SpiderIPPool, subnet: SpiderSubnet): Holding {
    const isLeaving = subnet.metadata.deletionTimestamp !== undefined;
    const isOwned = isControlledBy(pool, subnet);
    const isHome = (isLeaving && isOwned) || this.#options.homeOf(pool)?.metadata.name === subnet.metadata.name;
    return {
      pool: pool.metadata.name,
      total: readable(pool),
      mayGrow: isHome,
      isLeft: isLeaving && !isOwned,
      isArriving: this.arrivesInMs(pool, subnet) > 0,
      inUse: () => inUseOf(pool),
    };
  }

  /** Whether the ledger would change if it looked at this pool alone. */
  isReviewDue(pool: SpiderIPPool, subnet: SpiderSubnet): boolean {
    const [book, total] = [this.#options.book(subnet.metadata.name), readable(subnet)];
    if (!book || !total) return false;
    const changes: RecordChanges = new Map();
    planHoldings({ book, family: book.family, total }, [this.of(pool, subnet)], changes);
    return changes.size > 0;
  }

  /** Whether everything is recorded that a pool has of its subnet. */
  isRecorded(pool: SpiderIPPool, subnet: SpiderSubnet): boolean {
    const [total, all] = [readable(pool), readable(subnet)];
    return total !== undefined && all !== undefined && includes(this.#record(pool, subnet), intersect(total, all));
  }

  /** Whether a pool has less than what is recorded for it, because pods use the rest. */
  isOversized(pool: SpiderIPPool, subnet: SpiderSubnet): boolean {
    const total = readable(pool);
    return total !== undefined && !includes(total, this.#record(pool, subnet));
  }

  /** For how much longer a change of the pool that was let in may be on its way; 0 where none is. */
  arrivesInMs({ metadata }: SpiderIPPool, subnet: SpiderSubnet): number {
    const admitted = this.#options.book(subnet.metadata.name)?.entries.get(metadata.name)?.admitted;
    if (!admitted || (admitted.version !== undefined && hasReached(metadata, admitted.version))) return 0;
    return onTheWayMs(fromTimestamp(admitted.at), this.#options.clock.now());
  }

  #record({ metadata }: SpiderIPPool, subnet: SpiderSubnet): RangeSet {
    return this.#options.book(subnet.metadata.name)?.entries.get(metadata.name)?.ranges ?? EMPTY;
  }
}

/** Parsed once per state of an object. */
const totals = new WeakMap<object, RangeSet | "unreadable">();

function readable({ spec }: SpiderIPPool | SpiderSubnet): RangeSet | undefined {
  let total = totals.get(spec);
  if (total === undefined) {
    total = read(() => totalOf(spec)) ?? "unreadable";
    totals.set(spec, total);
  }
  return total === "unreadable" ? undefined : total;
}

function inUseOf({ spec, status }: SpiderIPPool): RangeSet | undefined {
  return read(() => allocatedRanges(status?.allocatedIPs, familyOfSubnet(spec)));
}

function read(parse: () => RangeSet): RangeSet | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
