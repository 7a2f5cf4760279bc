/**
 * The world that rules see, as the watches have shown it, and the same world with some objects as they were just read.
 *
 * Each version of an object is read once. It is always a little behind: what follows from that is the business of `hold.ts`.
 * @module
 */

import { type Cidr, parseCidr } from "../address/cidr.ts";
import { EMPTY, type RangeSet } from "../address/range-set.ts";
import type { Book } from "../api/book.ts";
import { type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";
import { Nearby } from "./nearby.ts";
import { type KnownPool, type KnownRecord, type KnownSubnet, knownPool, type World } from "./rules/world.ts";

/** The caches, such as those of the `Observer`. */
export interface WorldCaches {
  readonly pools: {
    get(name: string): SpiderIPPool | undefined;
    values(): Iterable<SpiderIPPool>;
    /** Pools whose `spec.subnet` is this text. */
    ofCidr(cidr: string): Iterable<SpiderIPPool>;
    /** All texts of `spec.subnet` that pools have. */
    cidrs(): Iterable<string>;
  };
  readonly subnets: {
    get(name: string): SpiderSubnet | undefined;
    names(): Iterable<string>;
    book(name: string): Book | undefined;
  };
  /** UIDs of subnets and pools that were there. */
  readonly departed: { has(uid: string): boolean };
}

/** A subnet and its ledger, read. */
export interface LedgerState {
  readonly subnet: SpiderSubnet;
  readonly book: Book;
}

export class LiveWorld implements World {
  readonly families: World["families"];
  readonly enableSubnet: boolean;
  readonly validateDelete: boolean;
  readonly #caches: WorldCaches;
  /** By CIDR. */
  readonly #nearPools = new Map<string, Nearby<SpiderIPPool, SpiderIPPool>>();
  /** By name of the subnet. */
  readonly #nearRecords = new Map<string, Nearby<readonly [string, KnownRecord], KnownRecord>>();

  constructor(caches: WorldCaches, settings: Pick<World, "families" | "enableSubnet" | "validateDelete">) {
    this.#caches = caches;
    this.families = settings.families;
    this.enableSubnet = settings.enableSubnet;
    this.validateDelete = settings.validateDelete ?? false;
  }

  *pools(): Iterable<KnownPool> {
    for (const object of this.#caches.pools.values()) {
      const known = knownPool(object);
      if (known) yield known;
    }
  }

  *poolsOfCidr(cidr: string): Iterable<KnownPool> {
    for (const object of this.#caches.pools.ofCidr(cidr)) {
      const known = knownPool(object);
      if (known) yield known;
    }
  }

  *poolsNear(cidr: string, ranges: RangeSet): Iterable<KnownPool> {
    const { pools } = this.#caches;
    const isInUse = (text: string): boolean => !isEmpty(pools.ofCidr(text));
    const near = kept(
      this.#nearPools,
      cidr,
      isInUse,
      () => new Nearby(itself, (pool) => knownPool(pool)?.total ?? EMPTY),
    );
    for (const object of near.of(pools.ofCidr(cidr), ranges)) {
      const known = knownPool(object);
      if (known) yield known;
    }
  }

  recordsNear({ name, records }: KnownSubnet, ranges: RangeSet): Iterable<readonly [string, KnownRecord]> {
    const isInUse = (subnet: string): boolean => this.#caches.subnets.get(subnet) !== undefined;
    const near = kept(this.#nearRecords, name, isInUse, () => new Nearby(recordOf, (entry) => recordOf(entry).ranges));
    return near.of(records, ranges);
  }

  /** One pool tells of all of its CIDR. */
  *poolsBeside({ canonical, family, range }: Cidr): Iterable<KnownPool> {
    for (const text of this.#caches.pools.cidrs()) {
      if (text === canonical) continue;
      for (const pool of this.poolsOfCidr(text)) {
        const { cidr } = pool;
        if (cidr.family !== family || cidr.range.last < range.first || range.last < cidr.range.first) break;
        yield pool;
      }
    }
  }

  *subnets(): Iterable<KnownSubnet> {
    for (const name of this.#caches.subnets.names()) {
      const known = this.subnet(name);
      if (known) yield known;
    }
  }

  subnet(name: string): KnownSubnet | undefined {
    const state = this.ledger(name);
    return state && knownLedger(state);
  }

  /** The subnet of this CIDR, whose ledger has the records of its pools. */
  subnetOfCidr(cidr: string): KnownSubnet | undefined {
    for (const subnet of this.subnets()) if (subnet.cidr.canonical === cidr) return subnet;
    return undefined;
  }

  ledger(name: string): LedgerState | undefined {
    const [subnet, book] = [this.#caches.subnets.get(name), this.#caches.subnets.book(name)];
    return subnet && book && { subnet, book };
  }

  pool(name: string): SpiderIPPool | undefined {
    return this.#caches.pools.get(name);
  }

  /** Tells whether the subnet or pool of this UID was seen, and its end; `false` is no proof that it was not. */
  hasDeparted(uid: string): boolean {
    return this.#caches.departed.has(uid);
  }
}

const known = new WeakMap<Book, { readonly object: SpiderSubnet; readonly subnet: KnownSubnet | undefined }>();

/** Returns a subnet with what its ledger says; `undefined` where its addresses cannot be read. */
export function knownLedger({ subnet: object, book }: LedgerState): KnownSubnet | undefined {
  const before = known.get(book);
  if (before?.object === object) return before.subnet;
  const subnet = readSubnet(object, book);
  known.set(book, { object, subnet });
  return subnet;
}

/** Returns a world in which some objects are others than the caches say. */
export function overlaid(
  world: World,
  { pools = [], subnets = [] }: { readonly pools?: readonly KnownPool[]; readonly subnets?: readonly KnownSubnet[] },
): World {
  if (pools.length === 0 && subnets.length === 0) return world;
  const newPools = new Map(pools.map((pool) => [pool.name, pool]));
  const newSubnets = new Map(subnets.map((subnet) => [subnet.name, subnet]));
  return {
    families: world.families,
    enableSubnet: world.enableSubnet,
    ...(world.validateDelete !== undefined && { validateDelete: world.validateDelete }),
    pools: () => replaced(world.pools(), newPools),
    *poolsNear(cidr, ranges) {
      const old = world.poolsNear?.(cidr, ranges) ?? world.poolsOfCidr(cidr);
      for (const pool of replaced(old, newPools)) if (pool.object.spec.subnet === cidr) yield pool;
    },
    recordsNear: (subnet, ranges) => world.recordsNear?.(subnet, ranges) ?? subnet.records,
    poolsBeside: (cidr) => replaced(world.poolsBeside?.(cidr) ?? world.pools(), newPools),
    *poolsOfCidr(cidr) {
      for (const pool of replaced(world.poolsOfCidr(cidr), newPools)) if (pool.object.spec.subnet === cidr) yield pool;
    },
    subnets: () => replaced(world.subnets(), newSubnets),
    subnet: (name) => newSubnets.get(name) ?? world.subnet(name),
  };
}

function* replaced<K extends { readonly name: string }>(old: Iterable<K>, by: ReadonlyMap<string, K>): Iterable<K> {
  for (const object of old) if (!by.has(object.name)) yield object;
  yield* by.values();
}

const itself = <T>(value: T): T => value;

const recordOf = ([, record]: readonly [string, KnownRecord]): KnownRecord => record;

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false;
  return true;
}

/** Returns what is kept under a name, made where there is none; what nobody uses any more is dropped then. */
function kept<V>(map: Map<string, V>, name: string, isInUse: (name: string) => boolean, make: () => V): V {
  const before = map.get(name);
  if (before !== undefined) return before;
  for (const other of map.keys()) if (!isInUse(other)) map.delete(other);
  const made = make();
  map.set(name, made);
  return made;
}

function readSubnet(object: SpiderSubnet, book: Book): KnownSubnet | undefined {
  try {
    const { name } = object.metadata;
    const cidr = parseCidr(object.spec.subnet);
    const family = familyOfSubnet(object.spec);
    return { name, object, family, cidr, total: totalOf(object.spec), records: book.entries };
  } catch {
    return undefined;
  }
}
