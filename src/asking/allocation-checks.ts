/**
 * Pools' records of use against the endpoints and pods that they name.
 *
 * The operator's own judgement of leaks decides who may still use an address (`src/ipam/leaks.ts`). Pure.
 * @module
 */

import { formatAddress } from "../address/address.ts";
import { contains, type RangeSet } from "../address/range-set.ts";
import { rangesOf, type SpiderIPPool } from "../api/ippool.ts";
import { judgeRecord } from "../ipam/leaks.ts";
import { type AllocationIndex, lists, type Recorded } from "./allocation-index.ts";
import type { CheckView, Finding, Report } from "./finding.ts";
import { poolPlace } from "./places.ts";
import { addressesOfPod, holderOf, type PodsAtHand } from "./pods-at-hand.ts";

/** Looks through all records of use. */
export function checkAllocations(index: AllocationIndex, pods: PodsAtHand, view: CheckView, report: Report): void {
  const ranges = new Map<SpiderIPPool, RangeSet>();
  for (const [pool, texts] of index.strange) {
    const about = { subject: `SpiderIPPool ${pool}`, pool, places: [poolPlace(pool)] };
    report({ ...about, name: "allocations-unreadable", text: `no record of an address: ${texts.join(", ")}` });
  }
  for (const record of index.records) {
    const { pool, family, address } = record;
    const listed = ranges.get(pool) ?? rangesOf(pool, family);
    ranges.set(pool, listed);
    if (!contains(listed, address)) {
      const text = `${addressText(record)} is in use by Pod ${record.pod}, but not in spec.ips of the pool`;
      report({ ...aboutRecord(record), name: "allocation-outside-pool", text });
    }
    checkTwice(index, record, report);
    checkHolder(record, pods, view, report);
  }
}

/** What is said about one record; where a check rests on more than the pool, it adds that. */
function aboutRecord(record: Recorded): Omit<Finding, "name" | "text"> {
  const { pool, address, pod, podUid } = record;
  const { name } = pool.metadata;
  const subject = `${addressText(record)} of SpiderIPPool ${name}`;
  return { subject, pool: name, address, holder: holderOf(pod, podUid), places: [poolPlace(name)] };
}

/** One of a pair tells it. */
function checkTwice(index: AllocationIndex, record: Recorded, report: Report): void {
  const others = index.recordsOf(record.family, record.address);
  if (others.length < 2 || others[0] !== record) return;
  const places = others.map(({ pool }) => poolPlace(pool.metadata.name));
  const words = others.map(({ pool, pod, podUid }) => `Pod ${pod} (UID ${podUid}) in ${pool.metadata.name}`).sort();
  const subject = addressText(record);
  const text = `it is recorded for ${words.join(" and ")}`;
  report({ ...aboutRecord(record), subject, name: "address-allocated-twice", text, places });
}

function checkHolder(record: Recorded, pods: PodsAtHand, { now }: CheckView, report: Report): void {
  const { pool, address, pod: key, podUid } = record;
  const holding = pods.holding(key, podUid);
  const about = { ...aboutRecord(record), places: [poolPlace(pool.metadata.name), ...pods.places(key, holding)] };
  const end = pods.endOf(holding);
  if (end.state === "ending") return;
  if (end.state === "alive") {
    // Until its network is complete the ADD is under way.
    const isComplete = holding.pod !== undefined && addressesOfPod(holding.pod).length > 0;
    const isListed = holding.endpoint?.status?.current?.uid === podUid && lists(holding.endpoint, record);
    if (!isComplete || isListed || podUid === "") return;
    const why = holding.endpoint ? "its SpiderEndpoint does not list it" : "it has no SpiderEndpoint";
    const text = `${addressText(record)} is recorded for Pod ${key}, which lives, but ${why}`;
    report({ ...about, name: "allocation-without-endpoint", text });
    return;
  }
  const verdict = judgeRecord({ pool: pool.metadata.name, address }, holding, pods.settings, now);
  if ("keep" in verdict && verdict.keep === "owner-waits") return;
  if (end.reason === "pod-replaced") {
    const text = `${addressText(record)} is recorded for UID ${podUid}, but Pod ${key} has UID ${holding.pod?.metadata.uid}`;
    report({ ...about, name: "allocation-of-another-uid", text });
  } else if ("release" in verdict) {
    const text = `${addressText(record)} is recorded for Pod ${key} (UID ${podUid}), which can use it no more: ${verdict.release}`;
    report({ ...about, name: "allocation-without-pod", text });
  }
}

function addressText({ address, family }: Recorded): string {
  return formatAddress(address, family);
}
