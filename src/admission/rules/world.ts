/**
 * What a rule may know beside the object that it judges: the other objects, read once.
 *
 * Objects that cannot be read are not in it: they have nothing that another one could collide with. Pure; where the objects come
 * from (watches, files) is not known here.
 * @module
 */

import type { Family } from "../../address/address.ts";
import { type Cidr, parseCidr } from "../../address/cidr.ts";
import type { RangeSet } from "../../address/range-set.ts";
import { readBook } from "../../api/book.ts";
import { type SpiderIPPool, totalOf } from "../../api/ippool.ts";
import { familyOfSubnet, type SpiderSubnet } from "../../api/subnet.ts";

/** A pool or subnet whose addresses could be read. */
export interface Known<T extends SpiderIPPool | SpiderSubnet> {
  readonly name: string;
  readonly object: T;
  readonly family: Family;
  readonly cidr: Cidr;
  /** `ips` without `excludeIPs`. */
  readonly total: RangeSet;
}

export type KnownPool = Known<SpiderIPPool>;

/** What a ledger says of one pool. */
export interface KnownRecord {
  readonly ranges: RangeSet;
  readonly application: string | undefined;
}

export interface KnownSubnet extends Known<SpiderSubnet> {
  /** Which pool has which addresses, out of `status.controlledIPPools`. */
  readonly records: ReadonlyMap<string, KnownRecord>;
}

export interface World {
  /** Families that are switched on. */
  readonly families: readonly Family[];
  /** Whether pools belong to subnets at all. */
  readonly enableSubnet: boolean;
  /** Whether an object with addresses in use may not be deleted; absent means that it may. */
  readonly validateDelete?: boolean;
  pools(): Iterable<KnownPool>;
  /** All pools of other CIDRs that may overlap with this one, others perhaps among them; absent: `pools` has to do. */
  poolsBeside?(cidr: Cidr): Iterable<KnownPool>;
  /** Those whose `spec.subnet` is this text. */
  poolsOfCidr(cidr: string): Iterable<KnownPool>;
  /** Those of a CIDR that have any of these addresses, others perhaps among them; absent: `poolsOfCidr` has to do. */
  poolsNear?(cidr: string, ranges: RangeSet): Iterable<KnownPool>;
  /** The records of a subnet likewise; absent: `records` has to do. */
  recordsNear?(subnet: KnownSubnet, ranges: RangeSet): Iterable<readonly [pool: string, record: KnownRecord]>;
  subnets(): Iterable<KnownSubnet>;
  subnet(name: string): KnownSubnet | undefined;
}

const pools = new WeakMap<SpiderIPPool, KnownPool | "unreadable">();
const subnets = new WeakMap<SpiderSubnet, KnownSubnet | "unreadable">();

/** Reads a pool; `undefined` where its addresses cannot be read. Each version is read once. */
export function knownPool(object: SpiderIPPool): KnownPool | undefined {
  return remembered(pools, object, () => read(object));
}

/** Reads a subnet likewise. */
export function knownSubnet(object: SpiderSubnet): KnownSubnet | undefined {
  return remembered(subnets, object, () => {
    const known = read(object);
    return { ...known, records: readBook(object.status?.controlledIPPools, known.family).entries };
  });
}

/** Makes a world of objects, such as those in files. */
export function worldOfObjects(
  settings: Pick<World, "families" | "enableSubnet" | "validateDelete">,
  objects: { readonly pools: Iterable<SpiderIPPool>; readonly subnets: Iterable<SpiderSubnet> },
): World {
  const allPools = [...objects.pools].flatMap((object) => knownPool(object) ?? []);
  const allSubnets = [...objects.subnets].flatMap((object) => knownSubnet(object) ?? []);
  return {
    ...settings,
    pools: () => allPools,
    poolsOfCidr: (cidr) => allPools.filter(({ object }) => object.spec.subnet === cidr),
    subnets: () => allSubnets,
    subnet: (name) => allSubnets.find((subnet) => subnet.name === name),
  };
}

function read<T extends SpiderIPPool | SpiderSubnet>(object: T): Known<T> {
  const family = familyOfSubnet(object.spec);
  const cidr = parseCidr(object.spec.subnet);
  if (cidr.family !== family) throw new SyntaxError(`Cannot read "${object.spec.subnet}" as IPv${family}`);
  return { name: object.metadata.name, object, family, cidr, total: totalOf(object.spec) };
}

function remembered<O extends object, K extends object>(
  memory: WeakMap<O, K | "unreadable">,
  object: O,
  make: () => K,
): K | undefined {
  let known = memory.get(object);
  if (known === undefined) {
    try {
      known = make();
    } catch {
      known = "unreadable";
    }
    memory.set(object, known);
  }
  return known === "unreadable" ? undefined : known;
}
