/**
 * What becomes of pools when their applications end, and of what people do to them by hand.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ON_THE_WAY_MS } from "../../src/api/controlled-pools.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { deployments, jobs, spiderIPPools, spiderSubnets, statefulSets } from "../../src/api/resources.ts";
import { allocate, annotateWorkload, annotationsOf, createWorkload, scaleWorkload } from "../support/scenario.ts";
import { ledger, onlyPool, onS4, recorded, scenario, settled, sizeOf, summary, web } from "./scene.ts";

const ends = suite("operator: ends");

ends(
  "leave a retained pool, which a successor of the same kind takes over and one of another kind does not",
  scenario(async (world) => {
    const annotations = annotationsOf({ ...onS4, number: "2", reclaim: false });
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotations));
    await settled(world);
    const { uid } = onlyPool(world).metadata;
    await world.act((user) => user.delete(deployments, web));
    await settled(world);
    assert.equal(summary(world), ["s4 2 orphaned"]);
    await world.act((user) => createWorkload(user, statefulSets, "web", 1, annotations));
    await settled(world);
    assert.equal(summary(world), ["s4 2 created", "s4 2 orphaned"]);
    const successor = await world.act((user) => createWorkload(user, deployments, "web", 3, annotations));
    await settled(world);
    const adopted = world.pools.find((pool) => pool.metadata.uid === uid);
    assert.is(adopted?.metadata.labels?.[LABEL.applicationUid], successor.metadata.uid);
    assert.equal(summary(world), ["s4 2 created", "s4 2 created"]);
  }),
);

ends(
  "that nobody saw are made up for after a restart",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf(onS4)));
    await world.act((user) => createWorkload(user, jobs, "batch", 2, annotationsOf(onS4)));
    await settled(world);
    world.crash();
    await world.act((user) => user.delete(deployments, web));
    await world.act((user) => user.delete(spiderIPPools, { name: world.pools[1]?.metadata.name ?? "" }));
    world.start();
    await settled(world);
    assert.equal(summary(world), ["s4 3 created"]);
    // What a request of the former operator may still use is given back when nothing can be on its way any more.
    await world.clock.advance(ON_THE_WAY_MS);
    assert.is(recorded(world, "s4"), 3);
  }),
);

ends(
  "that nobody saw are known by the UID of a successor that says nothing readable",
  scenario(async (world) => {
    const wish = { ...onS4, number: "2", reclaim: false };
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(wish)));
    await settled(world);
    world.crash();
    await world.act((user) => user.delete(deployments, web));
    const unreadable = { "ipam.spidernet.io/subnet": "{" };
    const successor = await world.act((user) => createWorkload(user, deployments, "web", 1, unreadable));
    world.start();
    await settled(world);
    assert.equal(summary(world), ["s4 2 orphaned"]);
    await world.act((user) => annotateWorkload(user, deployments, "web", annotationsOf(wish)));
    await settled(world);
    assert.equal(summary(world), ["s4 2 created"]);
    assert.is(onlyPool(world).metadata.labels?.[LABEL.applicationUid], successor.metadata.uid);
  }),
);

ends(
  "wait for the last address in use",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf(onS4)));
    await settled(world);
    await world.act((user) => allocate(user, onlyPool(world), ["10.4.0.11"]));
    await world.act((user) => user.delete(deployments, web));
    await settled(world);
    assert.ok(onlyPool(world).metadata.deletionTimestamp);
    assert.is(recorded(world, "s4"), 3);
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
    await settled(world);
    assert.equal(
      world.pools.map(sizeOf).sort((a, b) => a - b),
      [2, 3],
    );
    const leaving = world.pools.find(({ metadata }) => metadata.deletionTimestamp) as SpiderIPPool;
    await world.act((user) => allocate(user, leaving, []));
    await settled(world);
    assert.equal([summary(world), recorded(world, "s4")], [["s4 2 created"], 2]);
  }),
);

ends.run();

const hands = suite("operator: edits by hand");

hands(
  "on the record of a pool that is only kept are undone",
  scenario(async (world) => {
    const annotations = annotationsOf({ ...onS4, number: "2", reclaim: false });
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotations));
    await settled(world);
    await world.act((user) => user.delete(deployments, web));
    await settled(world);
    world.excuse(onlyPool(world).metadata.name, "record");
    await world.act((user) =>
      user.patch(spiderSubnets, { name: "s4" }, { status: { controlledIPPools: null } }, { subresource: "status" }),
    );
    await settled(world);
    assert.equal([summary(world), recorded(world, "s4")], [["s4 2 orphaned"], 2]);
  }),
);

hands(
  "of a pool whose record is still to become smaller are undone",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf(onS4)));
    await settled(world);
    const { name } = onlyPool(world).metadata;
    await world.act((user) => allocate(user, onlyPool(world), ["10.4.0.11"]));
    world.crash();
    await world.act((user) => scaleWorkload(user, deployments, "web", 0));
    world.start();
    await world.clock.advance(5_000);
    assert.equal([onlyPool(world).spec.ips, recorded(world, "s4")], [["10.4.0.11"], 3]);
    world.excuse(name, "pool");
    await world.act((user) => user.patch(spiderIPPools, { name }, { spec: { ips: ["10.4.0.12"] } }));
    await settled(world);
    assert.equal([onlyPool(world).spec.ips, recorded(world, "s4")], [["10.4.0.11"], 1]);
  }),
);

hands(
  "of a pool and its record are undone, and a deleted pool is made again",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf(onS4)));
    await settled(world);
    const { name } = onlyPool(world).metadata;
    const now = (): unknown[] => [onlyPool(world).spec, onlyPool(world).metadata.labels, ledger(world, "s4")];
    const whole = now();
    world.excuse(name, "pool");
    const edits: object[] = [
      { spec: { ips: ["10.4.0.10-10.4.0.17"], excludeIPs: ["10.4.0.10"], podAffinity: null } },
      { metadata: { finalizers: null, labels: { [LABEL.applicationUid]: "else", [LABEL.reclaim]: "false" } } },
    ];
    for (const edit of edits) {
      await world.act((user) => user.patch(spiderIPPools, { name }, edit));
      await settled(world);
      assert.equal(now(), whole);
    }
    for (const controlledIPPools of ["no json", null, '{"nobody":{"ips":["10.4.0.19"]}}']) {
      const status = { controlledIPPools };
      await world.act((user) => user.patch(spiderSubnets, { name: "s4" }, { status }, { subresource: "status" }));
      await settled(world);
      assert.equal(now(), whole);
    }
    await world.act((user) => user.delete(spiderIPPools, { name }));
    await settled(world);
    assert.equal([summary(world), recorded(world, "s4")], [["s4 3 created"], 3]);
  }),
);

hands.run();
