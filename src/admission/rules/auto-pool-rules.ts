/**
 * The addresses of an automatic pool: autopool's business alone (spec §7.2.5; DESIGN §3: pool ⊆ record).
 *
 * Only people and other programs are judged here: the requests of autopool's own service accounts do not come by.
 * @module
 */

import type { Family } from "../../address/address.ts";
import { equals, includes, parseRanges, type RangeSet, subtract } from "../../address/range-set.ts";
import type { SpiderIPPool } from "../../api/ippool.ts";
import { LABEL } from "../../api/names.ts";
import type { Findings } from "./findings.ts";
import { jointly, rangeList } from "./range-list.ts";
import type { KnownSubnet } from "./world.ts";

const WAY_OUT = `to have another number of addresses change the application's annotation; to make the pool your own, delete spec.podAffinity and the label ${LABEL.applicationName}`;

/** Checks that an update leaves the addresses of an automatic pool alone; another spelling of the same ones is none. */
export function checkAutoPoolUnchanged(
  object: SpiderIPPool,
  old: SpiderIPPool,
  family: Family,
  findings: Findings,
): void {
  const detail = `it's illegal to update the IP addresses of an auto-created SpiderIPPool: autopool gives and takes them; ${WAY_OUT}`;
  if (!areSame(object.spec.ips, old.spec.ips, family)) {
    findings.refuse("auto-pool-ips", "spec.ips", object.spec.ips, detail);
  }
  if (!areSame(object.spec.excludeIPs, old.spec.excludeIPs, family)) {
    findings.refuse("auto-pool-exclude-ips", "spec.excludeIPs", object.spec.excludeIPs, detail);
  }
}

/** Checks that an automatic pool has nothing that its subnet has not recorded for it. */
export function checkAutoPoolRecord(
  pool: SpiderIPPool,
  total: RangeSet,
  subnet: KnownSubnet,
  findings: Findings,
): void {
  const record = subnet.records.get(pool.metadata.name)?.ranges ?? [];
  if (includes(record, total)) return;
  const surplus = rangeList(subtract(total, record), subnet.family);
  const detail = `it's illegal to update AutoPool.Spec.IPs that are different from corresponding SpiderSubnet.Status.ControlledIPPools: ${surplus} are not in the record of SpiderSubnet ${subnet.name}, ${jointly("IPPool")}; ${WAY_OUT}`;
  findings.refuse("auto-pool-record", "spec.ips", pool.spec.ips, detail);
}

function areSame(a: readonly string[] | undefined, b: readonly string[] | undefined, family: Family): boolean {
  try {
    return equals(parseRanges(a, family), parseRanges(b, family));
  } catch {
    return JSON.stringify(a ?? []) === JSON.stringify(b ?? []);
  }
}
