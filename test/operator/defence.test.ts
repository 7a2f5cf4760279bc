/**
 * What came in with no webhook running is not trusted: it is told, stalled, and given nothing of, until it is as it should be.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Condition } from "../../src/api/condition.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { API_VERSION } from "../../src/api/names.ts";
import { deployments, events, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import type { MemoryWorld } from "../support/memory-world.ts";
import {
  allocate,
  annotationsOf,
  createWorkload,
  manualPool,
  NAMESPACE,
  scaleWorkload,
  subnet,
} from "../support/scenario.ts";
import { ledger, onS4, reasons, scenario, settled, summary } from "./scene.ts";

const CIDR = "10.4.0.0/24";

const poolOf = (world: MemoryWorld, name: string): SpiderIPPool =>
  world.pools.find(({ metadata }) => metadata.name === name) as SpiderIPPool;
const subnetOf = (world: MemoryWorld, name: string): SpiderSubnet =>
  world.subnets.find(({ metadata }) => metadata.name === name) as SpiderSubnet;

/** `Ready`, or the reason why not. */
function stateOf({ status }: { readonly status?: { readonly conditions?: Condition[] } }): string | undefined {
  const conditions = new Map((status?.conditions ?? []).map((condition) => [condition.type, condition]));
  if (conditions.get("Ready")?.status === "True") return conditions.size === 1 ? "Ready" : "Ready and more";
  const stalled = conditions.get("Stalled");
  return stalled?.status === "True" ? stalled.reason : undefined;
}

/** Messages of the Events about one object. */
function told(world: MemoryWorld, name: string): string[] {
  const all = world.objects(events) as (KubeObject & { message: string; involvedObject: { name: string } })[];
  return all.filter(({ involvedObject }) => involvedObject.name === name).map(({ message }) => message);
}

async function create(world: MemoryWorld, ...pools: SpiderIPPool[]): Promise<void> {
  for (const pool of pools) {
    world.excuse(pool.metadata.name, "pool");
    await world.act((user) => user.create(spiderIPPools, pool));
    await world.clock.advance(1_000);
  }
}

async function change(world: MemoryWorld, name: string, spec: object): Promise<void> {
  world.excuse(name, "pool");
  await world.act((user) => user.patch(spiderIPPools, { name }, { spec }));
}

const pools = suite("operator: defence of pools");

const wrong: readonly [what: string, pool: SpiderIPPool, field: string, cure: object][] = [
  ["reversed", manualPool("p", CIDR, ["10.4.0.14-10.4.0.12"]), "spec.ips[0]", { ips: ["10.4.0.12"] }],
  ["outside of the CIDR", manualPool("p", CIDR, ["10.5.0.12"]), "spec.ips[0]", { ips: ["10.4.0.12"] }],
  ["outside of the subnet", manualPool("p", CIDR, ["10.4.0.9"]), "spec.ips", { ips: ["10.4.0.12"] }],
  [
    "with its own gateway",
    manualPool("p", CIDR, ["10.4.0.12-10.4.0.13"], { gateway: "10.4.0.13" }),
    "spec.ips[0]",
    { excludeIPs: ["10.4.0.13"] },
  ],
];
for (const [what, pool, field, cure] of wrong) {
  pools(
    `refuse one ${what}, give nothing out of it, and take it when it is corrected`,
    scenario(async (world) => {
      await create(world, pool);
      await settled(world);
      assert.is(stateOf(poolOf(world, "p")), "InvalidSpec");
      assert.equal(
        [told(world, "p").length, told(world, "p")[0]?.startsWith(`${field}: `)],
        [1, true],
        told(world, "p")[0],
      );
      assert.equal([ledger(world, "s4"), poolOf(world, "p").metadata.ownerReferences], [{}, undefined]);

      await change(world, "p", cure);
      await settled(world);
      assert.equal([stateOf(poolOf(world, "p")), ledger(world, "s4")], ["Ready", { p: 1 }]);
      assert.is(told(world, "p").length, 1);
    }),
  );
}

