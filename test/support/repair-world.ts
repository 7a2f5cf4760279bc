/**
 * A place on the real API server with an operator that goes and comes again, a person who edits by hand, and a watcher.
 *
 * The watcher holds every version of every object to the invariants; only versions that the person wrote may break them.
 * @module
 */

import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { systemClock } from "../../src/clock.ts";
import type { Cluster, KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { createLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { systemRandom } from "../../src/random.ts";
import { defaultSettings, type OperatorSettings } from "../../src/settings.ts";
import { eventually } from "./eventually.ts";
import { deployment } from "./manifests.ts";
import { Place } from "./place.ts";
import { freshNamespace, realCluster } from "./real.ts";
import { define } from "./stage.ts";
import { Watcher } from "./watcher.ts";

const patient = { seconds: 20 };

/** A place with an operator that goes and comes again, and a watcher. */
export class RepairWorld {
  readonly cluster: Cluster;
  place!: Place;
  watcher!: Watcher;
  /** Requests of the operator but watches. */
  readonly requests: string[] = [];
  readonly lines: string[] = [];
  #connection!: Cluster;
  #operator!: Operator;
  /** Versions that a test wrote by hand. */
  readonly #edits = new Set<string>();

  readonly #settings: OperatorSettings;

  constructor(cluster: Cluster, settings: OperatorSettings) {
    this.cluster = cluster;
    this.#settings = settings;
  }

  static async open(settings: Partial<OperatorSettings> = {}): Promise<RepairWorld> {
    const cluster = await realCluster();
    await define(cluster);
    const world = new RepairWorld(cluster, { ...defaultSettings, onTheWayMs: 2_000, ...settings });
    await world.start();
    const { name } = await freshNamespace(cluster, "repair");
    world.place = new Place(cluster, world.#operator, name);
    await world.place.addSubnet(4, 60);
    world.watcher = await Watcher.start(cluster, (await world.place.subnet(world.place.v4)).spec.subnet);
    return world;
  }

  async start(): Promise<void> {
    this.#connection = await realCluster({
      onRequest: ({ verb, plural, code }) => {
        if (verb !== "watch") this.requests.push(`${verb} ${plural} ${code}`);
      },
    });
    this.#operator = new Operator({
      cluster: this.#connection,
      clock: systemClock,
      random: systemRandom,
      settings: this.#settings,
      log: createLog({ clock: systemClock, level: "debug", format: "text", write: (line) => this.lines.push(line) }),
    });
    await this.#operator.start();
  }

  async stop(): Promise<void> {
    await this.#operator.stop();
    await this.#connection.close();
  }

  /** Does something that the operator misses. */
  async whileDown(act: () => Promise<unknown>): Promise<void> {
    await this.stop();
    try {
      await act();
    } finally {
      await this.start();
    }
  }

  /** Starts an application whose pool has `size` addresses, and returns the pool. */
  async run(name: string, size: number, reclaim = "true"): Promise<SpiderIPPool> {
    const asking = { subnet: { ipv4: [this.place.v4] }, number: "+1", reclaim };
    const app = await this.place.run(deployment, name, asking, size - 1);
    return this.poolOf(app, size);
  }

  /** Waits until an application has one pool of that size, all well. */
  poolOf(app: KubeObject, size: number): Promise<SpiderIPPool> {
    return eventually(async () => {
      const pools = await this.poolsOf(app.metadata.name);
      assert.equal(
        pools.map(addressesOf).map(({ length }) => length),
        [size],
        `pools of ${app.metadata.name}`,
      );
      const [pool] = pools;
      assert.ok(pool);
      assert.equal([pool.status?.state, pool.metadata.deletionTimestamp], ["created", undefined]);
      assert.is(pool.metadata.labels?.["ipam.spidernet.io/owner-application-uid"], app.metadata.uid);
      await this.place.assertBooks();
      return pool;
    }, patient);
  }

  /** All pools that carry the application's name, in their affinity or their label. */
  async poolsOf(app: string): Promise<SpiderIPPool[]> {
    return (await this.place.pools()).filter(
      ({ metadata }) => metadata.labels?.["ipam.spidernet.io/owner-application-name"] === app,
    );
  }

  async pool(name: string): Promise<SpiderIPPool> {
    return this.cluster.get<SpiderIPPool>(spiderIPPools, { name });
  }

  async app(name: string): Promise<KubeObject> {
    return this.cluster.get(deployment.resource, { namespace: this.place.namespace, name });
  }

  /** Edits an object as people do, by a merge patch without conditions. */
  async edit(resource: Resource, name: string, patch: object): Promise<void> {
    const options = "status" in patch ? ({ subresource: "status" } as const) : {};
    const { metadata } = await this.cluster.patch(resource, { name }, patch, options);
    this.#edits.add(metadata.resourceVersion ?? "");
  }

  async ledger(): Promise<string | null | undefined> {
    return (await this.place.subnet(this.place.v4)).status?.controlledIPPools;
  }

  async editLedger(text: string | null): Promise<void> {
    await this.edit(spiderSubnets, this.place.v4, { status: { controlledIPPools: text } });
  }

  /** What was broken by other writes than the tests' own. */
  broken(): string[] {
    return this.watcher.check().filter((line) => !this.#edits.has(line.split(" ")[0] ?? ""));
  }

  async close(): Promise<void> {
    try {
      await this.place.clear();
    } finally {
      await this.stop();
      await this.watcher.stop();
      await this.cluster.close();
    }
  }
}

/** The addresses of a pool, one by one. */
export const addressesOf = ({ spec }: SpiderIPPool): string[] =>
  (spec.ips ?? []).flatMap((range) => {
    const [first = "", last = first] = range.split("-");
    const [base, from, to] = [first.replace(/\d+$/, ""), ...[first, last].map((ip) => Number(ip.split(".")[3]))];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${base}${Number(from) + index}`);
  });

/** A ledger without what tells other operators that a record was written anew; `undefined` where it cannot be read. */
export function essenceOfLedger(text: string | null | undefined): object | undefined {
  try {
    const records = Object.entries(JSON.parse(text ?? "") as Record<string, object>);
    return Object.fromEntries(records.map(([pool, record]) => [pool, { ...record, renewed: undefined }]));
  } catch {
    return undefined;
  }
}

/** A pool without what changes at every write, and at writes that only tell other operators that somebody was here. */
export function essence({ metadata, spec, status }: SpiderIPPool): object {
  const { name, uid, labels, finalizers, ownerReferences } = metadata;
  const { [ANNOTATION.fence]: _, ...annotations } = metadata.annotations ?? {};
  const { allocatedIPs, totalIPCount, state } = status ?? {};
  return { name, uid, labels, annotations, finalizers, ownerReferences, spec, allocatedIPs, totalIPCount, state };
}
