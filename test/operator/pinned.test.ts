/**
 * Pools of applications that are not native keep their size and are never deleted.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LABEL } from "../../src/api/names.ts";
import { pods, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { annotationsOf, cloneSet, NAMESPACE, podOf } from "../support/scenario.ts";
import { onlyPool, onS4, reasons, recorded, scenario, settled, summary } from "./scene.ts";

const pinned = suite("operator: pinned pools");

pinned(
  "keep their size and outlive their application until a successor comes",
  scenario(async (world) => {
    const annotations = annotationsOf({ ...onS4, number: "5" });
    const owner = await world.act((user) => user.create(cloneSets, cloneSet("game")));
    await world.act((user) => user.create(pods, podOf(owner, "game-1", annotations)));
    await settled(world);
    const { uid } = onlyPool(world).metadata;
    const more = annotationsOf({ ...onS4, number: "7" });
    await world.act((user) => user.create(pods, podOf(owner, "game-2", more)));
    await settled(world);
    assert.equal(summary(world), ["s4 5 created"]);
    assert.equal(reasons(world, "CloneSet"), ["ScalingDisabled"]);
    await world.act((user) => user.delete(cloneSets, { namespace: NAMESPACE, name: "game" }));
    await settled(world);
    assert.equal(summary(world), ["s4 5 orphaned"]);
    const successor = await world.act((user) => user.create(cloneSets, cloneSet("game")));
    await world.act((user) => user.create(pods, podOf(successor, "game-3", annotations)));
    await settled(world);
    assert.equal([onlyPool(world).metadata.uid, summary(world)], [uid, ["s4 5 created"]]);
    assert.is(onlyPool(world).metadata.labels?.[LABEL.applicationUid], successor.metadata.uid);
  }),
);

for (const number of ["+5", undefined]) {
  pinned(
    `are not made for the number ${number ?? "absent"}`,
    scenario(async (world) => {
      const owner = await world.act((user) => user.create(cloneSets, cloneSet("game")));
      await world.act((user) => user.create(pods, podOf(owner, "game-1", annotationsOf({ ...onS4, number }))));
      await settled(world);
      assert.is(world.pools.length, 0);
      assert.equal(reasons(world, "CloneSet"), ["FixedNumberRequired"]);
      assert.equal(reasons(world, "Pod"), ["FixedNumberRequired"]);
    }),
  );
}

pinned(
  "come back to their size whichever of record, addresses and annotation somebody edits",
  scenario(async (world) => {
    const owner = await world.act((user) => user.create(cloneSets, cloneSet("game")));
    const annotations = annotationsOf({ ...onS4, number: "3" });
    await world.act((user) => user.create(pods, podOf(owner, "game-1", annotations)));
    await settled(world);
    const { name } = onlyPool(world).metadata;
    world.excuse(name, "pool");
    const edits: object[] = [
      { spec: { ips: ["10.4.0.11"] } },
      { spec: { ips: ["10.4.0.10-10.4.0.14"] } },
      { metadata: { annotations: { "ipam.spidernet.io/ippool-ip-number": "9" } } },
    ];
    for (const edit of edits) {
      await world.act((user) => user.patch(spiderIPPools, { name }, edit));
      await settled(world);
      assert.equal([onlyPool(world).spec.ips, recorded(world, "s4")], [["10.4.0.10-10.4.0.12"], 3]);
    }
    for (const controlledIPPools of ["{", null, `{"${name}":{"ips":["10.4.0.12"]}}`]) {
      const status = { controlledIPPools };
      await world.act((user) => user.patch(spiderSubnets, { name: "s4" }, { status }, { subresource: "status" }));
      await settled(world);
      assert.equal([onlyPool(world).spec.ips, recorded(world, "s4")], [["10.4.0.10-10.4.0.12"], 3]);
    }
  }),
);

pinned.run();
