/**
 * The addresses that an endpoint says its pod has, and from which pools.
 * @module
 */

import { familyOf, parseAddress } from "../address/address.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";

/** One address of one pool. */
export interface PooledAddress {
  readonly pool: string;
  readonly address: bigint;
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
