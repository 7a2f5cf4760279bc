/**
 * The end of a manual pool whose subnet is being deleted: it goes along, as its owner reference says (spec §6.5).
 *
 * The API server's garbage collector would do it when the subnet is gone; but the subnet waits for its pools. Automatic pools are
 * left to their machines. A pool that pods use stays until they have ended.
 * @module
 */

import { isControlledBy } from "../api/adoption.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import { spiderIPPools } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { type Cluster, hasCode } from "../cluster/cluster.ts";

/** The finalizer by which `kubectl delete --cascade=orphan` asks to leave dependents where they are. */
const ORPHAN = "orphan";

/** Tells whether a subnet takes a pool along now. */
export function goesAlong(pool: SpiderIPPool, subnet: SpiderSubnet): boolean {
  const { deletionTimestamp, finalizers = [] } = subnet.metadata;
  const isLeaving = deletionTimestamp !== undefined && !finalizers.includes(ORPHAN);
  const isGoing = pool.metadata.deletionTimestamp !== undefined;
  return isLeaving && !isGoing && !isAutoPool(pool) && isControlledBy(pool, subnet);
}

/** Deletes a pool as it was looked at; where it is another one meanwhile, it is looked at again. */
export async function takeAlong(cluster: Cluster, pool: SpiderIPPool): Promise<void> {
  const { name, uid, resourceVersion } = pool.metadata;
  const preconditions = {
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  try {
    await cluster.delete(spiderIPPools, { name }, { preconditions });
  } catch (error) {
    if (!hasCode(error, 404)) throw error;
  }
}
