/**
 * One test's place on the real API server: a namespace, subnets with addresses that no other test has, and its applications.
 *
 * Answers what the test asks of them afterwards: pools, records, Events, and the states of pools that do not exist yet.
 * @module
 */

import { randomBytes } from "node:crypto";
import * as assert from "uvu/assert";
import { pathOf } from "../../machines/step.ts";
import type { Family } from "../../src/address/address.ts";
import { countOf, formatRanges, intersect, parseRanges } from "../../src/address/range-set.ts";
import { ON_THE_WAY_MS, type PoolRecord, parseControlledPools } from "../../src/api/controlled-pools.ts";
import { type SpiderIPPool, totalOf } from "../../src/api/ippool.ts";
import { events, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet, SpiderSubnetSpec } from "../../src/api/subnet.ts";
import { type Cluster, hasCode, type KubeObject, type ObjectRef, type Resource } from "../../src/cluster/cluster.ts";
import type { Operator } from "../../src/operator.ts";
import { eventually } from "./eventually.ts";
import { type Asking, annotationsOf, type KindOfWorkload, type Manifest, removeNodes } from "./manifests.ts";
import { namespaces, removeObject } from "./real.ts";

/** The part of an Event that tests look at. */
export interface ToldEvent extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly namespace?: string; readonly name: string };
}

/** Some refusals are told only when they have stood for 10 s. */
const toldWithin = { seconds: 25 };

export class Place {
  readonly namespace: string;
  /** Names of the first subnet of each family. */
  v4 = "";
  v6 = "";
  readonly #cluster: Cluster;
  readonly #operator: Operator;
  readonly #created: [Resource, ObjectRef][] = [];
  readonly #subnets: string[] = [];
  readonly #poolNames = new Set<string>();

  constructor(cluster: Cluster, operator: Operator, namespace: string) {
    this.#cluster = cluster;
    this.#operator = operator;
    this.namespace = namespace;
  }

  /** Creates a subnet of so many addresses from `.10` or `::10` on, with gateway and a route, and returns its name. */
  async addSubnet(family: Family, count: number, name = `${this.namespace}-${this.#subnets.length}`): Promise<string> {
    const metadata = { name };
    this.#subnets.push(name);
    await this.#cluster.create<SpiderSubnet>(spiderSubnets, { metadata, spec: freshSpec(family, count) });
    if (family === 4) this.v4 ||= name;
    else this.v6 ||= name;
    return name;
  }

