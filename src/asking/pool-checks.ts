/**
 * What a pool says about itself and how it agrees with its record and its subnet. Pure.
 * @module
 */

import { countText, isSameCount } from "../address/int64.ts";
import { countOf, formatRanges, parseRanges, type RangeSet, subtract, union } from "../address/range-set.ts";
import { allocatedRanges, parseAllocatedIPs } from "../api/allocated-ips.ts";
import { applicationText } from "../api/application.ts";
import { correctionOf } from "../api/auto-pool.ts";
import type { Entry } from "../api/book.ts";
import { familyOfPool, isAutoPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { FINALIZER, LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { ownerOf } from "../observe/pool-owner.ts";
import type { Finding, Report } from "./finding.ts";
import { addressCount } from "./naming.ts";
import { poolPlace, subnetPlace } from "./places.ts";
import type { Snapshot } from "./snapshot.ts";

/** A pool that is looked at. */
interface Looked {
  readonly pool: SpiderIPPool;
  readonly family: 4 | 6;
  /** `spec.ips`. */
  readonly ranges: RangeSet;
  /** The subnet that its label names. */
  readonly subnet: SpiderSubnet | undefined;
  readonly record: Entry | undefined;
  readonly about: Pick<Finding, "subject" | "pool" | "places" | "subnet">;
}

/** Looks through all pools. */
export function checkPools(snapshot: Snapshot, report: Report): void {
  for (const pool of snapshot.pools.values()) {
    const looked = lookAt(snapshot, pool);
    if (!looked) continue;
    checkSums(looked, report);
    if (pool.metadata.deletionTimestamp === undefined && !pool.metadata.finalizers?.includes(FINALIZER)) {
      report({ ...looked.about, name: "pool-finalizer-missing", text: `it lacks the finalizer ${FINALIZER}` });
    }
    if (!isAutoPool(pool)) continue;
    checkRecord(looked, report);
    checkShape(snapshot, looked, report);
  }
}

/** Returns a pool with what it is compared with; `undefined` where it cannot be read, which is another finding. */
function lookAt(snapshot: Snapshot, pool: SpiderIPPool): Looked | undefined {
  const { name, labels } = pool.metadata;
  const subnetName = labels?.[LABEL.ownerSubnet];
  try {
    const family = familyOfPool(pool) ?? 4;
    return {
      pool,
      family,
      ranges: parseRanges(pool.spec.ips, family),
      subnet: subnetName === undefined ? undefined : snapshot.subnets.get(subnetName),
      record: subnetName === undefined ? undefined : snapshot.subnets.book(subnetName)?.entries.get(name),
      about: {
        subject: `SpiderIPPool ${name}`,
        pool: name,
        places: [poolPlace(name), ...(subnetName === undefined ? [] : [subnetPlace(subnetName)])],
        ...(subnetName !== undefined && { subnet: subnetName }),
      },
    };
  } catch {
    return undefined;
  }
}

function checkSums({ pool, about }: Looked, report: Report): void {
  const { totalIPCount, allocatedIPCount, allocatedIPs } = pool.status ?? {};
  const total = countOf(totalOf(pool.spec));
  if (!isSameCount(totalIPCount, total)) {
    const text = `totalIPCount is ${totalIPCount ?? "absent"}, spec.ips without spec.excludeIPs has ${countText(total)}`;
    report({ ...about, name: "pool-total-wrong", text });
  }
  try {
    const count = parseAllocatedIPs(allocatedIPs).size;
    if ((allocatedIPCount ?? 0) === count) return;
    const text = `allocatedIPCount is ${allocatedIPCount ?? "absent"}, status.allocatedIPs has ${count}`;
    report({ ...about, name: "pool-count-wrong", text, essence: `off by ${(allocatedIPCount ?? 0) - count}` });
  } catch (error) {
    report({ ...about, name: "allocations-unreadable", text: (error as Error).message });
  }
}

function checkRecord(looked: Looked, report: Report): void {
  const { pool, family, ranges, subnet, record, about } = looked;
  const subnetName = about.subnet ?? "";
  if (!subnet) {
    const text =
      about.subnet === undefined ? "no label names its SpiderSubnet" : `its SpiderSubnet ${subnetName} does not exist`;
    report({ ...about, name: "pool-subnet-missing", text });
    return;
  }
  const textOf = (set: RangeSet): string => formatRanges(set, family).join(", ");
  const outside = subtract(ranges, subnetTotal(subnet) ?? ranges);
  if (outside.length > 0) {
    const text = `it has ${textOf(outside)}, which SpiderSubnet ${subnetName} does not list`;
    report({ ...about, name: "pool-outside-subnet", text });
  }
  if (!record) {
    const text = `SpiderSubnet ${subnetName} has no record of it; it has ${addressCount(countOf(ranges))}`;
    if (ranges.length > 0) report({ ...about, name: "record-missing", text });
    return;
  }
  const unrecorded = subtract(ranges, record.ranges);
  if (unrecorded.length > 0) {
    const text = `its record in SpiderSubnet ${subnetName} lacks ${textOf(unrecorded)}`;
    report({ ...about, name: "record-too-small", text });
  }
  const surplus = subtract(record.ranges, union(ranges, inUseOf(pool, family)));
  if (surplus.length > 0) {
    const text = `its record in SpiderSubnet ${subnetName} has ${textOf(surplus)}, which the pool has not`;
    report({ ...about, name: "record-too-large", text });
  }
}

/** Compares what an automatic pool looks like with what it must look like for the application that owns it. */
function checkShape(snapshot: Snapshot, { pool, ranges, subnet, record, about }: Looked, report: Report): void {
  if (!subnet || pool.metadata.deletionTimestamp !== undefined) return;
  const owner = ownerOf(pool, snapshot.recordedFor(subnet.metadata.name, pool.metadata.name));
  if (!owner) {
    report({ ...about, name: "pool-labels-wrong", text: "its labels do not say which application it belongs to" });
    return;
  }
  const application = applicationText(owner.application);
  if (record?.application !== undefined && record.application !== application) {
    const text = `its record is for ${record.application}, its labels and podAffinity say ${application}`;
    report({ ...about, name: "record-of-another", text });
  }
  const patch = correctionOf(pool, owner, subnet, ranges) as Correction | undefined;
  const { labels, annotations, ownerReferences } = patch?.metadata ?? {};
  const differing = Object.entries({ ...labels, ...(owner.number === "" ? {} : annotations) });
  if (differing.length > 0) {
    const words = differing.map(([key, value]) => `${key} must be "${value}" and is ${actual(pool, key)}`);
    report({ ...about, name: "pool-labels-wrong", text: words.join("; ") });
  }
  if (ownerReferences) {
    const text = `its owner references do not name SpiderSubnet ${subnet.metadata.name} of UID ${subnet.metadata.uid}`;
    report({ ...about, name: "pool-owner-wrong", text });
  }
  if (patch?.spec?.podAffinity) {
    report({ ...about, name: "pool-affinity-wrong", text: `its podAffinity does not name ${application}` });
  }
}

/** The merge patch of `correctionOf`, as far as it is looked at. */
interface Correction {
  readonly metadata?: {
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly ownerReferences?: unknown;
  };
  readonly spec?: { readonly podAffinity?: unknown };
}

function actual({ metadata }: SpiderIPPool, key: string): string {
  const value = metadata.labels?.[key] ?? metadata.annotations?.[key];
  return value === undefined ? "absent" : `"${value}"`;
}

function subnetTotal({ spec }: SpiderSubnet): RangeSet | undefined {
  try {
    return totalOf(spec);
  } catch {
    return undefined;
  }
}

function inUseOf({ status }: SpiderIPPool, family: 4 | 6): RangeSet {
  try {
    return allocatedRanges(status?.allocatedIPs, family);
  } catch {
    return [];
  }
}
