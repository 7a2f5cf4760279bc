/**
 * What the tests of the door share: a memory cluster, replicas of the webhook, and an eye on every commit.
 * @module
 */

import * as assert from "uvu/assert";
import { overlaps } from "../../src/address/range-set.ts";
import { knownPool, knownSubnet } from "../../src/admission/rules/world.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import * as api from "../../src/api/resources.ts";
import { configMaps, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { createMemoryCluster, type MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock, type VirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { type Random, seededRandom } from "../../src/random.ts";
import {
  admitWithUid,
  FrontDoor,
  type FrontDoorOptions,
  type Outcome,
  Replica,
  type ReplicaOptions,
} from "../support/front-door.ts";
import { violationsOf } from "../support/invariants.ts";

export interface SceneOptions extends Partial<Omit<FrontDoorOptions, "clock" | "server">> {
  readonly seed?: number;
  readonly replicas?: readonly ReplicaOptions[];
}

/** A cluster whose subnets and pools only come through the door. */
export class DoorScene {
  readonly clock: VirtualClock = createVirtualClock();
  readonly server: MemoryCluster;
  readonly door: FrontDoor;
  readonly random: Random;
  readonly replicas: Replica[];
  /** What must not be, at the commit that brought it about. */
  readonly broken: string[] = [];

  constructor({ seed = 1, replicas = [{}, {}], ...options }: SceneOptions = {}) {
    const { clock } = this;
    this.random = seededRandom(seed);
    this.server = createMemoryCluster({ clock, resources: Object.values(api), admit: admitWithUid });
    this.door = new FrontDoor({ clock, server: this.server, random: this.random, ...options });
    this.replicas = replicas.map(
      (replica, index) => new Replica(this.server, clock, { seed: seed + index, ...replica }),
    );
    this.server.observe(({ version }) => {
      for (const text of broken(this.subnets, this.pools)) this.broken.push(`version ${version}: ${text}`);
    });
  }

  /** The replica that a request comes to. */
  get any(): Replica {
    return this.replicas[Math.floor(this.random() * this.replicas.length)] as Replica;
  }

  get pools(): SpiderIPPool[] {
    return this.server.objects<SpiderIPPool>(spiderIPPools);
  }

  get subnets(): SpiderSubnet[] {
    return this.server.objects<SpiderSubnet>(spiderSubnets);
  }

  /** The ledger of the first subnet: pool name → ranges. */
  get records(): Record<string, string[]> {
    const text = this.subnets[0]?.status?.controlledIPPools ?? "{}";
    const records = Object.entries(JSON.parse(text) as Record<string, { ips: string[] }>);
    return Object.fromEntries(records.map(([name, { ips }]) => [name, ips]));
  }

  get claims(): string[] {
    const text = this.server.objects<KubeObject & { data: { claims: string } }>(configMaps)[0]?.data.claims ?? "[]";
    return (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
  }

  /** Lets the caches fill, and a subnet be there from the start. */
  async begin(...subnets: readonly SpiderSubnet[]): Promise<void> {
    const user = this.server.connect();
    for (const subnet of subnets) {
      const metadata = { ...subnet.metadata, finalizers: ["spiderpool.spidernet.io"] };
      await user.create(spiderSubnets, { ...subnet, metadata });
    }
    await this.clock.advance(60_000);
    for (const { observer } of this.replicas) await observer.synced();
  }

  /** Moves time on until something has ended. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    over.catch(() => undefined);
    assert.ok(await this.clock.runUntil(() => isOver, 600_000), "it ends");
    return over;
  }

  /** Ends the replicas, and says what was broken on the way. */
  async end(): Promise<void> {
    for (const replica of this.replicas) await this.during(replica.stop());
    assert.equal(this.broken, []);
  }
}

/** Counts outcomes as `stored`, `lost`, or the HTTP code of the refusal. */
export function counted(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const word = typeof outcome === "string" ? outcome : String(outcome.code);
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/** The text of a refusal. */
export function textOf(outcome: Outcome | undefined): string {
  return outcome === undefined ? "let in" : typeof outcome === "string" ? outcome : outcome.message;
}

/** Returns what must not be in one state of the cluster: shared addresses, an adopted pool that is not recorded, overlapping CIDRs. */
export function broken(subnets: readonly SpiderSubnet[], pools: readonly SpiderIPPool[]): string[] {
  const cidrs = [
    ...subnets.map((object) => ({ known: knownSubnet(object), isSubnet: true })),
    ...pools.map((object) => ({ known: knownPool(object), isSubnet: false })),
  ].flatMap(({ known, isSubnet }) => (known ? [{ name: known.name, cidr: known.cidr, isSubnet }] : []));
  const overlapping = cidrs.flatMap((a, index) =>
    cidrs
      .slice(index + 1)
      .filter((b) => overlaps([a.cidr.range], [b.cidr.range]) && a.cidr.family === b.cidr.family)
      .filter((b) => a.cidr.canonical !== b.cidr.canonical || (a.isSubnet && b.isSubnet))
      .map((b) => `${a.name} and ${b.name} overlap`),
  );
  return [...violationsOf(subnets, pools).map(({ text }) => text), ...overlapping];
}
