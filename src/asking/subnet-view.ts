/**
 * Subnets as their ledgers see them: what is free, what hinders them, and who holds what could be freed. Pure.
 * @module
 */

import type { LedgerSituation } from "../act/ledger-plan.ts";
import { type SituationWorld, situationOf } from "../act/ledger-situation.ts";
import type { Notice } from "../act/notices.ts";
import { countOf, EMPTY, intersect, type RangeSet, subtract, union } from "../address/range-set.ts";
import { allocatedRanges } from "../api/allocated-ips.ts";
import type { Book } from "../api/book.ts";
import { familyOfPool, isAutoPool, rangesOf, type SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { reservedOf } from "../api/reserved-ip.ts";
import { applicationOf } from "../observe/pool-owner.ts";
import { isNativeKind } from "../observe/workload.ts";
import { applicationLabel } from "./naming.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Verdicts } from "./verdicts.ts";

/** A pool of a subnet that has addresses which no pod uses. */
export interface SpareHolder {
  readonly pool: string;
  /** Absent for manual pools. */
  readonly application?: string;
  readonly state?: string;
  readonly size: bigint;
  readonly inUse: bigint;
  /** `size` without what is in use. */
  readonly spare: bigint;
  /** How the addresses could be had. */
  readonly how: string;
}

/** How a subnet's addresses are spread. */
export interface SubnetSums {
  readonly total: bigint;
  readonly recorded: bigint;
  /** Reserved and in no record. */
  readonly reserved: bigint;
  /** In pools without a record. */
  readonly unrecorded: bigint;
  readonly free: bigint;
  /** Names of SpiderReservedIPs that reserve some of it. */
  readonly reservedBy: readonly string[];
}

export class SubnetView {
  readonly #snapshot: Snapshot;
  readonly #verdicts: Verdicts;
  readonly #books: ReadonlyMap<string, Book>;
  readonly #world: SituationWorld;

  /** @param books ledgers as they would be, by subnet, in place of those that were read */
  constructor(snapshot: Snapshot, verdicts: Verdicts, books: ReadonlyMap<string, Book> = new Map()) {
    this.#snapshot = snapshot;
    this.#verdicts = verdicts;
    this.#books = books;
    this.#world = {
      subnet: (name) => snapshot.subnets.get(name),
      book: (name) => this.#books.get(name) ?? snapshot.subnets.book(name),
      poolsOfCidr: (cidr) => snapshot.pools.ofCidr(cidr),
      reserved: (family) => snapshot.reserved.of(family),
      subnetRefusal: (name) => {
        const subnet = snapshot.subnets.get(name);
        return subnet && this.#verdicts.ofSubnet(subnet)?.message;
      },
    };
  }

  /** What a plan of the ledger starts from, and why the subnet gives out nothing, if so. */
  situation(name: string): { situation: LedgerSituation | undefined; refusal: Notice | undefined } {
    return situationOf(name, this.#world);
  }

  book(name: string): Book | undefined {
    return this.#world.book(name);
  }

  sums(name: string): SubnetSums | undefined {
    const { situation } = this.situation(name);
    if (!situation) return undefined;
    const { total, book, reserved, held, family } = situation;
    const recorded = union(...[...book.entries.values()].map(({ ranges }) => ranges));
    const left = subtract(total, recorded);
    const closed = intersect(left, reserved);
    const stray = subtract(intersect(left, held), closed);
    return {
      total: countOf(total),
      recorded: book.count,
      reserved: countOf(closed),
      unrecorded: countOf(stray),
      free: countOf(subtract(left, union(reserved, held))),
      reservedBy: [...this.#snapshot.reserved.names()].filter((one) => {
        const object = this.#snapshot.reserved.get(one);
        return object && intersect(reservedIn(object, family), total).length > 0;
      }),
    };
  }

  /** Who holds addresses of a subnet that no pod uses, most first. */
  spares(name: string, except?: string): SpareHolder[] {
    const subnet = this.#snapshot.subnets.get(name);
    const pools = subnet ? [...this.#snapshot.pools.ofCidr(subnet.spec.subnet)] : [];
    return pools
      .filter((pool) => pool.metadata.name !== except)
      .map((pool) => this.#holder(pool))
      .filter(({ spare }) => spare > 0n)
      .sort((a, b) => (a.spare === b.spare ? a.pool.localeCompare(b.pool) : a.spare < b.spare ? 1 : -1));
  }

  #holder(pool: SpiderIPPool): SpareHolder {
    const { name, labels } = pool.metadata;
    const family = familyOfPool(pool) ?? 4;
    const [ranges, used] = [rangesOf(pool, family), usedRanges(pool, family)];
    const [size, inUse] = [countOf(ranges), countOf(intersect(ranges, used))];
    const owner = applicationOf(pool, this.#snapshot.recordedFor(labels?.[LABEL.ownerSubnet] ?? "", name));
    const isNative = owner !== undefined && isNativeKind(owner.apiVersion, owner.kind);
    return {
      pool: name,
      ...(owner && { application: applicationLabel(owner) }),
      ...(pool.status?.state && { state: pool.status.state }),
      size,
      inUse,
      spare: size - inUse,
      how: howToFree(pool, isNative, inUse),
    };
  }
}

function howToFree(pool: SpiderIPPool, isNative: boolean, inUse: bigint): string {
  const { name, deletionTimestamp } = pool.metadata;
  if (deletionTimestamp !== undefined) return "being deleted; comes back when its last pod has ended";
  if (!isAutoPool(pool)) return `take addresses out of spec.ips of ${name}`;
  const isOrphaned = pool.status?.state === "orphaned";
  if (isOrphaned)
    return inUse > 0n
      ? `its application is gone; delete sp ${name} when its pods have ended`
      : `its application is gone; kubectl delete sp ${name}`;
  if (isNative) return "set a smaller ippool-ip-number, or fewer replicas";
  return "never scaled; delete it when no pod uses it, with a smaller ippool-ip-number";
}

/** Addresses in use; all of the pool's where that cannot be read. */
export function usedRanges(pool: SpiderIPPool, family: 4 | 6): RangeSet {
  try {
    return allocatedRanges(pool.status?.allocatedIPs, family);
  } catch {
    return rangesOf(pool, family);
  }
}

function reservedIn(object: Parameters<typeof reservedOf>[0], family: 4 | 6): RangeSet {
  try {
    return reservedOf(object, family);
  } catch {
    return EMPTY;
  }
}
