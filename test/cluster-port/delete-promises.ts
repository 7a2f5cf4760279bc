/**
 * Promises about deletion: preconditions, finalizers, what a terminating object still allows.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, spiderIPPools } from "../../src/api/resources.ts";
import { type Bench, namespace, type Promises, refOf, refused, type Thing } from "./fixtures.ts";

const finalizers = ["autopool.test/hold"];

/** Creates a pool with a finalizer and deletes it, so that it is terminating. */
async function terminating(bench: Bench): Promise<Thing> {
  const pool = await bench.pool({ finalizers });
  await bench.cluster.delete(spiderIPPools, refOf(pool));
  return bench.cluster.get<Thing>(spiderIPPools, refOf(pool));
}

export const deletePromises: Promises = {
  async "a deleted object is gone when the answer comes"(bench) {
    const map = await bench.configMap();

    await bench.cluster.delete(configMaps, refOf(map));

    await refused(bench.cluster.get(configMaps, refOf(map)), 404, "NotFound");
    await refused(bench.cluster.delete(configMaps, refOf(map)), 404, "NotFound");
    await refused(bench.cluster.delete(spiderIPPools, { name: bench.name() }), 404, "NotFound");
  },

  async "a name that is free again goes to an object with another uid"(bench) {
    const first = await bench.configMap();
    await bench.cluster.delete(configMaps, refOf(first));

    const second = await bench.configMap({}, { name: first.metadata.name });

    assert.is.not(second.metadata.uid, first.metadata.uid);
  },

  async "a deletion whose preconditions fail is a Conflict"(bench) {
    for (const [resource, object] of [
      [configMaps, await bench.configMap()],
      [spiderIPPools, await bench.pool()],
    ] as const) {
      const uid = "00000000-0000-4000-8000-000000000000";

      await refused(bench.cluster.delete(resource, refOf(object), { preconditions: { uid } }), 409, "Conflict");
      await refused(
        bench.cluster.delete(resource, refOf(object), { preconditions: { resourceVersion: "5" } }),
        409,
        "Conflict",
      );

      assert.equal(await bench.cluster.get(resource, refOf(object)), object);
    }
  },

  async "a deletion whose preconditions hold is done"(bench) {
    const { metadata } = await bench.pool();
    const { uid = "", resourceVersion = "" } = metadata;

    await bench.cluster.delete(spiderIPPools, metadata, { preconditions: { uid, resourceVersion } });

    await refused(bench.cluster.get(spiderIPPools, metadata), 404, "NotFound");
  },

  async "an object with a finalizer stays, terminating, and its generation goes up"(bench) {
    const pool = await terminating(bench);

    assert.match(pool.metadata.deletionTimestamp ?? "", /^\d{4}-/);
    assert.equal([pool.metadata.finalizers, pool.metadata.generation], [finalizers, 2]);
    await refused(bench.pool({ name: pool.metadata.name }), 409, "AlreadyExists");
  },

  async "deleting a terminating object again changes nothing"(bench) {
    const pool = await terminating(bench);

    await bench.cluster.delete(spiderIPPools, refOf(pool));

    assert.equal(await bench.cluster.get(spiderIPPools, refOf(pool)), pool);
  },

  async "the object goes with its last finalizer, by update or by patch"(bench) {
    const updated = await terminating(bench);
    const patched = await terminating(bench);
    const { finalizers: _, ...metadata } = updated.metadata;

    await bench.cluster.update(spiderIPPools, { ...updated, metadata });
    await bench.cluster.patch(spiderIPPools, refOf(patched), { metadata: { finalizers: null } });

    await refused(bench.cluster.get(spiderIPPools, refOf(updated)), 404, "NotFound");
    await refused(bench.cluster.get(spiderIPPools, refOf(patched)), 404, "NotFound");
  },

  async "a terminating object takes no new finalizers"(bench) {
    const pool = await terminating(bench);
    const patch = { metadata: { finalizers: [...finalizers, "autopool.test/new"] } };

    await refused(bench.cluster.patch(spiderIPPools, refOf(pool), patch), 422, "Invalid");
  },

  async "a deletion cannot be taken back"(bench) {
    const pool = await terminating(bench);
    const { deletionTimestamp: _, ...metadata } = pool.metadata;

    const updated = await bench.cluster.update<Thing>(spiderIPPools, { ...pool, metadata });

    assert.is(updated.metadata.deletionTimestamp, pool.metadata.deletionTimestamp);
  },

  async "spec, labels and status of a terminating object can still be written"(bench) {
    const pool = await terminating(bench);
    const status = { totalIPCount: 1 };

    await bench.cluster.patch(spiderIPPools, refOf(pool), {
      metadata: { labels: { a: "1" } },
      spec: { disable: true },
    });
    await bench.cluster.patch(spiderIPPools, refOf(pool), { status }, { subresource: "status" });

    const stored = await bench.cluster.get<Thing>(spiderIPPools, refOf(pool));
    assert.equal([stored.spec?.["disable"], stored.metadata.labels?.["a"], stored.status], [true, "1", status]);
  },

  async "a namespaced object is told from its namesake in another namespace"(bench) {
    const map = await bench.configMap();

    await refused(
      bench.cluster.delete(configMaps, { namespace: "kube-public", name: map.metadata.name }),
      404,
      "NotFound",
    );

    assert.is((await bench.cluster.get(configMaps, refOf(map))).metadata.namespace, namespace);
  },
};
