import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { pods as podResource, statefulSets } from "../../src/api/resources.ts";
import { isActive, isReady } from "../../src/simulation/pod.ts";
import { newTemplate, ref, revisionsOf, simulated, workload } from "./simulated-cluster.ts";

const names = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name);

const set = suite("simulated StatefulSet");

set("makes its pods one after the other, each after the one before is ready", () =>
  simulated(async ({ clock, user, pods }) => {
    await user.create(statefulSets, workload(3));
    await clock.advance(1_000);
    assert.equal(names(pods()), ["app-0"]);

    await clock.advance(20_000);
    assert.equal(names(pods().filter(isReady)), ["app-0", "app-1", "app-2"]);
  }),
);

set("ends the last pod first, one at a time", () =>
  simulated(async ({ clock, user, pods }) => {
    await user.create(statefulSets, workload(3));
    await clock.advance(20_000);

    await user.patch(statefulSets, ref, { spec: { replicas: 1 } });
    await clock.advance(1_000);
    assert.equal(names(pods().filter(isActive)), ["app-0", "app-1"]);

    await clock.advance(20_000);
    assert.equal(names(pods()), ["app-0"]);
  }),
);

set("replaces its pods under their names, never two at once", () =>
  simulated(async ({ clock, user, pods, extremes }) => {
    await user.create(statefulSets, workload(3));
    await clock.advance(20_000);
    extremes();

    await user.patch(statefulSets, ref, newTemplate("2"));
    await clock.advance(60_000);

    assert.equal(extremes(), { readyMin: 2, activeMax: 3 });
    assert.equal(names(pods()), ["app-0", "app-1", "app-2"]);
    assert.equal(revisionsOf(pods()), ["2", "2", "2"]);
  }),
);

set("with OnDelete waits for a person to delete the old pods", () =>
  simulated(async ({ clock, user, pods }) => {
    await user.create(statefulSets, workload(2, { updateStrategy: { type: "OnDelete" } }));
    await clock.advance(20_000);
    await user.patch(statefulSets, ref, newTemplate("2"));
    await clock.advance(20_000);
    assert.equal(revisionsOf(pods()), ["1", "1"]);

    await user.delete(podResource, { namespace: "default", name: "app-0" });
    await clock.advance(20_000);

    assert.equal(revisionsOf(pods()), ["2", "1"]);
  }),
);

set.run();
