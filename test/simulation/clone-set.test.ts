import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pods as podResource } from "../../src/api/resources.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { isReady } from "../../src/simulation/pod.ts";
import { newTemplate, ref, revisionsOf, simulated, workload } from "./simulated-cluster.ts";

const set = suite("simulated CloneSet");

set("owns its pods itself, and replaces one that is lost", () =>
  simulated(async ({ clock, user, pods }) => {
    await user.create(cloneSets, workload(3));
    await clock.advance(10_000);
    const [first] = pods();
    assert.is(first?.metadata.ownerReferences?.[0]?.kind, "CloneSet");

    await user.delete(podResource, { namespace: "default", name: first?.metadata.name ?? "" });
    await clock.advance(10_000);

    assert.is(pods().filter(isReady).length, 3);
    assert.not(pods().some(({ metadata }) => metadata.uid === first?.metadata.uid));
  }),
);

set("replaces its pods a fifth at a time when its template changes", () =>
  simulated(async ({ clock, user, pods, extremes }) => {
    await user.create(cloneSets, workload(10));
    await clock.advance(10_000);
    extremes();

    await user.patch(cloneSets, ref, newTemplate("2"));
    await clock.advance(60_000);

    assert.equal(extremes(), { readyMin: 8, activeMax: 10 });
    assert.equal(revisionsOf(pods()), Array(10).fill("2"));
  }),
);

set("takes the youngest pods away, and those that do not run before", () =>
  simulated(async ({ clock, user, pods }) => {
    await user.create(cloneSets, workload(2));
    await clock.advance(10_000);
    const old = pods().map(({ metadata }) => metadata.uid);

    await user.patch(cloneSets, ref, { spec: { replicas: 4 } });
    await clock.advance(500);
    await user.patch(cloneSets, ref, { spec: { replicas: 2 } });
    await clock.advance(10_000);

    assert.equal(
      pods().map(({ metadata }) => metadata.uid),
      old,
    );
  }),
);

set.run();
