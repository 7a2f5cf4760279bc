/**
 * Who cannot be served waits without a request and is served when the cause goes; who can be is served with few requests.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { deployments, spiderReservedIPs, spiderSubnets, statefulSets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { ApiError, type KubeObject } from "../../src/cluster/cluster.ts";
import type { WorldOptions } from "../support/memory-world.ts";
import { allocate, annotationsOf, createWorkload, NAMESPACE, scaleWorkload, subnet } from "../support/scenario.ts";
import { onlyPool, onS4, reasons, recorded, scenario, settled, summary, web } from "./scene.ts";

const waiting = suite("operator: waiting");

waiting(
  "for addresses costs no request and ends first come first served",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "first", 8, annotationsOf(onS4)));
    await settled(world);
    for (const name of ["second", "third", "fourth"]) {
      await world.act((user) => createWorkload(user, deployments, name, 3, annotationsOf(onS4)));
      await settled(world);
    }
    assert.equal(reasons(world, "Deployment"), ["InsufficientAddresses"]);
    const before = world.requests.length;
    await world.clock.advance(10 * 60_000);
    assert.equal(
      world.requests.slice(before).filter(({ verb }) => verb !== "watch"),
      [],
    );
    await world.act((user) => user.delete(deployments, { namespace: NAMESPACE, name: "first" }));
    await world.clock.advance(2_000);
    const served = world.pools
      .map(({ metadata }) => metadata.labels?.[LABEL.applicationName] ?? "")
      .sort((a, b) => a.localeCompare(b));
    assert.equal(served, ["second", "third"]);
  }),
);

waiting(
  "for a subnet ends when it is created, extended, or an address is reserved no more",
  scenario(async (world) => {
    const wish = annotationsOf({ nics: [{ interface: "eth0", ipv4: "later" }], number: "3" });
    await world.act((user) => createWorkload(user, deployments, "web", 1, wish));
    await settled(world);
    assert.equal(reasons(world, "Deployment"), ["SubnetNotFound"]);
    const reserved = { metadata: { name: "router" }, spec: { ipVersion: 4, ips: ["10.6.0.11"] } };
    await world.act((user) => user.create(spiderReservedIPs, reserved as KubeObject));
    await world.act((user) => user.create(spiderSubnets, subnet("later", "10.6.0.0/24", ["10.6.0.10-10.6.0.11"])));
    await settled(world);
    assert.equal(reasons(world, "Deployment"), ["InsufficientAddresses", "SubnetNotFound"]);
    const ips = ["10.6.0.10-10.6.0.12"];
    await world.act((user) => user.patch(spiderSubnets, { name: "later" }, { spec: { ips } }));
    await settled(world);
    assert.is(world.pools.length, 0);
    await world.act((user) => user.delete(spiderReservedIPs, { name: "router" }));
    await settled(world);
    assert.equal(onlyPool(world).spec.ips, ips);
  }),
);

waiting(
  "to shrink ends when the addresses are released, and never takes one in use",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 5, annotationsOf(onS4)));
    await settled(world);
    await world.act((user) => allocate(user, onlyPool(world), ["10.4.0.12", "10.4.0.13", "10.4.0.15"]));
    await world.act((user) => scaleWorkload(user, deployments, "web", 1));
    await settled(world);
    assert.equal(summary(world), ["s4 6 scaling"]);
    // Pods that end in good time are nothing to tell.
    assert.equal(reasons(world, "Deployment"), []);
    await world.clock.advance(10_000);
    assert.equal(reasons(world, "Deployment"), ["ShrinkBlocked"]);
    await world.act((user) => allocate(user, onlyPool(world), ["10.4.0.15"]));
    await settled(world);
    assert.equal(onlyPool(world).spec.ips, ["10.4.0.10", "10.4.0.15"]);
    assert.is(recorded(world, "s4"), 2);
  }),
);

waiting(
  "is told of a subnet that is being deleted or of the other family",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
    await settled(world);
    await world.act((user) => user.delete(spiderSubnets, { name: "s4" }));
    await world.act((user) => scaleWorkload(user, deployments, "web", 4));
    const wrong = annotationsOf({ nics: [{ interface: "eth0", ipv4: "s6" }] });
    await world.act((user) => createWorkload(user, statefulSets, "wrong", 1, wrong));
    await settled(world);
    assert.equal(summary(world), ["s4 2 scaling"]);
    assert.equal(reasons(world, "Deployment"), ["SubnetTerminating"]);
    assert.equal(reasons(world, "StatefulSet"), ["SubnetWrongFamily"]);
    await world.act((user) => user.delete(deployments, web));
    await settled(world);
    assert.not.ok(
      world.subnets.some(({ metadata }) => metadata.name === "s4"),
      "the subnet has gone",
    );
  }),
);

waiting.run();

/** Refuses pools that contain these addresses, as somebody's admission webhook would. */
function refusing(code: number, address: string): NonNullable<WorldOptions["admit"]> {
  return (resource, object, old) => {
    const ips = (object as SpiderIPPool).spec?.ips ?? [];
    if (resource.plural !== "spiderippools" || old || !ips.join().includes(address)) return;
    throw new ApiError(code, code === 422 ? "Invalid" : "Forbidden", `${address} belongs to a printer`);
  };
}

