/**
 * What the scenarios of the operator share: a world with three subnets, and short ways to say what is there.
 * @module
 */

import * as assert from "uvu/assert";
import { countOf } from "../../src/address/range-set.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { events, spiderSubnets } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { bookOf, parsePool } from "../support/invariants.ts";
import { MemoryWorld, type WorldOptions } from "../support/memory-world.ts";
import { NAMESPACE, subnet, type Wish } from "../support/scenario.ts";

/** A wish for one pool of subnet s4. */
export const onS4: Wish = { nics: [{ interface: "eth0", ipv4: "s4" }] };
/** The application of most scenarios. */
export const web = { namespace: NAMESPACE, name: "web" };

/** Plays a scenario on a world with subnets s4 (10 addresses), t4 (10) and s6 (16), and looks for broken invariants. */
export function scenario(play: (world: MemoryWorld) => Promise<void>, options: WorldOptions = {}): () => Promise<void> {
  return async () => {
    const world = new MemoryWorld(options);
    await world.act(async (user) => {
      await user.create(spiderSubnets, subnet("s4", "10.4.0.0/24", ["10.4.0.10-10.4.0.19"]));
      await user.create(spiderSubnets, subnet("t4", "10.5.0.0/24", ["10.5.0.10-10.5.0.19"]));
      await user.create(spiderSubnets, subnet("s6", "fd00::/120", ["fd00::10-fd00::1f"]));
    });
    world.start();
    assert.ok(await world.settle(), "the operator comes to rest");
    await play(world);
    assert.equal(world.broken, []);
    await world.close();
  };
}

/** Lets the operator come to rest. */
export async function settled(world: MemoryWorld): Promise<void> {
  assert.ok(await world.settle(), "the operator comes to rest");
}

/** Every pool as `subnet size state`, sorted. */
export function summary(world: MemoryWorld): string[] {
  return world.pools
    .map((pool) => `${pool.metadata.labels?.[LABEL.ownerSubnet]} ${sizeOf(pool)} ${pool.status?.state}`)
    .sort((a, b) => a.localeCompare(b));
}

/** Addresses in `spec.ips`. */
export function sizeOf(pool: SpiderIPPool): number {
  return Number(countOf(parsePool(pool).ips));
}

/** The ledger of a subnet as pool name → number of addresses. */
export function ledger(world: MemoryWorld, name: string): Record<string, number> {
  const found = world.subnets.find(({ metadata }) => metadata.name === name);
  const entries = found ? [...bookOf(found).entries] : [];
  return Object.fromEntries(entries.map(([pool, { ranges }]) => [pool, Number(countOf(ranges))]));
}

/** Addresses in all records of a subnet. */
export function recorded(world: MemoryWorld, name: string): number {
  return Object.values(ledger(world, name)).reduce((sum, count) => sum + count, 0);
}

/** The pool, if there is exactly one. */
export function onlyPool(world: MemoryWorld): SpiderIPPool {
  assert.is(world.pools.length, 1, "one pool");
  return world.pools[0] as SpiderIPPool;
}

/** Reasons of the Events about objects of that kind, each once. */
export function reasons(world: MemoryWorld, kind: string): string[] {
  const all = world.objects(events) as (KubeObject & { reason: string; involvedObject: { kind: string } })[];
  return [...new Set(all.filter((event) => event.involvedObject.kind === kind).map(({ reason }) => reason))].sort();
}
