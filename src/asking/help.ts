/**
 * What would take an obstacle away: for addresses that are missing, who could give some, and how many have to be added. Pure.
 * @module
 */

import type { Enquiry } from "./enquiry.ts";
import { once } from "./explanation.ts";
import { addressCount } from "./naming.ts";
import type { Obstacle } from "./obstacle.ts";
import type { SpareHolder } from "./subnet-view.ts";

/** Pools that are named as places to get addresses from. */
const namedMax = 3;

/** Returns who holds what could be freed for these obstacles, most first. */
export function sparesFor({ subnets }: Enquiry, obstacles: readonly Obstacle[]): SpareHolder[] {
  const short = obstacles.filter(({ missing }) => missing !== undefined);
  return short.flatMap(({ subnet, about }) => (subnet === undefined ? [] : subnets.spares(subnet, about)));
}

/** Returns what would help, most likely first. */
export function helpsFor(enquiry: Enquiry, obstacles: readonly Obstacle[]): string[] {
  return once(obstacles.flatMap((obstacle) => [...missingHelps(enquiry, obstacle), ...obstacle.helps]));
}

function missingHelps({ subnets }: Enquiry, { missing, subnet, about }: Obstacle): string[] {
  if (missing === undefined || subnet === undefined) return [];
  const all = subnets.spares(subnet, about);
  // What is given back at once comes first: pools that nobody wants any more.
  const orphans = all.filter(({ state, inUse }) => state === "orphaned" && inUse === 0n);
  const others = all.filter((spare) => !orphans.includes(spare));
  const sums = subnets.sums(subnet);
  return [
    ...orphans
      .slice(0, namedMax)
      .map(
        ({ pool, spare, application }) =>
          `kubectl delete sp ${pool}: ${application ?? "its application"} is gone, ${addressCount(spare)} come back`,
      ),
    `add at least ${addressCount(missing)} to spec.ips of SpiderSubnet ${subnet}`,
    ...others
      .slice(0, namedMax)
      .map(({ pool, spare, how }) => `take from pool ${pool}, which has ${spare} that no pod uses: ${how}`),
    ...(sums && sums.reserved > 0n
      ? [`SpiderReservedIP ${sums.reservedBy.join(", ")} reserves ${addressCount(sums.reserved)} of it`]
      : []),
    ...(sums && sums.unrecorded > 0n
      ? [`pools without a record have ${addressCount(sums.unrecorded)} of it; see autopool check`]
      : []),
  ];
}