const refused = suite("operator: refusals");

refused(
  "of addresses (422) give them back, and others are picked",
  scenario(
    async (world) => {
      await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
      assert.ok(await world.clock.runUntil(() => world.pools.length > 0, 60_000), "a pool of other addresses is made");
      await settled(world);
      assert.equal([onlyPool(world).spec.ips, recorded(world, "s4")], [["10.4.0.12-10.4.0.13"], 2]);
      assert.equal(reasons(world, "Deployment"), ["Refused"]);
    },
    { admit: refusing(422, "10.4.0.10") },
  ),
);

refused("of the pool (403) leave no record behind and are tried again, seldom, until they end", async () => {
  let isForbidden = true;
  const forbid = refusing(403, "10.4.0.");
  const admit: WorldOptions["admit"] = (...what) => {
    if (isForbidden) forbid(...what);
  };
  await scenario(
    async (world) => {
      await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
      await world.clock.advance(10_000);
      assert.equal([world.pools.length, recorded(world, "s4")], [0, 0]);
      const before = world.requests.length;
      await world.clock.advance(10 * 60_000);
      const count = world.requests.slice(before).filter(({ verb }) => verb !== "watch").length;
      assert.ok(count < 100, `${count} requests in ten minutes`);
      isForbidden = false;
      await world.clock.advance(60_000);
      assert.equal(summary(world), ["s4 2 created"]);
    },
    { admit },
  )();
});

refused("of the record (403) are told, and end with their cause", async () => {
  let isForbidden = true;
  const admit: WorldOptions["admit"] = ({ plural }, object, old) => {
    const isRecord = (object as SpiderSubnet).status?.controlledIPPools !== undefined;
    if (isForbidden && plural === "spidersubnets" && old && isRecord) throw new ApiError(403, "Forbidden", "no way");
  };
  await scenario(
    async (world) => {
      await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
      await world.clock.advance(5_000);
      assert.equal([world.pools.length, reasons(world, "Deployment")], [0, ["Refused"]]);
      isForbidden = false;
      await world.clock.advance(60_000);
      assert.equal(summary(world), ["s4 2 created"]);
    },
    { admit },
  )();
});

refused.run();

const cost = suite("operator: cost");

cost(
  "of many new applications is one create and one status write for each, and few ledger writes",
  scenario(async (world) => {
    await world.act((user) => user.create(spiderSubnets, subnet("big", "10.7.0.0/16", ["10.7.1.0-10.7.9.255"])));
    await settled(world);
    const before = world.requests.length;
    const annotations = annotationsOf({ nics: [{ interface: "eth0", ipv4: "big" }] });
    for (let i = 0; i < 100; i++)
      await world.act((user) => createWorkload(user, deployments, `app-${i}`, 2, annotations));
    await settled(world);
    const counts = new Map<string, number>();
    for (const { verb, resource, subresource } of world.requests.slice(before)) {
      const what = `${verb} ${resource?.plural}${subresource ? `/${subresource}` : ""}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    const ledgerWrites = counts.get("patch spidersubnets/status") ?? 0;
    assert.ok(ledgerWrites <= 4, `${ledgerWrites} ledger writes`);
    counts.delete("patch spidersubnets/status");
    assert.equal(Object.fromEntries(counts), { "create spiderippools": 100, "patch spiderippools/status": 100 });
  }),
);

cost.run();