  /** Creates an application. A predecessor of that name may still be on its way out. */
  async run(kind: KindOfWorkload, name: string, asking: Asking, pods = 1): Promise<Manifest> {
    const ref = { namespace: this.namespace, name };
    this.#created.push([kind.resource, ref]);
    const made = await eventually(() => this.#cluster.create(kind.resource, kind.manifest(ref, asking, pods)));
    if (kind.resource.kind === "DaemonSet") await kind.scale(this.#cluster, ref, pods);
    return made;
  }

  async scale(kind: KindOfWorkload, name: string, pods: number): Promise<void> {
    await kind.scale(this.#cluster, { namespace: this.namespace, name }, pods);
  }

  /** Replaces the annotations of a pod template. */
  async ask(kind: KindOfWorkload, name: string, asking: Asking): Promise<void> {
    const absent = Object.fromEntries(Object.keys(annotationsOf(everything)).map((key) => [key, null]));
    const annotations = { ...absent, ...annotationsOf(asking) };
    const patch = { spec: { template: { metadata: { annotations } } } };
    await this.#cluster.patch(kind.resource, { namespace: this.namespace, name }, patch);
  }

  async end(kind: KindOfWorkload, name: string): Promise<void> {
    await removeObject(this.#cluster, kind.resource, { namespace: this.namespace, name });
  }

  /** Takes charge of something that is created in another way. */
  own(resource: Resource, name: string): void {
    if (resource === spiderSubnets) this.#subnets.push(name);
    else this.#created.push([resource, resource.namespaced ? { namespace: this.namespace, name } : { name }]);
  }

  /** Creates anything else; it goes with the place. */
  async create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const { name, namespace } = object.metadata;
    this.#created.push([resource, namespace === undefined ? { name } : { namespace, name }]);
    return this.#cluster.create(resource, object);
  }

  /** The automatic pools of this namespace, by name. */
  async pools(): Promise<SpiderIPPool[]> {
    const labelSelector = `ipam.spidernet.io/owner-application-namespace=${this.namespace}`;
    const { items } = await this.#cluster.list<SpiderIPPool>(spiderIPPools, { labelSelector });
    for (const { metadata } of items) this.#poolNames.add(metadata.name);
    return items.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  /** Waits until the namespace has exactly pools of these sizes, in any order, all well and recorded alike. */
  async poolsOf(...sizes: number[]): Promise<SpiderIPPool[]> {
    return eventually(async () => {
      const pools = await this.pools();
      assert.equal(
        pools.map(sizeOf).toSorted(ascending),
        sizes.toSorted(ascending),
        `pools: ${pools.map(({ metadata }) => metadata.name).join(", ") || "none"}`,
      );
      for (const { status } of pools) assert.is(status?.conditions?.[0]?.status, "True", JSON.stringify(status));
      await this.assertBooks();
      return pools;
    });
  }

  async subnet(name: string): Promise<SpiderSubnet> {
    return this.#cluster.get<SpiderSubnet>(spiderSubnets, { name });
  }

  /** The ledger of a subnet as plain JSON. */
  async records(subnet: string): Promise<Record<string, PoolRecord>> {
    return Object.fromEntries(parseControlledPools((await this.subnet(subnet)).status?.controlledIPPools));
  }

  /** Every record has its pool with the same ranges, every pool its record, no address is in two, and the sums are right. */
  async assertBooks(): Promise<void> {
    for (const name of this.#subnets) {
      const { status, spec } = await this.subnet(name).catch(ignoreMissing);
      if (spec === undefined) continue;
      const family = spec.subnet.includes(":") ? 6 : 4;
      const records = Object.entries(Object.fromEntries(parseControlledPools(status?.controlledIPPools)));
      const labelSelector = `ipam.spidernet.io/owner-spider-subnet=${name}`;
      const { items: own } = await this.#cluster.list<SpiderIPPool>(spiderIPPools, { labelSelector });
      assert.equal(
        Object.fromEntries(records.map(([pool, { ips }]) => [pool, ips])),
        Object.fromEntries(own.map((pool) => [pool.metadata.name, formatRanges(totalOf(pool.spec), family)])),
        `ledger of ${name}`,
      );
      const sets = records.map(([, { ips }]) => parseRanges(ips, family));
      for (const [index, set] of sets.entries()) {
        for (const other of sets.slice(0, index)) assert.equal(intersect(set, other), [], "an address has two pools");
      }
      const sum = sets.reduce((total, set) => total + countOf(set), 0n);
      assert.is(BigInt(status?.allocatedIPCount ?? -1), sum, `allocatedIPCount of ${name}`);
    }
  }

  /** What was told about an object of this namespace, or about a pool. */
  async events(kind: string, name: string, reason: string): Promise<ToldEvent[]> {
    const namespace = kind === "SpiderIPPool" ? "default" : this.namespace;
    const { items } = await this.#cluster.list<ToldEvent>(events, { namespace });
    return items.filter(
      ({ involvedObject, ...event }) =>
        involvedObject.kind === kind && involvedObject.name === name && event.reason === reason,
    );
  }

  /** Waits until this was told as a warning about an object. */
  async told(kind: string, name: string, reason: string, message: string | RegExp): Promise<ToldEvent> {
    return eventually(async () => {
      const found = await this.events(kind, name, reason);
      const texts = found.map((event) => event.message);
      const hit = found.find((event) =>
        typeof message === "string" ? event.message === message : message.test(event.message),
      );
      assert.ok(hit, `${kind} "${name}" was told of ${reason}: ${JSON.stringify(texts)}, not ${message}`);
      assert.is(hit.type, "Warning");
      return hit;
    }, toldWithin);
  }

  /** State and refusal of every pool that applications of this namespace want or have. */
  states(): string[] {
    return [...this.#operator.reconciler.entries()]
      .filter(({ life }) => life.key.startsWith(`${this.namespace}/`))
      .map(({ snapshot }) => [pathOf(snapshot), snapshot.context.refusal?.reason].filter(Boolean).join(" "));
  }

  /** Pretends that pods have addresses of a pool, as whoever hands them out would record it. */
  async occupy(pool: string, ...addresses: string[]): Promise<void> {
    const records = addresses.map((ip, index) => [ip, { pod: `${this.namespace}/pod-${index}`, podUid: `${index}` }]);
    const allocatedIPs = addresses.length === 0 ? null : JSON.stringify(Object.fromEntries(records));
    const status = { allocatedIPs, allocatedIPCount: addresses.length };
    await this.#cluster.patch(spiderIPPools, { name: pool }, { status }, { subresource: "status" });
  }

  /** What was told of pools stays in `default`, and so would be found by a later run of the same names. */
  async #clearEvents(): Promise<void> {
    const { items } = await this.#cluster.list<ToldEvent>(events, { namespace: "default" });
    for (const { metadata, involvedObject } of items) {
      const isOurs = this.#poolNames.has(involvedObject.name) || involvedObject.namespace === this.namespace;
      if (isOurs) await removeObject(this.#cluster, events, { namespace: "default", name: metadata.name });
    }
  }

  /** Ends all applications, then removes the pools that were kept for successors, the subnets and the namespace. */
  async clear(): Promise<void> {
    for (const [resource, ref] of this.#created.splice(0)) await removeObject(this.#cluster, resource, ref);
    await removeNodes(this.#cluster, this.namespace);
    await eventually(
      async () => {
        const pools = await this.pools();
        for (const { metadata, status } of pools) {
          if (status?.allocatedIPs) await this.occupy(metadata.name);
          if (status?.state === "orphaned") await removeObject(this.#cluster, spiderIPPools, { name: metadata.name });
        }
        if (pools.length > 0)
          throw new Error(`Pools are left: ${pools.map(({ metadata }) => metadata.name).join(", ")}`);
      },
      { seconds: 20 },
    );
    await this.#clearEvents();
    for (const name of this.#subnets) await removeObject(this.#cluster, spiderSubnets, { name });
    await eventually(
      async () => {
        const { items } = await this.#cluster.list(spiderSubnets);
        const left = items.map(({ metadata }) => metadata.name).filter((name) => this.#subnets.includes(name));
        if (left.length > 0) throw new Error(`Subnets are left: ${left.join(", ")}`);
      },
      // What an operator of before has recorded is kept as long as a request of it may be on its way.
      { seconds: 20 + ON_THE_WAY_MS / 1000 },
    );
    if (this.namespace !== "default") await removeObject(this.#cluster, namespaces, { name: this.namespace });
  }
}

const ascending = (a: number, b: number): number => a - b;
const everything: Asking = { subnet: {}, subnets: [], number: "", reclaim: "" };

/** Number of addresses that a pool says it has. */
export function sizeOf({ spec }: SpiderIPPool): number {
  return Number(countOf(parseRanges(spec.ips, spec.ipVersion ?? 4)));
}

/** A CIDR that no other test has, and its first addresses. */
export function freshSpec(family: Family, count: number): SpiderSubnetSpec {
  const [a = 0, b = 0, c = 0, d = 0] = randomBytes(4);
  if (family === 4) {
    const base = `10.${a}.${b & 0xf0}`;
    const last = 9 + count;
    return {
      ipVersion: 4,
      subnet: `${base}.0/20`,
      ips: [`${base}.10-10.${a}.${(b & 0xf0) + (last >> 8)}.${last & 255}`],
      gateway: `${base}.1`,
      routes: [{ dst: "192.0.2.0/24", gw: `${base}.2` }],
    };
  }
  const base = `fd00:${(0x1000 + (((a << 8) | b) % 0xe000)).toString(16)}:${(0x1000 + (((c << 8) | d) % 0xe000)).toString(16)}:`;
  return {
    ipVersion: 6,
    subnet: `${base}:/64`,
    ips: [`${base}:10-${base}:${(0xf + count).toString(16)}`],
    gateway: `${base}:1`,
    routes: [{ dst: "2001:db8::/32", gw: `${base}:2` }],
  };
}

function ignoreMissing(error: unknown): Partial<SpiderSubnet> {
  if (hasCode(error, 404)) return {};
  throw error;
}
