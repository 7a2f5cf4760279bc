/**
 * The world in which the operator judges an object that is there already: what was there before it, and nothing else.
 *
 * An object that came in with no webhook running is judged as if it were made now, by the same rules; so of two that collide the
 * later one is refused. Before age goes possession: what the ledger has recorded for a pool is the pool's, and a subnet that has
 * given addresses out goes before one that has not, lest anybody lose what pods may be using.
 * @module
 */

import type { Family } from "./address/address.ts";
import { type Cidr, parseCidr } from "./address/cidr.ts";
import { includes } from "./address/range-set.ts";
import { type KnownPool, type KnownSubnet, knownPool, type World } from "./admission/rules/world.ts";
import type { Book } from "./api/book.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "./api/ippool.ts";
import { familyOfSubnet, type SpiderSubnet } from "./api/subnet.ts";
import type { KubeObject } from "./cluster/cluster.ts";

/** What the caches hold. */
export interface DefendedCaches {
  readonly pools: {
    get(name: string): SpiderIPPool | undefined;
    cidrs(): Iterable<string>;
    ofCidr(cidr: string): Iterable<SpiderIPPool>;
    manualOfCidr(cidr: string): Iterable<SpiderIPPool>;
  };
  readonly subnets: {
    get(name: string): SpiderSubnet | undefined;
    values(): Iterable<SpiderSubnet>;
    ofCidr(cidr: string): SpiderSubnet[];
    book(name: string): Book | undefined;
  };
}

/** CIDRs by their text: there are as many as subnets, and they are compared again and again. */
const cidrs = new Map<string, Cidr | undefined>();
const cidrsMax = 50_000;

/** Tells whether two CIDRs have an address in common; false where one of them is none. */
export function areOverlapping(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [cidrOf(a), cidrOf(b)];
  return (
    x !== undefined &&
    y !== undefined &&
    x.family === y.family &&
    x.range.first <= y.range.last &&
    y.range.first <= x.range.last
  );
}

/** Tells which of two objects is older; UIDs settle it within one second, the same way every time. */
export function isOlder(a: KubeObject, b: KubeObject): boolean {
  const [x = "", y = ""] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return x === y ? (a.metadata.uid ?? "") < (b.metadata.uid ?? "") : x < y;
}

export class DefenceWorlds {
  readonly #caches: DefendedCaches;
  readonly #settings: Pick<World, "families" | "enableSubnet">;

  constructor(caches: DefendedCaches, families: readonly Family[]) {
    this.#caches = caches;
    this.#settings = { families, enableSubnet: true };
  }

  /**
   * What was there before a manual pool. Of the subnets of its CIDR one counts, whichever is older: its home; where it has none, what one
   * that is refused or on its way out has recorded for others.
   */
  beforePool(pool: SpiderIPPool, home: SpiderSubnet | undefined): World {
    const { subnet: cidr } = pool.spec;
    const isRecorded = this.isRecorded(pool);
    const comesBefore = (other: SpiderIPPool): boolean => {
      if (other.metadata.name === pool.metadata.name || isEnding(other)) return false;
      if (other.spec.subnet !== cidr) return isOlder(other, pool);
      return !isRecorded && (isAutoPool(other) || this.isRecorded(other) || isOlder(other, pool));
    };
    const binding = home ?? this.#caches.subnets.ofCidr(cidr)[0];
    const readable = (subnet: SpiderSubnet): KnownSubnet | undefined => {
      if (subnet !== binding)
        return subnet.spec.subnet !== cidr && isOlder(subnet, pool) ? this.#read(subnet) : undefined;
      const found = this.#read(subnet);
      return home || !found ? found : { ...found, total: [found.cidr.range] };
    };
    // Nobody can have what is recorded for it: its neighbours need not be looked at.
    return this.#world(cidr, comesBefore, readable, !isRecorded);
  }