for (const isSeen of [true, false]) {
  pools(
    `let the older of two have the addresses, ${isSeen ? "seen" : "not seen"} by the operator, and the younger when it is gone`,
    scenario(async (world) => {
      if (!isSeen) world.crash();
      await create(
        world,
        manualPool("older", CIDR, ["10.4.0.12-10.4.0.14"]),
        manualPool("a-younger", CIDR, ["10.4.0.14-10.4.0.15"]),
      );
      if (!isSeen) world.start();
      await settled(world);
      assert.equal([stateOf(poolOf(world, "older")), stateOf(poolOf(world, "a-younger"))], ["Ready", "Overlap"]);
      assert.equal(ledger(world, "s4"), { older: 3 });
      assert.match(told(world, "a-younger")[0] ?? "", /overlap with IPPool older in IP ranges \[10\.4\.0\.14\]/);

      await world.act((user) => user.delete(spiderIPPools, { name: "older" }));
      await settled(world);
      assert.equal([stateOf(poolOf(world, "a-younger")), ledger(world, "s4")], ["Ready", { "a-younger": 2 }]);
      assert.equal(told(world, "older"), []);
    }),
  );
}

pools(
  "leave a pool what is recorded for it when an older one grows into it",
  scenario(async (world) => {
    await create(world, manualPool("older", CIDR, ["10.4.0.12"]), manualPool("younger", CIDR, ["10.4.0.14"]));
    await settled(world);
    world.crash();
    await change(world, "older", { ips: ["10.4.0.12-10.4.0.14"] });
    world.excuse("younger", "pool");
    world.start();
    await settled(world);
    assert.equal([stateOf(poolOf(world, "older")), stateOf(poolOf(world, "younger"))], ["Overlap", "Ready"]);
    assert.equal(ledger(world, "s4"), { older: 1, younger: 1 });
    await change(world, "older", { ips: ["10.4.0.12-10.4.0.13"] });
    await settled(world);
    assert.equal([stateOf(poolOf(world, "older")), ledger(world, "s4")], ["Ready", { older: 2, younger: 1 }]);
  }),
);

pools(
  "leave an automatic pool its addresses, and get them when it no longer has them",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 4, annotationsOf({ ...onS4, number: "+0" })));
    await settled(world);
    await create(world, manualPool("p", CIDR, ["10.4.0.12-10.4.0.14"]));
    await settled(world);
    assert.equal([stateOf(poolOf(world, "p")), summary(world)], ["Overlap", ["s4 4 created", "undefined 3 undefined"]]);

    await world.act((user) => scaleWorkload(user, deployments, "web", 2));
    await settled(world);
    assert.equal([stateOf(poolOf(world, "p")), summary(world)], ["Ready", ["s4 2 created", "s4 3 undefined"]]);
  }),
);

pools(
  "are told of no collision with one that is just being replaced",
  scenario(async (world) => {
    await create(world, manualPool("blue", CIDR, ["10.4.0.12"]));
    await settled(world);
    await world.act((user) => user.delete(spiderIPPools, { name: "blue" }));
    await create(world, manualPool("green", CIDR, ["10.4.0.12"]));
    await settled(world);
    assert.equal([stateOf(poolOf(world, "green")), ledger(world, "s4")], ["Ready", { green: 1 }]);
    assert.equal(told(world, "green"), []);
  }),
);

pools(
  "refuse one of a part of a subnet, and take it when the subnet is gone",
  scenario(async (world) => {
    await create(world, manualPool("part", "10.4.0.0/25", ["10.4.0.12"]));
    await settled(world);
    assert.is(stateOf(poolOf(world, "part")), "Overlap");
    await world.act((user) => user.delete(spiderSubnets, { name: "s4" }));
    await settled(world);
    assert.is(stateOf(poolOf(world, "part")), "Ready");
  }),
);

pools.run();

const subnets = suite("operator: defence of subnets");

subnets(
  "gives nothing out of one that overlaps an older one, says so to the application, and serves it when the other is gone",
  scenario(async (world) => {
    await world.clock.advance(1_000);
    await world.act((user) => user.create(spiderSubnets, subnet("a", "10.4.0.0/16", ["10.4.0.10-10.4.0.19"])));
    const wish = { nics: [{ interface: "eth0", ipv4: "a" }], number: "2" };
    await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf(wish)));
    await settled(world);
    assert.equal([stateOf(subnetOf(world, "a")), stateOf(subnetOf(world, "s4"))], ["Overlap", "Ready"]);
    assert.equal([world.pools, reasons(world, "Deployment")], [[], ["SubnetInvalid"]]);
    assert.match(told(world, "a")[0] ?? "", /spec\.subnet: .*overlap with Subnet s4/);

    await world.act((user) => user.delete(spiderSubnets, { name: "s4" }));
    await settled(world);
    assert.equal([stateOf(subnetOf(world, "a")), summary(world)], ["Ready", ["a 2 created"]]);
  }),
);

