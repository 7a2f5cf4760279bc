/**
 * Which of the addresses that are recorded for a pool it has: pure choices on address sets.
 * @module
 */

import { countOf, intersect, type RangeSet, subtract, takeLowest, union } from "../address/range-set.ts";
import { applicationOfPool, groupOf } from "../api/application.ts";
import type { AutoPoolOwner } from "../api/auto-pool.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";

/**
 * Returns `size` addresses of a record: those in use, then those that the pool has, then others, the lowest of each, so that
 * pools stay compact.
 */
export function choose(recorded: RangeSet, inUse: RangeSet, held: RangeSet, size: number): RangeSet {
  const own = subtract(intersect(held, recorded), inUse);
  const kept = union(inUse, takeLowest(own, BigInt(size) - countOf(inUse)));
  return union(kept, takeLowest(subtract(recorded, kept), BigInt(size) - countOf(kept)));
}

/** Tells whether a pool was made for this application, interface and family. */
export function isFor(pool: SpiderIPPool, owner: AutoPoolOwner): boolean {
  const application = applicationOfPool(pool);
  const labels = pool.metadata.labels ?? {};
  return (
    application !== undefined &&
    groupOf(application.apiVersion) === groupOf(owner.application.apiVersion) &&
    application.kind === owner.application.kind &&
    application.namespace === owner.application.namespace &&
    application.name === owner.application.name &&
    labels[LABEL.interface] === owner.interface &&
    labels[LABEL.ipVersion] === `IPv${owner.family}`
  );
}
