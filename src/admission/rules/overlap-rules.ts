/**
 * Whose CIDRs overlap: subnets with subnets, pools with pools of another CIDR, and both with each other.
 *
 * CIDRs never change, so this is asked when an object is made (and of an object that came in with no webhook running).
 * @module
 */

import type { Cidr } from "../../address/cidr.ts";
import type { Findings } from "./findings.ts";
import type { KnownPool, KnownSubnet, World } from "./world.ts";

const FIELD = "spec.subnet";

/** Checks a new subnet against all others, and against pools of another CIDR. */
export function checkSubnetOverlaps(name: string, cidr: Cidr, world: World, findings: Findings): void {
  const subnet = firstOverlap(cidr, world.subnets(), ({ name: other }) => other !== name);
  if (subnet) {
    const detail = `overlap with Subnet ${subnet.name} which 'spec.subnet' is ${subnet.cidr.canonical}; use that one, or a CIDR beside it`;
    findings.refuse("subnet-overlap", FIELD, cidr.canonical, detail);
    return;
  }
  const pool = firstOverlap(cidr, poolsBeside(cidr, world), isOfAnotherCidr(cidr));
  if (pool) {
    const detail = `overlap with SpiderIPPool '${pool.name}' resource 'spec.subnet' ${pool.cidr.canonical}; use the same CIDR as the pool, or one beside it`;
    findings.refuse("subnet-pool-overlap", FIELD, cidr.canonical, detail);
  }
}

/**
 * Checks a new pool against pools and subnets of another CIDR. The reference does not look at subnets here, though it does when the
 * subnet comes second: the subnet could then give an address of the pool to another one.
 */
export function checkPoolOverlaps(name: string, cidr: Cidr, world: World, findings: Findings): void {
  const differs = isOfAnotherCidr(cidr);
  const pool = firstOverlap(cidr, poolsBeside(cidr, world), (other) => other.name !== name && differs(other));
  if (pool) {
    const detail = `overlap with IPPool ${pool.name} which 'spec.subnet' is ${pool.cidr.canonical}; use the same CIDR, or one beside it`;
    findings.refuse("pool-cidr-overlap", FIELD, cidr.canonical, detail);
    return;
  }
  const subnet = world.enableSubnet ? firstOverlap(cidr, world.subnets(), differs) : undefined;
  if (subnet) {
    const detail = `overlap with Subnet ${subnet.name} which 'spec.subnet' is ${subnet.cidr.canonical}; a pool of its addresses has the same 'spec.subnet'`;
    findings.refuse("pool-subnet-overlap", FIELD, cidr.canonical, detail);
  }
}

function poolsBeside(cidr: Cidr, world: World): Iterable<KnownPool> {
  return world.poolsBeside?.(cidr) ?? world.pools();
}

function isOfAnotherCidr({ canonical }: Cidr): (other: KnownPool | KnownSubnet) => boolean {
  return ({ cidr }) => cidr.canonical !== canonical;
}

function firstOverlap<K extends KnownPool | KnownSubnet>(
  { family, range }: Cidr,
  others: Iterable<K>,
  counts: (other: K) => boolean,
): K | undefined {
  for (const other of others) {
    const { cidr } = other;
    const isApart = cidr.family !== family || cidr.range.last < range.first || range.last < cidr.range.first;
    if (!isApart && counts(other)) return other;
  }
  return undefined;
}
