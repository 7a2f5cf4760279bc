/**
 * Promises about owner references: what the garbage collector takes along, waits for, and leaves.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, jobs } from "../../src/api/resources.ts";
import { namespace, ownedBy, type Promises, refOf, refused } from "./fixtures.ts";

export const ownerPromises: Promises = {
  async "dependents go after their owner"(bench) {
    const owner = await bench.configMap();
    const dependent = await bench.configMap({}, { ownerReferences: [ownedBy(owner, configMaps)] });

    await bench.cluster.delete(configMaps, refOf(owner), { propagationPolicy: "Background" });

    await bench.gone(configMaps, refOf(dependent));
  },

  async "an object whose owner never existed is taken away"(bench) {
    const ghost = {
      apiVersion: "v1",
      kind: "ConfigMap",
      name: bench.name(),
      uid: "00000000-0000-4000-8000-000000000000",
    };

    const dependent = await bench.configMap({}, { ownerReferences: [ghost] });

    await bench.gone(configMaps, refOf(dependent));
  },

  async "an owner of the same name with another uid is no owner"(bench) {
    const owner = await bench.configMap();
    const reference = { ...ownedBy(owner, configMaps), uid: "00000000-0000-4000-8000-000000000000" };

    const dependent = await bench.configMap({}, { ownerReferences: [reference] });

    await bench.gone(configMaps, refOf(dependent));
  },

  async "a dependent with another owner stays and loses the reference to the one that is gone"(bench) {
    const [first, second] = [await bench.configMap(), await bench.configMap()];
    const ownerReferences = [ownedBy(first, configMaps), ownedBy(second, configMaps)];
    const dependent = await bench.configMap({}, { ownerReferences });
    const resourceVersion = dependent.metadata.resourceVersion ?? "";

    await bench.cluster.delete(configMaps, refOf(first), { propagationPolicy: "Background" });

    const options = { resourceVersion, timeoutSeconds: 30 };
    const events = (await bench.events(configMaps, options, 2)).filter((event) => event.type === "MODIFIED");
    assert.equal(
      events.map((event) => event.object.metadata.ownerReferences?.map((owner) => owner.uid)),
      [[second.metadata.uid]],
    );
  },

  async "a foreground deletion waits for the dependents that block it"(bench) {
    const owner = await bench.configMap();
    const ownerReferences = [ownedBy(owner, configMaps, true)];
    const dependent = await bench.configMap({}, { ownerReferences, finalizers: ["autopool.test/hold"] });
    const resourceVersion = dependent.metadata.resourceVersion ?? "";

    await bench.cluster.delete(configMaps, refOf(owner), { propagationPolicy: "Foreground" });
    const events = await bench.events(configMaps, { resourceVersion, timeoutSeconds: 30 }, 2);
    const waiting = await bench.cluster.get(configMaps, refOf(owner));
    await bench.cluster.patch(configMaps, refOf(dependent), { metadata: { finalizers: null } });
    await bench.gone(configMaps, refOf(owner));

    assert.equal(
      events.map((event) => [event.type, event.object.metadata.name]),
      [
        ["MODIFIED", owner.metadata.name],
        ["MODIFIED", dependent.metadata.name],
      ],
    );
    assert.equal(waiting.metadata.finalizers, ["foregroundDeletion"]);
    await refused(bench.cluster.get(configMaps, refOf(dependent)), 404, "NotFound");
  },

  async "orphaned dependents stay without the reference"(bench) {
    const owner = await bench.configMap();
    const dependent = await bench.configMap({}, { ownerReferences: [ownedBy(owner, configMaps)] });

    await bench.cluster.delete(configMaps, refOf(owner), { propagationPolicy: "Orphan" });
    await bench.gone(configMaps, refOf(owner));

    const orphan = await bench.cluster.get(configMaps, { namespace, name: dependent.metadata.name });
    assert.is(orphan.metadata.ownerReferences, undefined);
  },

  async "a Job deleted without a policy orphans its dependents"(bench) {
    const job = await bench.job();
    const dependent = await bench.configMap({}, { ownerReferences: [ownedBy(job, jobs)] });

    await bench.cluster.delete(jobs, refOf(job));
    await bench.gone(jobs, refOf(job));

    assert.is((await bench.cluster.get(configMaps, refOf(dependent))).metadata.ownerReferences, undefined);
  },
};
