/**
 * Rows of the list of pools: of a machine with its pool object, and of a pool that a person made.
 *
 * Pure, and forgiving: what cannot be read is shown as it is written.
 * @module
 */

import type { Facts } from "../../machines/events.ts";
import { countOf } from "../address/range-set.ts";
import { ownerSubnetOf } from "../api/adoption.ts";
import { familyOfPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { partsOfKey } from "./life-key.ts";
import type { ComplaintRow, PoolRow } from "./page-state.ts";
import { standingOf } from "./standing.ts";

/** A machine as a trace shows it. */
export interface MachineKnown {
  readonly state: string;
  readonly facts: Facts;
  readonly since: number;
}

/** Key of the row of a pool that no machine speaks of. */
export const manualKey = (name: string): string => `pool/${name}`;

/** Returns the row of a machine. */
export function lifeRow(
  key: string,
  { state, facts, since }: MachineKnown,
  object: SpiderIPPool | undefined,
  complaint: ComplaintRow | undefined,
): PoolRow {
  const { namespace, kind, application, nic, family, subnet } = partsOfKey(key);
  const { pool, workload } = facts;
  const standing = standingOf(state, facts, complaint);
  const isThere = pool !== undefined && pool !== "gone";
  return {
    ...{ key, namespace, kind, application, nic, family, subnet, state, since },
    ...(object && { pool: object.metadata.name }),
    isPinned: state.endsWith(".pinned"),
    ...(workload !== undefined && workload !== "gone" && { desired: workload.desired }),
    size: isThere ? pool.size : 0,
    inUse: isThere ? pool.inUse : 0,
    ips: isThere ? (object?.spec.ips ?? []) : [],
    ...(standing && { standing }),
  };
}

/** Returns the row of a pool that a person made. */
export function manualRow(object: SpiderIPPool): PoolRow {
  const { metadata, spec, status } = object;
  return {
    ...{ key: manualKey(metadata.name), namespace: "", kind: "", application: "", nic: "", pool: metadata.name },
    family: familyOrFour(object),
    subnet: ownerSubnetOf(object) ?? "",
    state: "manual",
    isPinned: false,
    size: sizeOf(object),
    inUse: status?.allocatedIPCount ?? 0,
    ips: spec.ips ?? [],
    since: 0,
  };
}

/** Returns the family of a pool; 4 where nothing says which. */
export function familyOrFour(pool: SpiderIPPool): 4 | 6 {
  return familyOfPool(pool) ?? 4;
}

function sizeOf({ spec, status }: SpiderIPPool): number {
  try {
    return Number(countOf(totalOf(spec)));
  } catch {
    return status?.totalIPCount ?? 0;
  }
}
