/**
 * A running operator on the real API server, and places on it that tests have for themselves.
 *
 * One operator may run per cluster, so a test file starts one stage in `before` and closes it in `after`; what its tests made
 * is gone then. The operator has a connection of its own, whose requests are kept; the tests use another one.
 * @module
 */

import { globSync, readFileSync } from "node:fs";
import { load } from "js-yaml";
import { API_VERSION } from "../../src/api/names.ts";
import { customResourceDefinitions, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { type Cluster, hasCode, type KubeObject } from "../../src/cluster/cluster.ts";
import type { RequestReport } from "../../src/cluster/kubernetes/transport.ts";
import { createLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { systemRandom } from "../../src/random.ts";
import { defaultSettings, type OperatorSettings } from "../../src/settings.ts";
import { eventually } from "./eventually.ts";
import { Place } from "./place.ts";
import { freshNamespace, namespaces, realCluster } from "./real.ts";
import { connectAs, grantRights } from "./shipped-account.ts";

export interface StageOptions {
  readonly settings?: Partial<OperatorSettings>;
  /** Stands between the operator and its connection. */
  readonly intercept?: (cluster: Cluster) => Cluster;
}

export class Stage {
  readonly cluster: Cluster;
  readonly operator: Operator;
  /** What the operator asked of the API server, without its watches. */
  readonly requests: readonly RequestReport[];
  readonly #connection: Cluster;
  readonly #places: Place[] = [];
  #all: string[] = [];

  private constructor(cluster: Cluster, connection: Cluster, operator: Operator, requests: readonly RequestReport[]) {
    this.cluster = cluster;
    this.#connection = connection;
    this.operator = operator;
    this.requests = requests;
  }

  /** Defines our kinds and starts the operator. */
  static async open({ settings, intercept = (cluster) => cluster }: StageOptions = {}): Promise<Stage> {
    const cluster = await realCluster();
    await define(cluster);
    const requests: RequestReport[] = [];
    // As it is deployed: with the rights of deploy/ and no others.
    await grantRights(cluster);
    const connection = await connectAs("autopool", {
      onRequest: (report) => report.verb !== "watch" && requests.push(report),
    });
    await eventually(() => connection.list(spiderIPPools, { limit: 1 }));
    const write = (line: string): unknown => process.env["STAGE_LOG"] && process.stderr.write(`${line}\n`);
    const operator = new Operator({
      cluster: intercept(connection),
      clock: systemClock,
      random: systemRandom,
      settings: { ...defaultSettings, ...settings },
      log: createLog({ clock: systemClock, level: "debug", format: "text", write }),
    });
    await operator.start();
    return new Stage(cluster, connection, operator, requests);
  }

  /** A namespace and, where numbers of addresses are given, subnets for one test. */
  async place({ v4, v6 }: { v4?: number; v6?: number } = {}): Promise<Place> {
    const { name } = await freshNamespace(this.cluster);
    const place = new Place(this.cluster, this.operator, name);
    this.#places.push(place);
    this.#all.push(name);
    if (v4 !== undefined) await place.addSubnet(4, v4);
    if (v6 !== undefined) await place.addSubnet(6, v6);
    return place;
  }

  /** The namespace that manifests without one go to; it stays. */
  defaultPlace(): Place {
    const place = new Place(this.cluster, this.operator, "default");
    this.#places.push(place);
    return place;
  }

  /** Resolves once the operator has asked for nothing for a while. */
  async quiet(): Promise<void> {
    await eventually(
      async () => {
        const before = this.requests.length;
        await sleep(systemClock, 400);
        if (this.requests.length > before) throw new Error("The operator does not come to rest");
      },
      { seconds: 20 },
    );
  }

  /** Removes what tests made so far; namespaces go later. */
  async clear(): Promise<void> {
    await Promise.all(this.#places.splice(0).map((place) => place.clear()));
  }

  /** Removes everything and stops the operator. */
  async close(): Promise<void> {
    try {
      await this.clear();
      await eventually(
        async () => {
          const { items } = await this.cluster.list(namespaces);
          const left = items.map(({ metadata }) => metadata.name).filter((name) => this.#all.includes(name));
          if (left.length > 0) throw new Error(`Namespaces are left: ${left.join(", ")}`);
        },
        { seconds: 60 },
      );
    } finally {
      await this.operator.stop();
      await Promise.all([this.#connection.close(), this.cluster.close()]);
    }
  }
}

/** Applies crds/ and waits until all of it is served. */
export async function define(cluster: Cluster): Promise<void> {
  const folder = new URL("../../crds/", import.meta.url).pathname;
  for (const file of globSync("*.yaml", { cwd: folder })) {
    const definition = load(readFileSync(`${folder}${file}`, "utf8")) as KubeObject;
    const { name } = definition.metadata;
    await cluster.create(customResourceDefinitions, definition).catch((error: unknown) => {
      if (!hasCode(error, 409)) throw error;
      return cluster.patch(customResourceDefinitions, { name }, definition);
    });
  }
  await eventually(async () => {
    for (const { kind } of [spiderIPPools, spiderSubnets]) {
      if (!(await cluster.resolve(API_VERSION, kind))) throw new Error(`${kind} is not served`);
    }
    await Promise.all([cluster.list(spiderIPPools), cluster.list(spiderSubnets)]);
  });
}
