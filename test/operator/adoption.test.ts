/**
 * Manual pools belong to the subnet of their CIDR: recorded, adopted, and with it to the end.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { API_VERSION, FINALIZER, LABEL } from "../../src/api/names.ts";
import { deployments, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { OwnerReference } from "../../src/cluster/cluster.ts";
import type { MemoryWorld } from "../support/memory-world.ts";
import { allocate, annotationsOf, createWorkload, manualPool, subnet } from "../support/scenario.ts";
import { ledger, onS4, reasons, recorded, scenario, settled, summary } from "./scene.ts";

const CIDR = "10.4.0.0/24";

const poolOf = (world: MemoryWorld, name: string): SpiderIPPool =>
  world.pools.find(({ metadata }) => metadata.name === name) as SpiderIPPool;
const subnetOf = (world: MemoryWorld, name: string): SpiderSubnet =>
  world.subnets.find(({ metadata }) => metadata.name === name) as SpiderSubnet;
const readyOf = ({ status }: SpiderIPPool): string[] =>
  (status?.conditions ?? []).map(({ type, status: value, reason }) => `${type} ${value} ${reason}`);

async function create(world: MemoryWorld, pool: SpiderIPPool): Promise<void> {
  world.excuse(pool.metadata.name, "pool");
  await world.act((user) => user.create(spiderIPPools, pool));
}

async function change(world: MemoryWorld, name: string, patch: object): Promise<void> {
  world.excuse(name, "pool");
  await world.act((user) => user.patch(spiderIPPools, { name }, patch));
}

const adoption = suite("operator: adoption");

adoption(
  "gives a manual pool owner, label, finalizer and record",
  scenario(async (world) => {
    await create(world, manualPool("p", CIDR, ["10.4.0.12-10.4.0.14"], { excludeIPs: ["10.4.0.13"] }));
    await settled(world);
    const { metadata, spec, status } = poolOf(world, "p");
    const { uid = "" } = subnetOf(world, "s4").metadata;
    assert.equal(metadata.labels, { [LABEL.ownerSubnet]: "s4", [LABEL.poolCidr]: "10-4-0-0-24" });
    assert.equal(metadata.finalizers, [FINALIZER]);
    assert.equal(metadata.ownerReferences, [
      {
        apiVersion: API_VERSION,
        kind: "SpiderSubnet",
        name: "s4",
        uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    assert.equal([spec.ipVersion, status?.totalIPCount, status?.state], [4, 2, undefined]);
    assert.equal(readyOf(poolOf(world, "p")), ["Ready True Adopted"]);
    const { controlledIPPools, allocatedIPCount } = subnetOf(world, "s4").status ?? {};
    assert.equal([controlledIPPools, allocatedIPCount], ['{"p":{"ips":["10.4.0.12","10.4.0.14"]}}', 2]);
    assert.equal(reasons(world, "SpiderIPPool"), []);
  }),
);

adoption(
  "finds the pool whichever of the two comes first, and leaves pools of other CIDRs alone",
  scenario(async (world) => {
    await create(world, manualPool("p", "10.6.0.0/24", ["10.6.0.12"]));
    await create(world, manualPool("inner", "10.7.0.0/25", ["10.7.0.12"]));
    await settled(world);
    assert.equal(
      [poolOf(world, "p").metadata.ownerReferences, readyOf(poolOf(world, "p"))],
      [undefined, ["Ready True Standalone"]],
    );
    await world.act((user) => user.create(spiderSubnets, subnet("late", "10.6.0.0/24", ["10.6.0.10-10.6.0.19"])));
    await settled(world);
    assert.equal(ledger(world, "late"), { p: 1 });
    assert.equal(readyOf(poolOf(world, "p")), ["Ready True Adopted"]);
    assert.is(poolOf(world, "inner").metadata.ownerReferences, undefined);
  }),
);

adoption(
  "lets a pool inherit what it lacks, once",
  scenario(async (world) => {
    const routes = [{ dst: "192.0.2.0/24", gw: "10.6.0.2" }];
    const own = [{ dst: "198.51.100.0/24", gw: "10.6.0.3" }];
    await create(world, manualPool("bare", "10.6.0.0/24", ["10.6.0.12"]));
    await create(world, manualPool("none", "10.6.0.0/24", ["10.6.0.13"], { routes: [] }));
    await create(world, manualPool("own", "10.6.0.0/24", ["10.6.0.14"], { routes: own, gateway: "10.6.0.4" }));
    const late = subnet("late", "10.6.0.0/24", ["10.6.0.10-10.6.0.19"]);
    await world.act((user) =>
      user.create(spiderSubnets, { ...late, spec: { ...late.spec, gateway: "10.6.0.1", routes } }),
    );
    await settled(world);
    const inherited = (name: string) => [poolOf(world, name).spec.gateway, poolOf(world, name).spec.routes];
    assert.equal(inherited("bare"), ["10.6.0.1", routes]);
    assert.equal(inherited("none"), ["10.6.0.1", []]);
    assert.equal(inherited("own"), ["10.6.0.4", own]);

    await change(world, "bare", {
      spec: { gateway: null, routes: null },
      metadata: { labels: { [LABEL.ownerSubnet]: null } },
    });
    await settled(world);
    assert.equal(inherited("bare"), [undefined, undefined]);
    assert.is(poolOf(world, "bare").metadata.labels?.[LABEL.ownerSubnet], "late");
  }),
);

adoption(
  "keeps the record as the pool is: smaller, larger, gone",
  scenario(async (world) => {
    await create(world, manualPool("p", CIDR, ["10.4.0.10-10.4.0.13"]));
    await settled(world);
    await change(world, "p", { spec: { ips: ["10.4.0.10"] } });
    await settled(world);
    assert.equal(ledger(world, "s4"), { p: 1 });
    await change(world, "p", { spec: { ips: ["10.4.0.10-10.4.0.18"], excludeIPs: ["10.4.0.11"] } });
    await settled(world);
    assert.equal(ledger(world, "s4"), { p: 8 });
    await world.act((user) => user.delete(spiderIPPools, { name: "p" }));
    await settled(world);
    assert.equal([world.pools, subnetOf(world, "s4").status?.controlledIPPools], [[], undefined]);
    assert.is(subnetOf(world, "s4").status?.allocatedIPCount, 0);
  }),
);

adoption(
  "keeps an address recorded that a pod has though the pool has lost it, until the pod has ended",
  scenario(async (world) => {
    await create(world, manualPool("p", CIDR, ["10.4.0.10-10.4.0.11"]));
    await settled(world);
    await world.act((user) => allocate(user, poolOf(world, "p"), ["10.4.0.11"]));
    await change(world, "p", { spec: { ips: ["10.4.0.10"] } });
    await settled(world);
    assert.equal(ledger(world, "s4"), { p: 2 });
    await world.act((user) => allocate(user, poolOf(world, "p"), []));
    await settled(world);
    assert.equal(ledger(world, "s4"), { p: 1 });
  }),
);

adoption(
  "shares the subnet with automatic pools",
  scenario(async (world) => {
    await create(world, manualPool("p", CIDR, ["10.4.0.10-10.4.0.14"]));
    await world.act((user) => createWorkload(user, deployments, "web", 4, annotationsOf({ ...onS4, number: "6" })));
    await settled(world);
    assert.equal([ledger(world, "s4"), reasons(world, "Deployment")], [{ p: 5 }, ["InsufficientAddresses"]]);
    await change(world, "p", { spec: { ips: ["10.4.0.10-10.4.0.13"] } });
    await settled(world);
    assert.equal(summary(world), ["s4 4 undefined", "s4 6 created"]);
    assert.is(recorded(world, "s4"), 10);
  }),
);

adoption(
  "takes a pool that a person has taken from its application out of the application's hands",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf({ ...onS4, number: "2" })));
    await settled(world);
    const [{ metadata }] = world.pools as [SpiderIPPool];
    const labels = Object.fromEntries(
      Object.keys(metadata.labels ?? {})
        .filter((key) => key.includes("owner-application"))
        .map((key) => [key, null]),
    );
    await change(world, metadata.name, { metadata: { labels }, spec: { podAffinity: null } });
    await settled(world);
    assert.equal(summary(world), ["s4 2 created", "s4 2 undefined"]);
    const book = JSON.parse(subnetOf(world, "s4").status?.controlledIPPools ?? "{}") as Record<string, object>;
    assert.equal(book[metadata.name], { ips: ["10.4.0.10-10.4.0.11"] });
    assert.equal(readyOf(poolOf(world, metadata.name)), ["Ready True Adopted"]);
  }),
);

adoption(
  "drops what somebody wrote into the ledger, and puts back what somebody took out (I00022)",
  scenario(async (world) => {
    await create(world, manualPool("p", CIDR, ["10.4.0.10"]));
    await settled(world);
    world.excuse("p", "record");
    const dirty = { dirty: { ips: ["10.4.0.15-10.4.0.19"] }, p: { ips: ["10.4.0.10-10.4.0.12"], application: "x" } };
    for (const text of [JSON.stringify(dirty), null, "{"]) {
      await world.act((user) =>
        user.patch(spiderSubnets, { name: "s4" }, { status: { controlledIPPools: text } }, { subresource: "status" }),
      );
      await settled(world);
      const { controlledIPPools, allocatedIPCount } = subnetOf(world, "s4").status ?? {};
      assert.equal([controlledIPPools, allocatedIPCount], ['{"p":{"ips":["10.4.0.10"]}}', 1], `after ${text}`);
    }
  }),
);

adoption(
  "leaves a pool to another controller, says so, and holds up nobody",
  scenario(async (world) => {
    const { uid = "" } = subnetOf(world, "t4").metadata;
    const owner: OwnerReference = { apiVersion: API_VERSION, kind: "SpiderSubnet", name: "t4", uid, controller: true };
    const foreign = manualPool("foreign", CIDR, ["10.4.0.10"]);
    await create(world, { ...foreign, metadata: { name: "foreign", ownerReferences: [owner] } });
    await create(world, manualPool("p", CIDR, ["10.4.0.11"]));
    await settled(world);
    assert.equal(readyOf(poolOf(world, "foreign"))[2], "Stalled True ForeignOwner");
    assert.equal([reasons(world, "SpiderIPPool"), ledger(world, "s4")], [["ForeignOwner"], { foreign: 1, p: 1 }]);
    assert.equal(readyOf(poolOf(world, "p")), ["Ready True Adopted"]);

    await change(world, "foreign", { metadata: { ownerReferences: null } });
    await settled(world);
    assert.equal(readyOf(poolOf(world, "foreign")), ["Ready True Adopted"]);
  }),
);

adoption(
  "ends with the subnet: it takes its manual pools along, those in use when their pods have ended",
  scenario(async (world) => {
    await create(world, manualPool("idle", CIDR, ["10.4.0.10"]));
    await create(world, manualPool("used", CIDR, ["10.4.0.11"]));
    await settled(world);
    await world.act((user) => allocate(user, poolOf(world, "used"), ["10.4.0.11"]));
    await world.act((user) => user.delete(spiderSubnets, { name: "s4" }));
    await settled(world);
    assert.equal([world.pools.map(({ metadata }) => metadata.name), ledger(world, "s4")], [["used"], { used: 1 }]);
    await world.act((user) => allocate(user, poolOf(world, "used"), []));
    await settled(world);
    assert.equal([world.pools, subnetOf(world, "s4")], [[], undefined]);
  }),
);

adoption(
  "leaves manual pools where they are if they are told to stay, and a new subnet of the name takes over",
  scenario(async (world) => {
    await create(world, manualPool("p", CIDR, ["10.4.0.10"]));
    await settled(world);
    const before = poolOf(world, "p").metadata.uid;
    await world.act((user) => user.delete(spiderSubnets, { name: "s4" }, { propagationPolicy: "Orphan" }));
    await settled(world);
    assert.equal([subnetOf(world, "s4"), readyOf(poolOf(world, "p"))], [undefined, ["Ready True Standalone"]]);

    await world.act((user) => user.create(spiderSubnets, subnet("s4", CIDR, ["10.4.0.10-10.4.0.19"])));
    await settled(world);
    const { metadata } = poolOf(world, "p");
    assert.equal([metadata.uid, metadata.ownerReferences?.[0]?.uid], [before, subnetOf(world, "s4").metadata.uid]);
    assert.equal(ledger(world, "s4"), { p: 1 });
  }),
);

adoption(
  "costs a pool few writes, and a restart none",
  scenario(async (world) => {
    const before = world.server.version();
    await create(world, manualPool("p", CIDR, ["10.4.0.10"]));
    await settled(world);
    // The user's, label and finalizer, record, adoption, status.
    assert.ok(world.server.version() - before <= 6, `${world.server.version() - before} writes`);
    const version = world.server.version();
    world.crash();
    world.start();
    await settled(world);
    assert.is(world.server.version(), version);
  }),
);

adoption.run();
