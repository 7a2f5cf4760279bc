/**
 * Where an address stands: in which subnets, records, pools, endpoints and pods of a snapshot.
 *
 * Only looks things up; what they mean together says `address-answer.ts`. Pure.
 * @module
 */

import { familyOf, formatAddress } from "../address/address.ts";
import { parseCidr } from "../address/cidr.ts";
import { contains, countOf, parseRanges, type RangeSet } from "../address/range-set.ts";
import { type Allocation, parseAllocatedIPs } from "../api/allocated-ips.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import { type SpiderIPPool, totalOf } from "../api/ippool.ts";
import type { Pod } from "../api/pod.ts";
import { reservedOf } from "../api/reserved-ip.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { addressOf } from "../ipam/endpoint-addresses.ts";
import type { AnyAddress } from "./address-spelling.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * How an object has an address: it gives it out, it leaves it out on purpose, it names it as the gateway, or only its CIDR has it.
 */
export type Standing = "offered" | "excluded" | "gateway" | "in-cidr";

/** An object that has the address in one way or another. */
export interface Placed<T> {
  readonly object: T;
  readonly standing: Standing;
  /** Addresses that it gives out. */
  readonly total: bigint;
}

/** A NIC to which an endpoint gives the address. */
export interface EndpointNic {
  readonly endpoint: SpiderEndpoint;
  /** "" where its name is not known yet. */
  readonly nic: string;
  readonly pool: string;
}

/** Tells how a subnet or pool has an address; `undefined` where not at all, or where it cannot be read. */
export function placeOf<T extends SpiderSubnet | SpiderIPPool>(
  object: T,
  { family, value }: AnyAddress,
): Placed<T> | undefined {
  const { spec } = object;
  if (familyOf(spec.subnet ?? "") !== family) return undefined;
  const total = readable(() => totalOf(spec)) ?? [];
  const placed = (standing: Standing): Placed<T> => ({ object, standing, total: countOf(total) });
  if (contains(total, value)) return placed("offered");
  if (addressOf(spec.gateway) === value) return placed("gateway");
  if (contains(readable(() => parseRanges(spec.excludeIPs, family)) ?? [], value)) return placed("excluded");
  const cidr = readable(() => [parseCidr(spec.subnet).range]) ?? [];
  return contains(cidr, value) ? placed("in-cidr") : undefined;
}

/** Who holds an address by a pool's records; what cannot be read holds nothing. */
export function allocationIn(pool: SpiderIPPool, { family, value }: AnyAddress): Allocation | undefined {
  const text = pool.status?.allocatedIPs;
  if (!text) return undefined;
  const isNear = placeOf(pool, { family, value }) !== undefined;
  // Of the thousands of other pools only one that names it need be read.
  if (!isNear && !text.includes(`"${formatAddress(value, family)}"`)) return undefined;
  try {
    for (const [key, allocation] of parseAllocatedIPs(text)) {
      if (familyOf(key) === family && addressOf(key) === value) return allocation;
    }
  } catch {
    return undefined; // "autopool check" names it
  }
  return undefined;
}

/** Records of ledgers with the address. */
export function recordsWith(
  snapshot: Snapshot,
  { family, value }: AnyAddress,
): { subnet: string; pool: string; application: string | undefined }[] {
  return [...snapshot.subnets.names()].flatMap((subnet) => {
    const book = snapshot.subnets.book(subnet);
    if (!book || book.family !== family) return [];
    return [...book.entries].flatMap(([pool, { ranges, application }]) =>
      contains(ranges, value) ? [{ subnet, pool, application }] : [],
    );
  });
}

/** Reserving objects with the address. */
export function reservationsWith(snapshot: Snapshot, { family, value }: AnyAddress): string[] {
  return [...snapshot.reserved.names()].filter((name) => {
    const object = snapshot.reserved.get(name);
    return object !== undefined && contains(readable(() => reservedOf(object, family)) ?? [], value);
  });
}

/** NICs to which endpoints give the address. */
export function endpointsWith(snapshot: Snapshot, { family, value }: AnyAddress): EndpointNic[] {
  const found: EndpointNic[] = [];
  for (const endpoint of snapshot.endpoints.values()) {
    for (const item of endpoint.status?.current?.ips ?? []) {
      const [text, pool] = family === 4 ? [item.ipv4, item.ipv4Pool] : [item.ipv6, item.ipv6Pool];
      if (text && familyOf(text) === family && addressOf(text) === value) {
        found.push({ endpoint, nic: item.interface, pool: pool ?? "" });
      }
    }
  }
  return found;
}

/** Pods that say they have the address; those on the host's network have their node's. */
export function podsWith(snapshot: Snapshot, address: AnyAddress): Pod[] {
  return [...snapshot.pods.values()].filter((pod) => hasAddress(pod, address));
}

/** Tells whether a pod says that it has an address. */
export function hasAddress({ status }: Pod, { family, value }: AnyAddress): boolean {
  const texts = [...(status?.podIPs ?? []).map(({ ip }) => ip), ...(status?.podIP ? [status.podIP] : [])];
  return texts.some((ip) => familyOf(ip) === family && addressOf(ip) === value);
}

function readable(read: () => RangeSet): RangeSet | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
