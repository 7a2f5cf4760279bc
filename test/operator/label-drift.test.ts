/**
 * An application and its pool stay together when somebody edits the labels that say so, whether the operator sees it or not.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LABEL } from "../../src/api/names.ts";
import { deployments, pods, spiderIPPools } from "../../src/api/resources.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { annotationsOf, cloneSet, createWorkload, NAMESPACE, podOf, scaleWorkload } from "../support/scenario.ts";
import { onlyPool, onS4, scenario, settled, summary } from "./scene.ts";

const drift = suite("operator: edited labels");

const edits: readonly [what: string, labels: Record<string, string | null>][] = [
  ["removed", { [LABEL.applicationKind]: null }],
  ["of a native kind", { [LABEL.applicationGv]: "apps_v1", [LABEL.applicationKind]: "Deployment" }],
];
for (const [what, labels] of edits) {
  drift(
    `do not cost an orphaned pool of another kind its life: ${what} while nobody watches`,
    scenario(async (world) => {
      const owner = await world.act((user) => user.create(cloneSets, cloneSet("game")));
      const annotations = annotationsOf({ ...onS4, number: "3", reclaim: true });
      await world.act((user) => user.create(pods, podOf(owner, "game-1", annotations)));
      await settled(world);
      await world.act((user) => user.delete(pods, { namespace: NAMESPACE, name: "game-1" }));
      await world.act((user) => user.delete(cloneSets, { namespace: NAMESPACE, name: "game" }));
      await settled(world);
      const { name, uid } = onlyPool(world).metadata;
      world.crash();
      await world.act((user) => user.patch(spiderIPPools, { name }, { metadata: { labels } }));
      world.start();
      await settled(world);
      assert.equal([onlyPool(world).metadata.uid, summary(world)], [uid, ["s4 3 orphaned"]]);
    }),
  );
}

for (const isSeen of [true, false]) {
  drift(
    `of a version that there is not keep no Deployment from its pool, ${isSeen ? "seen" : "not seen"} by the operator`,
    scenario(async (world) => {
      await world.act((user) => createWorkload(user, deployments, "web", 2, annotationsOf(onS4)));
      await settled(world);
      const { name } = onlyPool(world).metadata;
      if (!isSeen) world.crash();
      const labels = { [LABEL.applicationGv]: "apps_v2" };
      await world.act((user) => user.patch(spiderIPPools, { name }, { metadata: { labels } }));
      if (!isSeen) world.start();
      await settled(world);
      await world.act((user) => scaleWorkload(user, deployments, "web", 4));
      await settled(world);
      assert.equal(summary(world), ["s4 5 created"]);
      assert.is(onlyPool(world).metadata.labels?.[LABEL.applicationGv], "apps_v1");
    }),
  );
}

drift.run();
