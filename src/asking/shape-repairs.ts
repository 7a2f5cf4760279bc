/**
 * Mends what pools and subnets look like: labels, finalizer, owner reference, affinity, sums. Their addresses stay as they are.
 * @module
 */

import { fillingPatch } from "../act/filled-in.ts";
import { asInt64, countText } from "../address/int64.ts";
import { countOf } from "../address/range-set.ts";
import { adoptionOf } from "../api/adoption.ts";
import { parseAllocatedIPs } from "../api/allocated-ips.ts";
import { applicationText } from "../api/application.ts";
import { correctionOf } from "../api/auto-pool.ts";
import { readBook } from "../api/book.ts";
import { familyOfPool, isAutoPool, rangesOf, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { spiderIPPools, spiderSubnets } from "../api/resources.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { ownerOf } from "../observe/pool-owner.ts";
import type { Finding, FindingName } from "./finding.ts";
import type { Remedy, Repair, RepairOptions } from "./repair.ts";

export const shapeRepairs: Partial<Record<FindingName, Repair>> = {
  "pool-finalizer-missing": correct,
  "pool-labels-wrong": correct,
  "pool-owner-wrong": correct,
  "pool-affinity-wrong": correct,
  "pool-total-wrong": countPool,
  "pool-count-wrong": countPool,
  "subnet-finalizer-missing": fillSubnet,
};

const leave = (text: string): Remedy => ({ done: false, text });

async function correct({ pool: name = "" }: Finding, { cluster }: RepairOptions): Promise<Remedy> {
  const pool = await find<SpiderIPPool>(cluster, spiderIPPools, { name });
  if (!pool || pool.metadata.deletionTimestamp !== undefined) return leave("the pool is gone or being deleted by now");
  const patch = isAutoPool(pool) ? await automaticPatch(cluster, pool) : await manualPatch(cluster, pool);
  if (typeof patch === "string") return leave(patch);
  if (patch === undefined) return { done: true, text: "it is as it must be by now" };
  await cluster.patch(spiderIPPools, { name }, patch);
  return { done: true, text: `wrote ${membersOf(patch).join(", ")}` };
}

/** Returns what has to change, nothing, or why that cannot be told. */
async function automaticPatch(cluster: Cluster, pool: SpiderIPPool): Promise<object | undefined | string> {
  const { name, labels, resourceVersion } = pool.metadata;
  const subnet = await findSubnet(cluster, labels?.[LABEL.ownerSubnet]);
  if (!subnet) return "its SpiderSubnet does not exist";
  const family = familyOfPool(pool) ?? 4;
  const recordedFor = readBook(subnet.status?.controlledIPPools, family).entries.get(name)?.application;
  const owner = ownerOf(pool, recordedFor);
  if (!owner) return "whom it belongs to cannot be told from what is left of its labels";
  // Two of labels, podAffinity and record must say the same.
  if (recordedFor !== applicationText(owner.application)) {
    return `labels and podAffinity say ${applicationText(owner.application)}, the record ${recordedFor ?? "nothing"}; correct one of them`;
  }
  const patch = correctionOf(pool, owner, subnet, rangesOf(pool, family)) as
    | { metadata: object; spec: { podAffinity?: unknown } }
    | undefined;
  if (!patch) return undefined;
  const { podAffinity } = patch.spec;
  return { metadata: { ...patch.metadata, resourceVersion }, ...(podAffinity ? { spec: { podAffinity } } : {}) };
}

/** As the operator fills in and adopts it; adoption only where all of it is recorded. */
async function manualPatch(cluster: Cluster, pool: SpiderIPPool): Promise<object | undefined> {
  const { resourceVersion, name, labels } = pool.metadata;
  const filling = fillingPatch(pool, LABEL.poolCidr);
  const { items } = await cluster.list<SpiderSubnet>(spiderSubnets, { limit: 500 });
  const homes = items.filter(
    ({ metadata, spec }) => spec.subnet === pool.spec.subnet && metadata.deletionTimestamp === undefined,
  );
  const [home, another] = homes;
  const isRecorded = home && readBook(home.status?.controlledIPPools, familyOfSubnet(home.spec)).entries.has(name);
  const adoption = home && !another && isRecorded ? adoptionOf(pool, home) : undefined;
  if (!filling && !adoption) return undefined;
  const merged = { ...labels, ...filling?.metadata.labels, ...adoption?.metadata.labels };
  return {
    metadata: { ...filling?.metadata, ...adoption?.metadata, labels: merged, resourceVersion },
    spec: { ...filling?.spec, ...adoption?.spec },
  };
}

async function countPool({ pool: name = "" }: Finding, { cluster }: RepairOptions): Promise<Remedy> {
  const pool = await find<SpiderIPPool>(cluster, spiderIPPools, { name });
  if (!pool) return leave("the pool is gone by now");
  const [total, inUse] = [countOf(totalOf(pool.spec)), parseAllocatedIPs(pool.status?.allocatedIPs).size];
  const { resourceVersion } = pool.metadata;
  const status = { totalIPCount: asInt64(total), allocatedIPCount: inUse };
  await cluster.patch(spiderIPPools, { name }, { metadata: { resourceVersion }, status }, { subresource: "status" });
  return { done: true, text: `counted ${countText(total)} in all, ${inUse} in use` };
}

async function fillSubnet({ subnet: name = "" }: Finding, { cluster }: RepairOptions): Promise<Remedy> {
  const subnet = await findSubnet(cluster, name);
  if (!subnet || subnet.metadata.deletionTimestamp !== undefined) return leave("the subnet is gone or being deleted");
  const patch = fillingPatch(subnet, LABEL.subnetCidr);
  if (!patch) return { done: true, text: "it is as it must be by now" };
  await cluster.patch(spiderSubnets, { name }, patch);
  return { done: true, text: `wrote ${membersOf(patch).join(", ")}` };
}

function findSubnet(cluster: Cluster, name: string | undefined): Promise<SpiderSubnet | undefined> {
  return name === undefined ? Promise.resolve(undefined) : find<SpiderSubnet>(cluster, spiderSubnets, { name });
}

/** Paths of a patch, for people. */
function membersOf(patch: { metadata?: object; spec?: object }): string[] {
  const metadata = Object.keys(patch.metadata ?? {}).filter((key) => key !== "resourceVersion");
  return [...metadata.map((key) => `metadata.${key}`), ...Object.keys(patch.spec ?? {}).map((key) => `spec.${key}`)];
}
