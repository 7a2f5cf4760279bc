/**
 * All records of use together: which pool has recorded which address for whom, and which endpoint lists it. Pure.
 * @module
 */

import { familyOf } from "../address/address.ts";
import { parseAllocatedIPs } from "../api/allocated-ips.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { addressOf } from "../ipam/endpoint-addresses.ts";
import type { Snapshot } from "./snapshot.ts";

/** One record of a pool. */
export interface Recorded {
  readonly pool: SpiderIPPool;
  readonly family: 4 | 6;
  readonly address: bigint;
  /** `namespace/name`. */
  readonly pod: string;
  readonly podUid: string;
}

/** One address of an endpoint. */
export interface Listed {
  readonly endpoint: SpiderEndpoint;
  readonly family: 4 | 6;
  readonly address: bigint;
  /** Name of the pool that it is from. */
  readonly pool: string;
  readonly nic: string;
}

export class AllocationIndex {
  readonly records: Recorded[] = [];
  readonly listed: Listed[] = [];
  /** What stands in a pool's records and is no record, as `pool` → texts. */
  readonly strange = new Map<string, string[]>();
  readonly #records: Readonly<Record<4 | 6, Map<bigint, Recorded[]>>> = { 4: new Map(), 6: new Map() };
  readonly #listed: Readonly<Record<4 | 6, Map<bigint, Listed[]>>> = { 4: new Map(), 6: new Map() };

  constructor(snapshot: Snapshot) {
    for (const pool of snapshot.pools.values()) this.#takePool(pool);
    for (const endpoint of snapshot.endpoints.values()) this.#takeEndpoint(endpoint);
  }

  /** Records of an address, in any pool. */
  recordsOf(family: 4 | 6, address: bigint): readonly Recorded[] {
    return this.#records[family].get(address) ?? [];
  }

  /** Endpoints that list an address. */
  listedAt(family: 4 | 6, address: bigint): readonly Listed[] {
    return this.#listed[family].get(address) ?? [];
  }

  #takePool(pool: SpiderIPPool): void {
    for (const [text, { pod, podUid }] of recordsIn(pool)) {
      const address = addressOf(text);
      if (address === undefined || !/^[^/]+\/[^/]+$/.test(pod)) {
        const { name } = pool.metadata;
        this.strange.set(name, [...(this.strange.get(name) ?? []), `"${text}" of pod "${pod}"`]);
        continue;
      }
      const record = { pool, family: familyOf(text), address, pod, podUid };
      this.records.push(record);
      add(this.#records[record.family], address, record);
    }
  }

  #takeEndpoint(endpoint: SpiderEndpoint): void {
    for (const item of endpoint.status?.current?.ips ?? []) {
      for (const [text, pool] of [
        [item.ipv4, item.ipv4Pool],
        [item.ipv6, item.ipv6Pool],
      ]) {
        const address = addressOf(text);
        if (!text || address === undefined || !pool) continue;
        const listed = { endpoint, family: familyOf(text), address, pool, nic: item.interface };
        this.listed.push(listed);
        add(this.#listed[listed.family], address, listed);
      }
    }
  }
}

/** Tells whether an endpoint lists an address of a pool. */
export function lists(endpoint: SpiderEndpoint | undefined, { pool, address }: Recorded): boolean {
  return (endpoint?.status?.current?.ips ?? []).some(
    ({ ipv4, ipv4Pool, ipv6, ipv6Pool }) =>
      (ipv4Pool === pool.metadata.name && addressOf(ipv4) === address) ||
      (ipv6Pool === pool.metadata.name && addressOf(ipv6) === address),
  );
}

/** Returns the name that endpoints and records have in common. */
export function endpointKey(endpoint: SpiderEndpoint): string {
  return storeKey(endpoint.metadata);
}

/** Text that cannot be read at all is another finding. */
function recordsIn(pool: SpiderIPPool): ReturnType<typeof parseAllocatedIPs> {
  try {
    return parseAllocatedIPs(pool.status?.allocatedIPs);
  } catch {
    return new Map();
  }
}

function add<T>(map: Map<bigint, T[]>, key: bigint, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
