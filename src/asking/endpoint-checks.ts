/**
 * Endpoints against the pods whose they are and the pools that they name; and what pods themselves show. Pure.
 * @module
 */

import { formatAddress } from "../address/address.ts";
import { contains, type RangeSet, union } from "../address/range-set.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import { familyOfPool, rangesOf } from "../api/ippool.ts";
import type { Pod } from "../api/pod.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { type AllocationIndex, endpointKey, type Listed } from "./allocation-index.ts";
import type { Finding, Report } from "./finding.ts";
import { endpointPlace, podPlace, poolPlace } from "./places.ts";
import { addressesOfPod, holderOf, type PodsAtHand } from "./pods-at-hand.ts";
import type { Snapshot } from "./snapshot.ts";

/** Looks through all endpoints and pods. */
export function checkEndpoints(snapshot: Snapshot, index: AllocationIndex, pods: PodsAtHand, report: Report): void {
  for (const endpoint of snapshot.endpoints.values()) checkEndpoint(endpoint, pods, report);
  for (const listed of index.listed) checkListed(snapshot, index, listed, pods, report);
  checkPods(snapshot, index, pods, report);
}

function checkEndpoint(endpoint: SpiderEndpoint, pods: PodsAtHand, report: Report): void {
  const key = endpointKey(endpoint);
  const uid = endpoint.status?.current?.uid ?? "";
  const holding = pods.holding(key, uid);
  const end = pods.endOf(holding);
  if (end.state !== "over") return;
  const { pod } = holding;
  const about = { subject: `SpiderEndpoint ${key}`, holder: holderOf(key, uid), places: pods.places(key, holding) };
  if (end.reason === "pod-replaced") {
    // Until its network is complete the next pod may still take the endpoint over.
    if (!pod || addressesOfPod(pod).length === 0) return;
    const text = `it speaks of UID ${uid}, but Pod ${key} has UID ${pod.metadata.uid}`;
    report({ ...about, name: "endpoint-of-another-uid", text });
  } else if (!holding.ownerWaits) {
    const text = `its pod (UID ${uid}) can use no address any more: ${end.reason}`;
    report({ ...about, name: "endpoint-without-pod", text });
  }
}

/** What an endpoint lists must be recorded for the same pod; where the pod is over, that is said already. */
function checkListed(
  snapshot: Snapshot,
  index: AllocationIndex,
  listed: Listed,
  pods: PodsAtHand,
  report: Report,
): void {
  const { endpoint, family, address, pool } = listed;
  const key = endpointKey(endpoint);
  const uid = endpoint.status?.current?.uid ?? "";
  const holding = pods.holding(key, uid);
  const { state } = pods.endOf(holding);
  if (state === "ending" || (state === "over" && !holding.ownerWaits)) return;
  const record = index.recordsOf(family, address).find((other) => other.pool.metadata.name === pool);
  if (record?.podUid === uid) return;
  const text = formatAddress(address, family);
  const about: Omit<Finding, "name" | "text"> = {
    subject: `${text} of Pod ${key}`,
    holder: holderOf(key, uid),
    pool,
    address,
    places: [poolPlace(pool), ...pods.places(key, holding)],
  };
  if (record && record.pod !== key) {
    const other = `Pod ${record.pod} (UID ${record.podUid})`;
    const said = `SpiderEndpoint ${key} lists ${text}, which SpiderIPPool ${pool} has recorded for ${other}`;
    report({ ...about, name: "endpoint-recorded-for-another", text: said });
  } else if (!record) {
    const where = snapshot.pools.get(pool)
      ? `SpiderIPPool ${pool} has not recorded`
      : `of SpiderIPPool ${pool}, which does not exist`;
    report({ ...about, name: "endpoint-not-recorded", text: `SpiderEndpoint ${key} lists ${text}, which ${where}` });
  }
}

/** What living pods show: each address once, and each address of a pool recorded. */
function checkPods(snapshot: Snapshot, index: AllocationIndex, pods: PodsAtHand, report: Report): void {
  const listed = { 4: totalOfAll(snapshot, 4), 6: totalOfAll(snapshot, 6) };
  const holders = new Map<string, Pod[]>();
  for (const pod of snapshot.pods.values()) {
    const { uid = "" } = pod.metadata;
    if (pod.spec?.hostNetwork || pods.endOf(pods.holding(storeKey(pod.metadata), uid)).state !== "alive") continue;
    for (const text of new Set(textsOf(pod))) {
      const family = text.includes(":") ? 6 : 4;
      const [address] = addressesOfPod({ metadata: pod.metadata, status: { podIP: text } });
      if (address === undefined || !contains(listed[family], address)) continue;
      const canonical = formatAddress(address, family);
      holders.set(canonical, [...(holders.get(canonical) ?? []), pod]);
      // What an endpoint lists without a record is told of the endpoint.
      if (index.recordsOf(family, address).length + index.listedAt(family, address).length > 0) continue;
      reportUnrecorded(snapshot, pod, canonical, address, report);
    }
  }
  for (const [address, all] of holders) {
    const [first, ...others] = all;
    if (!first || others.length === 0) continue;
    const names = all.map(({ metadata }) => `Pod ${storeKey(metadata)} (UID ${metadata.uid})`).sort();
    const places = all.map(({ metadata }) => podPlace(metadata));
    report({ name: "address-of-two-pods", subject: address, text: `${names.join(" and ")} have it`, places });
  }
}

function reportUnrecorded(snapshot: Snapshot, pod: Pod, text: string, address: bigint, report: Report): void {
  const family = text.includes(":") ? 6 : 4;
  const key = storeKey(pod.metadata);
  const pools = [...snapshot.pools.values()].filter(
    (pool) => familyOfPool(pool) === family && contains(rangesOf(pool, family), address),
  );
  const names = pools.map(({ metadata }) => metadata.name).sort((a, b) => a.localeCompare(b));
  report({
    name: "pod-not-recorded",
    subject: `${text} of Pod ${key}`,
    text: `Pod ${key} has ${text}, which SpiderIPPool ${names.join(", ")} has recorded for nobody`,
    holder: holderOf(key, pod.metadata.uid ?? ""),
    address,
    places: [...names.map(poolPlace), podPlace(pod.metadata), endpointPlace(pod.metadata)],
  });
}

function textsOf({ status }: Pod): string[] {
  return [...(status?.podIPs ?? []).map(({ ip }) => ip), ...(status?.podIP ? [status.podIP] : [])];
}

function totalOfAll(snapshot: Snapshot, family: 4 | 6): RangeSet {
  return union(
    ...[...snapshot.pools.values()].map((pool) => (familyOfPool(pool) === family ? rangesOf(pool, family) : [])),
  );
}
