/**
 * Which addresses a pool may have, and which it must keep (spec §7.2.3, §7.2.5, §7.3.2).
 *
 * An update is judged by what it adds and what it takes away. What was wrong before stays editable around it, and the operator tells
 * of it by other means.
 * @module
 */

import { parseAddress } from "../../address/address.ts";
import { contains, includes, intersect, overlaps, type RangeSet, subtract } from "../../address/range-set.ts";
import { type Allocation, parseAllocatedIPs } from "../../api/allocated-ips.ts";
import type { SpiderIPPool } from "../../api/ippool.ts";
import type { Addressing } from "./addressing.ts";
import type { Findings } from "./findings.ts";
import { jointly, rangeList } from "./range-list.ts";
import { type KnownSubnet, knownPool, type World } from "./world.ts";

const FIELD = "spec.ips";

/** Checks that no other pool of the CIDR has any of the addresses that this one gains. */
export function checkPoolOverlap(pool: SpiderIPPool, gained: RangeSet, world: World, findings: Findings): void {
  if (gained.length === 0) return;
  const { subnet } = pool.spec;
  for (const other of world.poolsNear?.(subnet, gained) ?? world.poolsOfCidr(subnet)) {
    if (other.name === pool.metadata.name || !overlaps(other.total, gained)) continue;
    const both = rangeList(intersect(other.total, gained), other.family);
    const detail = `overlap with IPPool ${other.name} in IP ranges ${both}, ${jointly("IPPool")}; take them out of one of the two`;
    findings.refuse("pool-overlap", FIELD, pool.spec.ips, detail);
    return;
  }
}

/** Checks that the pool's subnet has all addresses that the pool gains, and has not recorded them for another pool. */
export function checkPoolInSubnet(
  pool: SpiderIPPool,
  gained: RangeSet,
  subnet: KnownSubnet,
  world: World,
  findings: Findings,
): void {
  if (gained.length === 0) return;
  for (const [name, { ranges }] of world.recordsNear?.(subnet, gained) ?? subnet.records) {
    if (name === pool.metadata.name || !overlaps(ranges, gained)) continue;
    const both = rangeList(intersect(ranges, gained), subnet.family);
    const detail = `overlap with IPPool ${name} in IP ranges ${both}, which SpiderSubnet ${subnet.name} has recorded for it; take others`;
    findings.refuse("pool-record-overlap", FIELD, pool.spec.ips, detail);
    return;
  }
  if (includes(subnet.total, gained)) return;
  const outside = rangeList(subtract(gained, subnet.total), subnet.family);
  const detail = `add some IP ranges ${outside} that are not contained in controller Subnet ${subnet.name}, ${jointly("IPPool")}; add them to the Subnet first, or take others`;
  findings.refuse("pool-in-subnet", FIELD, pool.spec.ips, detail);
}

/** Checks that an update takes no address away that a pod uses. */
export function checkPoolInUse(
  pool: SpiderIPPool,
  old: SpiderIPPool,
  { family, total }: Addressing,
  findings: Findings,
): void {
  const lost = subtract(knownPool(old)?.total ?? [], total);
  if (family === undefined || lost.length === 0) return;
  let allocations: Map<string, Allocation>;
  try {
    allocations = parseAllocatedIPs(old.status?.allocatedIPs);
  } catch (error) {
    const detail = `remove IP addresses that may be in use: ${(error as Error).message}; repair the pool's status first`;
    findings.refuse("pool-in-use", FIELD, pool.spec.ips, detail);
    return;
  }
  for (const [address, { pod }] of allocations) {
    if (!isIn(lost, address, family)) continue;
    const detail = `remove an IP address ${address} that is being used by Pod ${pod}, ${jointly("IPPool")}; delete the Pod first`;
    findings.refuse("pool-in-use", FIELD, pool.spec.ips, detail);
    return;
  }
}

function isIn(set: RangeSet, address: string, family: 4 | 6): boolean {
  try {
    return contains(set, parseAddress(address, family));
  } catch {
    return false; // What is no address is none of the pool's.
  }
}
