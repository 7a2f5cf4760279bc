/**
 * What applications ask for is what they get: pools of the right number, families and NICs, and none where they ask no more.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FINALIZER } from "../../src/api/names.ts";
import { deployments } from "../../src/api/resources.ts";
import {
  annotateWorkload,
  annotationsOf,
  createWorkload,
  nativeResources,
  scaleWorkload,
} from "../support/scenario.ts";
import { ledger, onlyPool, onS4, reasons, recorded, scenario, settled, summary, web } from "./scene.ts";

const wishes = suite("operator: wishes");

for (const resource of nativeResources) {
  wishes(
    `give a ${resource.kind} a pool that follows its size and its end`,
    scenario(async (world) => {
      const annotations = annotationsOf({ ...onS4, number: "+1" });
      await world.act((user) => createWorkload(user, resource, "web", 2, annotations));
      await settled(world);
      const pool = onlyPool(world);
      assert.equal(pool.spec.ips, ["10.4.0.10-10.4.0.12"]);
      assert.equal(pool.metadata.finalizers, [FINALIZER]);
      assert.is(pool.metadata.ownerReferences?.[0]?.name, "s4");
      assert.is(pool.status?.totalIPCount, 3);
      await world.act((user) => scaleWorkload(user, resource, "web", 5));
      await settled(world);
      assert.equal(onlyPool(world).spec.ips, ["10.4.0.10-10.4.0.15"]);
      await world.act((user) => scaleWorkload(user, resource, "web", 1));
      await settled(world);
      assert.equal(onlyPool(world).spec.ips, ["10.4.0.10-10.4.0.11"]);
      assert.is(recorded(world, "s4"), 2);
      await world.act((user) => user.delete(resource, web, { propagationPolicy: "Background" }));
      await settled(world);
      assert.equal([world.pools.length, ledger(world, "s4")], [0, {}]);
    }),
  );
}

wishes(
  "are served on two NICs and in both families",
  scenario(async (world) => {
    const nics = [
      { interface: "eth0", ipv4: "s4", ipv6: "s6" },
      { interface: "net1", ipv4: "t4" },
    ];
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf({ nics, number: "3" })));
    await settled(world);
    assert.equal(summary(world), ["s4 3 created", "s6 3 created", "t4 3 created"]);
  }),
);

for (const [number, size] of [
  ["4", 4],
  ["+3", 5],
  [undefined, 3],
] as const) {
  wishes(
    `of number ${number ?? "absent"} give 2 replicas ${size} addresses`,
    scenario(async (world) => {
      await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf({ ...onS4, number })));
      await settled(world);
      assert.equal(summary(world), [`s4 ${size} created`]);
    }),
  );
}

wishes(
  "that end or move take their pools with them",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
    await settled(world);
    const moved = annotationsOf({ nics: [{ interface: "eth0", ipv4: "t4" }] });
    await world.act((user) => annotateWorkload(user, deployments, "web", moved));
    await settled(world);
    assert.equal(summary(world), ["t4 2 created"]);
    await world.act((user) => annotateWorkload(user, deployments, "web", {}));
    await settled(world);
    assert.equal([summary(world), recorded(world, "s4"), recorded(world, "t4")], [[], 0, 0]);
  }),
);

wishes(
  "that cannot be read change nothing and are complained about",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
    await settled(world);
    await world.act((user) => annotateWorkload(user, deployments, "web", { "ipam.spidernet.io/subnet": "{" }));
    await world.act((user) => scaleWorkload(user, deployments, "web", 4));
    await settled(world);
    assert.equal(summary(world), ["s4 2 created"]);
    assert.equal(reasons(world, "Deployment"), ["InvalidAnnotation"]);
    await world.act((user) => annotateWorkload(user, deployments, "web", annotationsOf(onS4)));
    await settled(world);
    assert.equal(summary(world), ["s4 5 created"]);
  }),
);

wishes.run();
