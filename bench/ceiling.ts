/**
 * The ceiling: a bare client that does the same writes of the same pools with the same concurrency, and nothing else.
 * @module
 */

import { parseRanges } from "../src/address/range-set.ts";
import { newPool } from "../src/api/auto-pool.ts";
import { FINALIZER } from "../src/api/names.ts";
import { spiderIPPools } from "../src/api/resources.ts";
import type { SpiderSubnet } from "../src/api/subnet.ts";
import { systemClock } from "../src/clock.ts";
import type { Cluster, KubeObject } from "../src/cluster/cluster.ts";
import { inParallel } from "./load.ts";

/** Pools per second of each phase. */
export interface Ceiling {
  readonly create: number;
  readonly scale: number;
  readonly delete: number;
}

/** Measures all three phases and leaves nothing behind. */
export async function measureCeiling(
  cluster: Cluster,
  subnet: SpiderSubnet,
  count: number,
  callers: number,
): Promise<Ceiling> {
  const names = Array.from({ length: count }, (_, i) => `ceiling-${i}`);
  const status = (totalIPCount: number): object => ({
    status: {
      totalIPCount,
      allocatedIPCount: 0,
      state: "created",
      conditions: [
        { type: "Ready", status: "True", reason: "Created", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
      ],
    },
  });
  const perSecond = async (work: (name: string, index: number) => Promise<void>): Promise<number> => {
    const startedAt = systemClock.now();
    await inParallel(names, callers, work);
    return (count * 1000) / (systemClock.now() - startedAt);
  };
  const create = await perSecond(async (name, i) => {
    await cluster.create(spiderIPPools, poolOf(name, i, subnet));
    await cluster.patch(spiderIPPools, { name }, status(3), { subresource: "status" });
  });
  const scale = await perSecond(async (name, i) => {
    await cluster.patch(spiderIPPools, { name }, { spec: { ips: [rangeOf(i, 4)] } });
    await cluster.patch(spiderIPPools, { name }, status(4), { subresource: "status" });
  });
  const remove = await perSecond(async (name) => {
    await cluster.delete(spiderIPPools, { name });
    await cluster.patch(spiderIPPools, { name }, { metadata: { finalizers: [] } });
  });
  return { create, scale, delete: remove };
}

function poolOf(name: string, index: number, subnet: SpiderSubnet): KubeObject {
  const application = { apiVersion: "apps/v1", kind: "Deployment", namespace: "bench", name, uid: "0-0-0-0-0" };
  const owner = { application, interface: "eth0", family: 4, reclaim: true, number: "+1" } as const;
  const pool = newPool(name, owner, subnet, parseRanges([rangeOf(index, 3)], 4));
  return { ...pool, metadata: { ...pool.metadata, finalizers: [FINALIZER] } };
}

function rangeOf(index: number, size: number): string {
  const at = (offset: number): string => {
    // Some are used twice above 13 000 pools; nobody minds here.
    const value = ((index * 5) % 65_000) + 1 + offset;
    return `10.${96 + (value >> 16)}.${(value >> 8) & 255}.${value & 255}`;
  };
  return `${at(0)}-${at(size - 1)}`;
}