subnets(
  "keeps pools as they are in one that became wrong",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf({ ...onS4, number: "+0" })));
    await settled(world);
    const text = subnetOf(world, "s4").status?.controlledIPPools;
    await world.act((user) =>
      user.patch(spiderSubnets, { name: "s4" }, { spec: { routes: [{ dst: "nonsense", gw: "10.4.0.1" }] } }),
    );
    await world.act((user) => scaleWorkload(user, deployments, "web", 3));
    await settled(world);
    assert.equal(
      [stateOf(subnetOf(world, "s4")), subnetOf(world, "s4").status?.controlledIPPools],
      ["InvalidSpec", text],
    );
    assert.equal(summary(world), ["s4 2 scaling"]);

    await world.act((user) => user.patch(spiderSubnets, { name: "s4" }, { spec: { routes: null } }));
    await settled(world);
    assert.equal([stateOf(subnetOf(world, "s4")), summary(world)], ["Ready", ["s4 3 created"]]);
  }),
);

subnets(
  "says what is wrong with one that cannot be read at all",
  scenario(async (world) => {
    await world.act((user) => user.create(spiderSubnets, subnet("odd", "10.9.0.1/24", ["10.9.0.10"])));
    await settled(world);
    assert.is(stateOf(subnetOf(world, "odd")), "InvalidSpec");
    assert.match(told(world, "odd")[0] ?? "", /^spec\.subnet: Invalid value: "10\.9\.0\.1\/24"/);
  }),
);

subnets(
  "refuses one that lacks addresses of the pools that were there before",
  scenario(async (world) => {
    await create(world, manualPool("p", "10.6.0.0/24", ["10.6.0.12"]));
    await world.act((user) => user.create(spiderSubnets, subnet("late", "10.6.0.0/24", ["10.6.0.20-10.6.0.29"])));
    await settled(world);
    assert.equal([stateOf(subnetOf(world, "late")), stateOf(poolOf(world, "p"))], ["Overlap", "Ready"]);
    const ips = ["10.6.0.12", "10.6.0.20-10.6.0.29"];
    await world.act((user) => user.patch(spiderSubnets, { name: "late" }, { spec: { ips } }));
    await settled(world);
    assert.equal([stateOf(subnetOf(world, "late")), ledger(world, "late")], ["Ready", { p: 1 }]);
  }),
);

subnets.run();

const others = suite("operator: defence");

others(
  "tells of a reservation that cannot be read",
  scenario(async (world) => {
    const object = {
      apiVersion: API_VERSION,
      kind: spiderReservedIPs.kind,
      metadata: { name: "r" },
      spec: { ips: ["10.4.0.19-10.4.0.10"] },
    };
    await world.act((user) => user.create(spiderReservedIPs, object));
    await settled(world);
    assert.equal([reasons(world, "SpiderReservedIP"), told(world, "r").length], [["InvalidSpec"], 1]);
  }),
);

others(
  "costs neither applications nor pods a write, with and without somebody refused",
  scenario(async (world) => {
    const writes = async (name: string): Promise<number> => {
      const before = world.requests.filter(({ verb }) => verb !== "watch").length;
      await world.act((user) => createWorkload(user, deployments, name, 1, annotationsOf({ ...onS4, number: "1" })));
      await settled(world);
      return world.requests.filter(({ verb }) => verb !== "watch").length - before;
    };
    assert.is(await writes("first"), 3);
    await create(world, manualPool("p", CIDR, ["10.4.0.10"]), manualPool("q", CIDR, ["10.4.0.19"]));
    await settled(world);
    assert.equal([stateOf(poolOf(world, "p")), stateOf(poolOf(world, "q"))], ["Overlap", "Ready"]);
    assert.is(await writes("second"), 3);

    const before = world.requests.length;
    await world.act((user) => allocate(user, poolOf(world, "q"), ["10.4.0.19"]));
    await settled(world);
    await world.act((user) => user.delete(deployments, { namespace: NAMESPACE, name: "second" }));
    await settled(world);
    assert.is(world.requests.slice(before).filter(({ resource }) => resource?.plural === "events").length, 0);
  }),
);

others.run();