  /** What was there before a subnet. */
  beforeSubnet(subnet: SpiderSubnet): World {
    const isInUse = this.#isInUse(subnet);
    const isSubnetBefore = (other: SpiderSubnet): boolean => {
      if (other.metadata.name === subnet.metadata.name) return false;
      const isOtherInUse = this.#isInUse(other);
      return isOtherInUse === isInUse ? isOlder(other, subnet) : isOtherInUse;
    };
    const readable = (other: SpiderSubnet): KnownSubnet | undefined =>
      isSubnetBefore(other) ? this.#read(other) : undefined;
    const isPoolBefore = (pool: SpiderIPPool): boolean =>
      isOlder(pool, subnet) && (!isInUse || isAutoPool(pool) || this.isRecorded(pool));
    return this.#world(subnet.spec.subnet, isPoolBefore, readable, true);
  }

  /** Whether all addresses of a pool are in a ledger's record of it. */
  isRecorded(pool: SpiderIPPool): boolean {
    const { name } = pool.metadata;
    return this.#caches.subnets.ofCidr(pool.spec.subnet).some((subnet) => {
      const record = this.#caches.subnets.book(subnet.metadata.name)?.entries.get(name)?.ranges;
      const total = record && knownPool(pool)?.total;
      return total !== undefined && total.length > 0 && includes(record ?? [], total);
    });
  }

  #read(subnet: SpiderSubnet): KnownSubnet | undefined {
    return readSubnet(subnet, this.#caches.subnets.book(subnet.metadata.name));
  }

  #isInUse({ metadata }: SpiderSubnet): boolean {
    return (this.#caches.subnets.book(metadata.name)?.entries.size ?? 0) > 0;
  }

  #world(
    cidr: string,
    isPoolBefore: (pool: SpiderIPPool) => boolean,
    knownSubnet: (subnet: SpiderSubnet) => KnownSubnet | undefined,
    hasNeighbours: boolean,
  ): World {
    const { pools, subnets } = this.#caches;
    const known = (pool: SpiderIPPool): KnownPool | [] => (isPoolBefore(pool) && knownPool(pool)) || [];
    const poolsOfCidr = (text: string): KnownPool[] =>
      text === cidr && !hasNeighbours ? [] : [...pools.ofCidr(text)].flatMap(known);
    return {
      ...this.#settings,
      *pools() {
        for (const text of pools.cidrs()) if (areOverlapping(text, cidr)) yield* poolsOfCidr(text);
      },
      poolsOfCidr,
      *subnets() {
        for (const subnet of subnets.values()) {
          const found = areOverlapping(subnet.spec.subnet, cidr) ? knownSubnet(subnet) : undefined;
          if (found) yield found;
        }
      },
      subnet(name) {
        const found = subnets.get(name);
        return found && knownSubnet(found);
      },
    };
  }
}

/** A pool that is being deleted and in no use is as good as gone; its record stands until it is. */
function isEnding({ metadata, status }: SpiderIPPool): boolean {
  return metadata.deletionTimestamp !== undefined && (status?.allocatedIPs ?? undefined) === undefined;
}

/** Takes the ledger from the cache, where it has been read already. */
function readSubnet(object: SpiderSubnet, book: Book | undefined): KnownSubnet | undefined {
  const cidr = cidrOf(object.spec.subnet);
  if (!cidr) return undefined;
  try {
    const { name } = object.metadata;
    const records = book?.entries ?? new Map();
    return { name, object, family: familyOfSubnet(object.spec), cidr, total: totalOf(object.spec), records };
  } catch {
    return undefined;
  }
}

function cidrOf(text: string): Cidr | undefined {
  if (!cidrs.has(text)) {
    if (cidrs.size >= cidrsMax) cidrs.clear();
    cidrs.set(text, readCidr(text));
  }
  return cidrs.get(text);
}

function readCidr(text: string): Cidr | undefined {
  try {
    return parseCidr(text);
  } catch {
    return undefined;
  }
}
