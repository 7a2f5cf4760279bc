/**
 * What is wrong with objects that people write: subnets, manual pools, reserved addresses, and pools that have the same addresses.
 * @module
 */

import { formatRanges, intersect, type RangeSet } from "../address/range-set.ts";
import { adoptionOf } from "../api/adoption.ts";
import { familyOfPool, isAutoPool, rangesOf, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import type { CheckView, Report } from "./finding.ts";
import { overlapsOf } from "./overlaps.ts";
import { poolPlace, reservedPlace, subnetPlace } from "./places.ts";
import type { Snapshot } from "./snapshot.ts";
import { Verdicts } from "./verdicts.ts";

/** Looks through subnets, manual pools and reserved addresses. */
export function checkManualObjects(snapshot: Snapshot, view: CheckView, report: Report): void {
  const verdicts = new Verdicts(snapshot, view);
  for (const subnet of snapshot.subnets.values()) {
    const { name } = subnet.metadata;
    const verdict = verdicts.ofSubnet(subnet);
    const about = { subject: `SpiderSubnet ${name}`, subnet: name, places: [subnetPlace(name)] };
    if (verdict) report({ ...about, name: "subnet-refused", text: verdict.message });
  }
  for (const name of snapshot.reserved.names()) {
    const verdict = verdicts.ofReserved(name);
    const about = { subject: `SpiderReservedIP ${name}`, places: [reservedPlace(name)] };
    if (verdict) report({ ...about, name: "reservation-refused", text: verdict.message });
  }
  const overlapping = checkOverlaps(snapshot, report);
  for (const pool of snapshot.pools.values()) {
    if (isAutoPool(pool) || pool.metadata.deletionTimestamp !== undefined) continue;
    checkManualPool(pool, verdicts, overlapping, report);
  }
}

function checkManualPool(
  pool: SpiderIPPool,
  verdicts: Verdicts,
  overlapping: ReadonlySet<string>,
  report: Report,
): void {
  const { name } = pool.metadata;
  const about = { subject: `SpiderIPPool ${name}`, pool: name, holds: "eventually" } as const;
  const verdict = verdicts.ofPool(pool);
  if (verdict && verdict.reason !== "ForeignOwner") {
    const isTold = verdict.reason === "Overlap" && overlapping.has(name);
    if (!isTold) report({ ...about, name: "pool-refused", text: verdict.message, places: [poolPlace(name)] });
    return;
  }
  const home = verdicts.homeOf(pool);
  if (!home) return;
  const subnet = home.metadata.name;
  const places = [poolPlace(name), subnetPlace(subnet)];
  const { holdings } = verdicts;
  if (!holdings.isRecorded(pool, home)) {
    const text = `SpiderSubnet ${subnet} of its CIDR has not recorded all of its addresses`;
    report({ ...about, name: "record-missing", text, places, subnet });
  } else if (holdings.isReviewDue(pool, home)) {
    const text = `its record in SpiderSubnet ${subnet} is not what the pool has`;
    report({ ...about, name: "record-too-large", text, places, subnet });
  } else if (!verdict && adoptionOf(pool, home)) {
    const text = `owner reference or label do not name SpiderSubnet ${subnet} of UID ${home.metadata.uid}`;
    report({ ...about, name: "pool-owner-wrong", text, places, subnet });
  }
}

/** Finds pools with the same addresses; returns their names. */
function checkOverlaps(snapshot: Snapshot, report: Report): Set<string> {
  const names = new Set<string>();
  for (const family of [4, 6] as const) {
    const sets = [...snapshot.pools.values()].flatMap((pool) => {
      const ranges = familyOfPool(pool) === family ? totalIn(pool) : [];
      return ranges.length === 0 ? [] : [{ pool, ranges }];
    });
    for (const [a, b] of overlapsOf(sets)) {
      // In an order of their own, so that another look finds the same.
      const [x = "", y = ""] = [a.pool.metadata.name, b.pool.metadata.name].sort();
      const both = formatRanges(intersect(a.ranges, b.ranges), family).join(", ");
      const places = [poolPlace(x), poolPlace(y)];
      const text = `both have ${both}`;
      report({ name: "address-in-two-pools", subject: `SpiderIPPools ${x} and ${y}`, text, places, pool: x });
      for (const name of [x, y]) names.add(name);
    }
  }
  return names;
}

function totalIn(pool: SpiderIPPool): RangeSet {
  try {
    return isAutoPool(pool) ? rangesOf(pool, familyOfPool(pool) ?? 4) : totalOf(pool.spec);
  } catch {
    return [];
  }
}
