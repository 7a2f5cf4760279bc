/**
 * Addresses and the pools that they are from: what an endpoint says its pod has, and what is to be given back where.
 * @module
 */

import { familyOf, formatAddress, parseAddress } from "../address/address.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { SpiderIPPool } from "../api/ippool.ts";

/** One address of one pool. */
export interface PooledAddress {
  readonly pool: string;
  readonly address: bigint;
}

/** Returns the addresses of each pool, in their order; a pool without any is not in it. */
export function byPool(addresses: Iterable<PooledAddress>): Map<string, bigint[]> {
  const groups = Map.groupBy(addresses, ({ pool }) => pool);
  return new Map([...groups].map(([pool, group]) => [pool, group.map(({ address }) => address)]));
}

/** Returns an endpoint's addresses, NIC by NIC; what is no address is left out, for no record can be meant by it. */
export function addressesOf(endpoint: SpiderEndpoint): PooledAddress[] {
  const found: PooledAddress[] = [];
  for (const { ipv4, ipv4Pool, ipv6, ipv6Pool } of endpoint.status?.current.ips ?? []) {
    for (const [text, pool] of [
      [ipv4, ipv4Pool],
      [ipv6, ipv6Pool],
    ]) {
      const address = addressOf(text);
      if (address !== undefined && pool) found.push({ pool, address });
    }
  }
  return found;
}

/** Formats an address of a pool; where the pool is not known any more, by what the number looks like. */
export function formatPooled(address: bigint, pool: SpiderIPPool | undefined): string {
  return formatAddress(address, pool?.spec.ipVersion ?? (address >> 32n === 0n ? 4 : 6));
}

/** Reads `address` or `address/prefix length`. */
export function addressOf(text: string | undefined): bigint | undefined {
  const bare = text?.split("/")[0];
  if (!bare) return undefined;
  try {
    return parseAddress(bare, familyOf(bare));
  } catch {
    return undefined;
  }
}
