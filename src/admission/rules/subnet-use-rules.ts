/**
 * Which addresses a subnet must have, because pools have them (spec §6.4.3, §6.4.4).
 * @module
 */

import { includes, intersect, overlaps, type RangeSet, subtract } from "../../address/range-set.ts";
import type { SpiderSubnet } from "../../api/subnet.ts";
import type { Addressing } from "./addressing.ts";
import type { Findings } from "./findings.ts";
import { jointly, rangeList } from "./range-list.ts";
import { knownSubnet, type World } from "./world.ts";

/** Checks that a new subnet has what the pools of its CIDR have. */
export function checkHasPools(
  subnet: SpiderSubnet,
  { family, total }: Addressing,
  world: World,
  findings: Findings,
): void {
  if (family === undefined) return;
  for (const pool of world.poolsOfCidr(subnet.spec.subnet)) {
    if (includes(total, pool.total)) continue;
    const missing = rangeList(subtract(pool.total, total), family);
    const detail = `SpiderIPPool '${pool.name}' owns some IP addresses that SpiderSubnet '${subnet.metadata.name}' can't control: add ${missing} to 'spec.ips', or take them out of the pool`;
    findings.refuse("subnet-has-pools", "spec.ips", subnet.spec.ips, detail);
    return;
  }
}

/**
 * Checks that an update takes no address away that a pool has: by the subnet's records, and by the pools themselves, which may not
 * have been recorded yet. What was missing before is not this update's fault.
 */
export function checkSubnetInUse(
  subnet: SpiderSubnet,
  old: SpiderSubnet,
  { family, total }: Addressing,
  world: World,
  findings: Findings,
): void {
  if (family === undefined) return;
  const before = knownSubnet(old);
  const lost = before && subtract(before.total, total);
  if (lost?.length === 0) return;
  for (const [pool, ranges] of holders(before?.records, subnet.spec.subnet, world)) {
    if (lost ? !overlaps(ranges, lost) : includes(total, ranges)) continue;
    const missing = rangeList(lost ? intersect(ranges, lost) : subtract(ranges, total), family);
    const detail = `remove some IP ranges ${missing} that is being used by IPPool ${pool}, ${jointly("Subnet")}; take them out of the pool first`;
    findings.refuse("subnet-in-use", "spec.ips", subnet.spec.ips, detail);
    return;
  }
}

function* holders(
  records: ReadonlyMap<string, { readonly ranges: RangeSet }> | undefined,
  cidr: string,
  world: World,
): Iterable<[pool: string, ranges: RangeSet]> {
  for (const [pool, { ranges }] of records ?? []) yield [pool, ranges];
  if (world.enableSubnet) for (const { name, total } of world.poolsOfCidr(cidr)) yield [name, total];
}
