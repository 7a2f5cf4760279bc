/**
 * SpiderReservedIP: addresses that nobody may be given from now on (spec §1.4).
 * @module
 */

import { type Family, familyOf } from "../address/address.ts";
import { EMPTY, parseRanges, type RangeSet } from "../address/range-set.ts";
import type { KubeObject } from "../cluster/cluster.ts";

export interface SpiderReservedIPSpec {
  ipVersion?: Family;
  ips?: string[];
}

export interface SpiderReservedIP extends KubeObject {
  spec: SpiderReservedIPSpec;
}

/**
 * Returns the addresses of one family that an object reserves; none while it is being deleted (spec §1.4).
 * @throws {SyntaxError} If a range is malformed.
 */
export function reservedOf(reserved: SpiderReservedIP, family: Family): RangeSet {
  const { ipVersion, ips } = reserved.spec;
  const first = ips?.[0];
  if (reserved.metadata.deletionTimestamp !== undefined || first === undefined) return EMPTY;
  return (ipVersion ?? familyOf(first)) === family ? parseRanges(ips, family) : EMPTY;
}
