/**
 * What a subnet says about itself and about its pools: its record of them, its sums, its finalizer. Pure.
 * @module
 */

import { countText, isSameCount } from "../address/int64.ts";
import { countOf, formatRanges, intersect, type RangeSet, subtract } from "../address/range-set.ts";
import type { Book } from "../api/book.ts";
import { onTheWayMs } from "../api/controlled-pools.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { FINALIZER, LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { fromTimestamp } from "../clock.ts";
import type { CheckView, Finding, Report } from "./finding.ts";
import { overlapsOf } from "./overlaps.ts";
import { poolPlace, subnetPlace } from "./places.ts";
import type { Snapshot } from "./snapshot.ts";

/** Looks through all subnets. */
export function checkLedgers(snapshot: Snapshot, view: CheckView, report: Report): void {
  for (const subnet of snapshot.subnets.values()) {
    const book = snapshot.subnets.book(subnet.metadata.name);
    if (!book) continue;
    checkSubnet(subnet, book, report);
    checkRecords(snapshot, subnet, book, view, report);
  }
}

function checkSubnet(subnet: SpiderSubnet, book: Book, report: Report): void {
  const { metadata, status } = subnet;
  const about = aboutSubnet(metadata.name);
  const total = totalIn(subnet);
  if (book.defects.length > 0) {
    report({ ...about, name: "ledger-unreadable", text: `its status.controlledIPPools: ${book.defects.join("; ")}` });
  }
  if (total && !isSameCount(status?.totalIPCount, countOf(total))) {
    const text = `totalIPCount is ${status?.totalIPCount ?? "absent"}, spec.ips without spec.excludeIPs has ${countText(countOf(total))}`;
    report({ ...about, name: "subnet-total-wrong", text });
  }
  if (book.defects.length === 0 && !isSameCount(status?.allocatedIPCount ?? 0, book.count)) {
    const text = `allocatedIPCount is ${status?.allocatedIPCount ?? "absent"}, the records have ${countText(book.count)}`;
    const essence = `off by ${BigInt(status?.allocatedIPCount ?? 0) - book.count}`;
    report({ ...about, name: "subnet-count-wrong", text, essence });
  }
  const isLeaving = metadata.deletionTimestamp !== undefined;
  if (total && !isLeaving && !metadata.finalizers?.includes(FINALIZER)) {
    report({ ...about, name: "subnet-finalizer-missing", text: `it lacks the finalizer ${FINALIZER}` });
  }
}

function checkRecords(snapshot: Snapshot, subnet: SpiderSubnet, book: Book, view: CheckView, report: Report): void {
  const { name: subnetName } = subnet.metadata;
  const [total, { family }] = [totalIn(subnet), book];
  for (const [name, { ranges, application, admitted }] of book.entries) {
    const about = aboutRecord(subnetName, name);
    const listed = formatRanges(ranges, family).join(", ") || "no address";
    if (!isBacked(snapshot.pools.get(name), subnet)) {
      const isOnItsWay = admitted !== undefined && onTheWayMs(fromTimestamp(admitted.at), view.now) > 0;
      const text = `SpiderSubnet ${subnetName} has recorded ${listed} for pool ${name}${application ? ` of ${application}` : ""}, which does not exist`;
      if (!isOnItsWay) report({ ...about, name: "record-without-pool", text });
    }
    const outside = total ? subtract(ranges, total) : [];
    if (outside.length > 0) {
      const text = `the record of pool ${name} has ${formatRanges(outside, family).join(", ")}, which SpiderSubnet ${subnetName} does not list`;
      report({ ...about, name: "record-outside-subnet", text });
    }
  }
  const records = [...book.entries].map(([name, { ranges }]) => ({ name, ranges }));
  for (const [a, b] of overlapsOf(records)) {
    const both = formatRanges(intersect(a.ranges, b.ranges), family).join(", ");
    const text = `SpiderSubnet ${subnetName} has recorded ${both} for both pools ${a.name} and ${b.name}`;
    const subject = `records ${a.name} and ${b.name}`;
    report({ ...aboutRecord(subnetName, a.name), subject, name: "records-overlap", text });
  }
}

/** A pool object stands behind the record. */
function isBacked(pool: SpiderIPPool | undefined, { metadata, spec }: SpiderSubnet): boolean {
  if (!pool) return false;
  return isAutoPool(pool)
    ? pool.metadata.labels?.[LABEL.ownerSubnet] === metadata.name
    : pool.spec.subnet === spec.subnet;
}

function totalIn({ spec }: SpiderSubnet): RangeSet | undefined {
  try {
    return totalOf(spec);
  } catch {
    return undefined;
  }
}

function aboutSubnet(name: string): Pick<Finding, "subject" | "subnet" | "places"> {
  return { subject: `SpiderSubnet ${name}`, subnet: name, places: [subnetPlace(name)] };
}

function aboutRecord(subnet: string, pool: string): Pick<Finding, "subject" | "subnet" | "pool" | "places"> {
  return { subject: `record ${pool}`, subnet, pool, places: [subnetPlace(subnet), poolPlace(pool)] };
}
