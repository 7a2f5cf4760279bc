/**
 * All that an installation does in its life, in this process and under the shipped accounts, so that every call that it ever makes of the
 * API server is made: applications of all kinds, a restart, admission, certificates, collection, and the node's side.
 *
 * Conflicts that come up once a week are planned. Objects that are looked for need not be there: what counts is the question.
 * @module
 */

import { parseRanges } from "../../src/address/range-set.ts";
import { CLAIMS } from "../../src/admission/claim-store.ts";
import { applicationText } from "../../src/api/application.ts";
import { newPool } from "../../src/api/auto-pool.ts";
import { FINALIZER } from "../../src/api/names.ts";
import {
  configMaps,
  leases,
  nodes,
  pods,
  secrets,
  spiderEndpoints,
  spiderIPPools,
  spiderSubnets,
} from "../../src/api/resources.ts";
import { systemClock } from "../../src/clock.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { defaultCollectorSettings } from "../../src/ipam/collector-settings.ts";
import { virtualMachineInstances } from "../../src/ipam/static-holder.ts";
import { Elector } from "../../src/leadership/elector.ts";
import { silentLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { systemRandom } from "../../src/random.ts";
import { Rivals } from "../../src/rivals.ts";
import { Serving } from "../../src/serving.ts";
import { defaultSettings } from "../../src/settings.ts";
import { agentLife } from "./agent-life.ts";
import { eventually } from "./eventually.ts";
import { defineMachines, foreignKinds, forgetMachines } from "./foreign-kinds.ts";
import { deployment, nativeWorkloads } from "./manifests.ts";
import { freshSpec, Place } from "./place.ts";
import { freshNamespace, realCluster, removeObject, uniqueName } from "./real.ts";
import { RecordedCalls } from "./recorded-calls.ts";
import { isCalled } from "./running-webhook.ts";
import { connectAs, grantRights, SYSTEM_NAMESPACE } from "./shipped-account.ts";
import { define } from "./stage.ts";
import { type InstalledWebhook, installWebhook } from "./webhook.ts";

const CERTIFICATES = { namespace: SYSTEM_NAMESPACE, name: "autopool-webhook" };
const junk = { "tls.crt": Buffer.from("no certificate").toString("base64") };
const containers = [{ name: "main", image: "registry.invalid/pause" }];

/** A pod that has an address, as pool and endpoint know it. */
interface Holder {
  readonly name: string;
  readonly uid: string;
  /** Kind of its top controller. */
  readonly owner: string;
  readonly address: string;
}

type Body = KubeObject & Record<string, unknown>;

export class WholeLife {
  readonly admin: Cluster;
  readonly operator = new RecordedCalls();
  readonly agent = new RecordedCalls();
  readonly #connection: Cluster;
  readonly #place: Place;
  readonly #namespace: string;
  #running: Operator;
  #serving: Serving | undefined;
  #webhook: InstalledWebhook | undefined;

  private constructor(admin: Cluster, connection: Cluster, namespace: string) {
    this.admin = admin;
    this.#connection = connection;
    this.#namespace = namespace;
    this.#running = this.#createOperator();
    this.#place = new Place(admin, this.#running, namespace);
  }

  /** Lives it; resolves when everything has happened. */
  static async live(): Promise<WholeLife> {
    const admin = await realCluster();
    await Promise.all([define(admin), defineMachines(admin), grantRights(admin)]);
    const connection = await connectAs("autopool");
    await eventually(() => connection.list(spiderSubnets, { limit: 1 }));
    const { name } = await freshNamespace(admin, "life");
    const life = new WholeLife(admin, connection, name);
    try {
      await life.#election();
      await life.#applications();
      await life.#admission();
      await life.#collection();
      await life.#foreigners();
      await agentLife(admin, life.agent);
    } catch (error) {
      await life.close();
      throw error;
    }
    return life;
  }

  async close(): Promise<void> {
    await this.#webhook?.remove();
    await this.#place.clear();
    await this.#serving?.stop({ atOnce: true });
    await this.#running.stop();
    await removeObject(this.admin, secrets, CERTIFICATES);
    await removeObject(this.admin, configMaps, { namespace: SYSTEM_NAMESPACE, name: CLAIMS });
    await removeObject(this.admin, nodes, { name: this.#namespace });
    await forgetMachines(this.admin);
    await Promise.all([this.#connection.close(), this.admin.close()]);
  }

  #createOperator(): Operator {
    return new Operator({
      cluster: this.operator.of(this.#connection),
      clock: systemClock,
      random: systemRandom,
      settings: {
        ...defaultSettings,
        nudgeMs: 1000,
        onTheWayMs: 2_000,
        collection: { ...defaultCollectorSettings, gcDelayMs: 100, gcIntervalMs: 1000 },
      },
      log: silentLog,
    });
  }

  /** A replica leads, is disturbed, and lets others lead; it has looked out for rivals. */
  async #election(): Promise<void> {
    const cluster = this.operator.of(this.#connection);
    const shared = { cluster, clock: systemClock, random: systemRandom, log: silentLog };
    const rivals = new Rivals(shared);
    const leaseName = "spiderpool-controller-leases";
    await removeObject(this.admin, leases, { namespace: SYSTEM_NAMESPACE, name: leaseName });
    const elector = new Elector({
      ...shared,
      wallClock: systemClock,
      settings: { namespace: SYSTEM_NAMESPACE, leaseName, durationMs: 3000, renewMs: 2000, retryMs: 100 },
      identity: "whole-life",
      onLeading: () => this.operator.conflict("update", "leases"),
      onLost: (reason) => {
        throw new Error(`Leadership was lost: ${reason}`);
      },
    });
    try {
      elector.campaign();
      await rivals.absent;
      await eventually(() => need(this.operator.has("get", "leases"), "a lease that is read again"));
    } finally {
      await elector.release();
      await rivals.stop();
    }
  }

  /** Applications of all kinds come; they go while no operator runs; one that is wrong is told so twice. */
  async #applications(): Promise<void> {
    const place = this.#place;
    const { operator } = this;
    await this.#running.start();
    const subnet = await place.addSubnet(4, 200);
    operator.conflict("patch", "spidersubnets/status");
    operator.conflict("patch", "spiderippools/status");
    for (const [index, kind] of nativeWorkloads.entries()) {
      if (kind.resource.kind === "DaemonSet") {
        const ref = { namespace: this.#namespace, name: `app-${index}` };
        await place.create(kind.resource, kind.manifest(ref, { subnet: { ipv4: [subnet] }, number: "+1" }, 1));
      } else await place.run(kind, `app-${index}`, { subnet: { ipv4: [subnet] }, number: "+1" });
    }
    await place.run(deployment, "wrong", { subnet: "no JSON" });
    await place.poolsOf(1, 2, 2, 2, 2, 2);
    await place.scale(deployment, "app-0", 3);
    await place.poolsOf(1, 2, 2, 2, 2, 4);
    await eventually(() => need(operator.has("create", "events"), "an Event"));
    await this.#running.stop();
    for (const [index, kind] of nativeWorkloads.entries()) await place.end(kind, `app-${index}`);
    await this.#orphans(subnet);
    this.#running = this.#createOperator();
    await this.#running.start();
    for (const { metadata } of await place.poolsOf(...foreignKinds.map(() => 1))) {
      await removeObject(this.admin, spiderIPPools, { name: metadata.name });
    }
    await place.poolsOf();
    await eventually(() => need(operator.has("patch", "events"), "an Event that is told again"), { seconds: 30 });
  }

  /** Pools of applications of other kinds that are gone. */
  async #orphans(name: string): Promise<void> {
    const subnet = await this.#place.subnet(name);
    const base = subnet.spec.subnet.split("/")[0]?.replace(/\.0$/, "");
    const pools = foreignKinds.map(({ apiVersion, resource: { kind } }, index) => {
      const application = { apiVersion, kind, namespace: this.#namespace, name: "gone", uid: `0000-${index}` };
      const owner = { application, interface: "eth0", family: 4, reclaim: true, number: "1" } as const;
      return newPool(`auto4-gone-eth0-${index}`, owner, subnet, parseRanges([`${base}.${150 + index}`], 4));
    });
    const records = pools.map(({ metadata, spec }, index) => {
      const { apiVersion, resource } = foreignKinds[index] as (typeof foreignKinds)[number];
      const application = { apiVersion, kind: resource.kind, namespace: this.#namespace, name: "gone" };
      return [metadata.name, { ips: spec.ips, application: applicationText(application) }];
    });
    const status = { controlledIPPools: JSON.stringify(Object.fromEntries(records)) };
    await this.admin.patch(spiderSubnets, { name }, { status }, { subresource: "status" });
    for (const pool of pools) await this.admin.create(spiderIPPools, pool);
  }

  /** The webhook finds a Secret that cannot be mended, and later one that can; people write subnets and a pool. */
  async #admission(): Promise<void> {
    const { admin, operator } = this;
    await removeObject(admin, secrets, CERTIFICATES);
    await removeObject(admin, configMaps, { namespace: SYSTEM_NAMESPACE, name: CLAIMS });
    await admin.create<Body>(secrets, { metadata: CERTIFICATES, immutable: true, data: junk });
    this.#serving = new Serving({
      cluster: operator.of(this.#connection),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      settings: {
        families: [4, 6],
        webhookPort: 0,
        webhookHosts: ["127.0.0.1"],
        namespace: SYSTEM_NAMESPACE,
        validateDelete: false,
      },
      caches: this.#running.observer,
      host: "127.0.0.1",
    });
    await this.#serving.start();
    this.#webhook = await installWebhook(admin, { port: this.#serving.ports.webhook as number, name: "autopool" });
    await isCalled("autopool", 4);
    const [name] = await Promise.all(["a", "b"].map(() => this.#place.addSubnet(4, 20, uniqueName("autopool"))));
    await this.#place.addSubnet(4, 20, uniqueName("autopool"));
    const { spec } = await this.#place.subnet(name as string);
    const pool = uniqueName("autopool");
    this.#place.own(spiderIPPools, pool);
    await admin.create<Body>(spiderIPPools, {
      metadata: { name: pool },
      spec: { ...spec, ips: [spec.ips?.[0]?.split("-")[0]] },
    });
    await admin.patch(secrets, CERTIFICATES, { data: junk });
    await eventually(() => need(operator.has("patch", "secrets"), "a Secret that is mended"), { seconds: 30 });
  }

  /** Pods that are gone have left their addresses behind, and one is ending on a node that does not answer. */
  async #collection(): Promise<void> {
    const { admin, operator } = this;
    const namespace = this.#namespace;
    const pool = uniqueName("pool");
    this.#place.own(spiderIPPools, pool);
    const spec = freshSpec(4, 10);
    const [first = ""] = spec.ips?.[0]?.split("-") ?? [];
    const prefix = first.slice(0, first.lastIndexOf("."));
    await admin.create(nodes, { metadata: { name: namespace } });
    await admin.create<Body>(spiderIPPools, { metadata: { name: pool }, spec });
    const ending = await eventually(() =>
      admin.create<Body>(pods, {
        metadata: { namespace, name: "ending" },
        spec: {
          nodeName: namespace,
          terminationGracePeriodSeconds: 1,
          containers,
          tolerations: [{ operator: "Exists" }],
        },
      }),
    );
    const holders = [
      { name: "gone", uid: "1", owner: "Pod" },
      { name: "set-0", uid: "2", owner: "StatefulSet" },
      { name: "machine", uid: "3", owner: virtualMachineInstances.kind },
      { name: "ending", uid: ending.metadata.uid ?? "", owner: "Pod" },
    ].map((holder, index) => ({ ...holder, address: `${prefix}.${10 + index}` }));
    const status = await this.#hold(pool, holders);
    operator.conflict("update", "spiderippools/status");
    await admin.patch(spiderIPPools, { name: pool }, { status }, { subresource: "status" });
    await removeObject(admin, pods, { namespace, name: "ending" });
    await eventually(
      () => {
        for (const resource of ["virtualmachineinstances", "virtualmachines", "statefulsets", "nodes", "pods"]) {
          need(operator.has("get", resource), `get ${resource}`);
        }
        need(operator.has("delete", "spiderendpoints"), "an endpoint's end");
        need(operator.has("update", "spiderippools/status"), "an address's end");
      },
      { seconds: 30 },
    );
    await admin.patch(
      spiderIPPools,
      { name: pool },
      { status: { allocatedIPs: null, allocatedIPCount: 0 } },
      { subresource: "status" },
    );
  }

  /** Writes the endpoints of pods that hold addresses of a pool; returns the pool's status with its records. */
  async #hold(pool: string, holders: readonly Holder[]): Promise<object> {
    const namespace = this.#namespace;
    for (const { name, uid, owner, address } of holders) {
      const ips = [{ interface: "eth0", ipv4: `${address}/20`, ipv4Pool: pool }];
      const status = {
        current: { uid, node: namespace, ips },
        ownerControllerType: owner,
        ownerControllerName: "none",
      };
      const finalizers = [FINALIZER];
      await this.admin.create<Body>(spiderEndpoints, { metadata: { namespace, name, finalizers }, status });
    }
    const records = holders.map(({ name, uid, address }) => [
      address,
      { interface: "eth0", pod: `${namespace}/${name}`, podUid: uid },
    ]);
    return { allocatedIPs: JSON.stringify(Object.fromEntries(records)), allocatedIPCount: records.length };
  }

  /** Pods of kinds that Kubernetes does not ship. */
  async #foreigners(): Promise<void> {
    const { admin, operator } = this;
    for (const [index, { apiVersion, resource }] of foreignKinds.entries()) {
      const owner = { apiVersion, kind: resource.kind, name: "owner", uid: `0000-${index}`, controller: true };
      const annotations = {
        "ipam.spidernet.io/subnet": JSON.stringify({ ipv4: [this.#place.v4] }),
        "ipam.spidernet.io/ippool-ip-number": "1",
      };
      // Its owner is not there, so it soon goes; that it was is enough.
      await admin.create<Body>(pods, {
        metadata: { namespace: this.#namespace, name: `foreign-${index}`, annotations, ownerReferences: [owner] },
        spec: { schedulerName: "nobody", containers },
      });
    }
    await eventually(
      () => {
        for (const { resource } of foreignKinds) need(operator.makes("watch", resource), `watch ${resource.plural}`);
      },
      { seconds: 20 },
    );
  }
}

function need(isThere: boolean, what: string): void {
  if (!isThere) throw new Error(`There was no call for ${what}`);
}
