/**
 * A row of the list of subnets.
 *
 * The ledger itself is not read here: its text may be a megabyte, and the API server's own count is good enough for a bar. Pure.
 * @module
 */

import { countOf } from "../address/range-set.ts";
import { totalOf } from "../api/ippool.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";
import type { SubnetRow } from "./page-state.ts";

/** Returns the row of a subnet. */
export function subnetRow({ metadata, spec, status }: SpiderSubnet): SubnetRow {
  const base = { name: metadata.name, cidr: spec.subnet, given: String(status?.allocatedIPCount ?? 0) };
  try {
    return { ...base, family: familyOfSubnet(spec), total: String(countOf(totalOf(spec))) };
  } catch (error) {
    return { ...base, family: 4, total: "0", defect: (error as Error).message };
  }
}
