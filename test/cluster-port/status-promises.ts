/**
 * Promises about status and generation: what each of the two ways to write an object leaves alone.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, deployments, spiderIPPools } from "../../src/api/resources.ts";
import { type Promises, refOf, refused, type Thing } from "./fixtures.ts";

export const statusPromises: Promises = {
  async "the generation counts changes of the spec, not of metadata or status"(bench) {
    const pool = await bench.pool();
    const generations: unknown[] = [pool.metadata.generation];
    const patch = async (change: object, subresource?: "status"): Promise<void> => {
      const patched = await bench.cluster.patch(spiderIPPools, refOf(pool), change, subresource ? { subresource } : {});
      generations.push(patched.metadata.generation);
    };

    await patch({ metadata: { labels: { a: "1" } } });
    await patch({ status: { totalIPCount: 9 } }, "status");
    await patch({ spec: { disable: true } });
    await patch({ metadata: { generation: 12 } });

    assert.equal(generations, [1, 1, 1, 2, 2]);
    assert.is((await bench.configMap()).metadata.generation, undefined);
  },

  async "creating and updating the object ignores its status"(bench) {
    const created = await bench.pool({}, { status: { totalIPCount: 9 } });
    const updated = await bench.cluster.update<Thing>(spiderIPPools, { ...created, status: { totalIPCount: 9 } });
    const patched = await bench.cluster.patch<Thing>(spiderIPPools, refOf(created), { status: { totalIPCount: 9 } });
    const deployment = await bench.deployment({}, { status: { replicas: 9 } });

    assert.equal([created.status, updated.status, patched.status], [undefined, undefined, undefined]);
    assert.is(updated.metadata.resourceVersion, created.metadata.resourceVersion);
    assert.is.not(deployment.status?.["replicas"], 9);
  },

  async "writing the status changes nothing else"(bench) {
    const pool = await bench.pool();
    const changed = { ...pool, spec: { ...pool.spec, disable: true }, status: { totalIPCount: 9 } };
    changed.metadata = { ...pool.metadata, labels: { a: "1" }, finalizers: ["autopool.test/a"] };

    const updated = await bench.cluster.update<Thing>(spiderIPPools, changed, { subresource: "status" });
    const patch = { spec: { disable: true }, status: { allocatedIPCount: 1 } };
    const patched = await bench.cluster.patch<Thing>(spiderIPPools, refOf(pool), patch, { subresource: "status" });

    assert.equal(updated.status, { totalIPCount: 9 });
    assert.equal([updated.metadata.labels, updated.metadata.finalizers], [pool.metadata.labels, undefined]);
    assert.equal([updated.spec, patched.spec], [pool.spec, pool.spec]);
    assert.equal(patched.status, { totalIPCount: 9, allocatedIPCount: 1 });
  },

  async "an answer may be the metadata alone, of reads and of writes"(bench) {
    const created = await bench.pool({}, { status: {} });
    const ref = refOf(created);
    const patch = { status: { totalIPCount: 9 } };

    const patched = await bench.cluster.patch<Thing>(spiderIPPools, ref, patch, {
      subresource: "status",
      metadataOnly: true,
    });
    const read = await bench.cluster.get<Thing>(spiderIPPools, ref, { metadataOnly: true });

    for (const answer of [patched, read]) {
      assert.is(answer.kind, "PartialObjectMetadata");
      assert.equal(new Set(Object.keys(answer)), new Set(["apiVersion", "kind", "metadata"]));
    }
    assert.equal(read.metadata.resourceVersion, patched.metadata.resourceVersion);
    assert.equal((await bench.cluster.get<Thing>(spiderIPPools, ref)).status, { totalIPCount: 9 });
  },

  async "updating the object keeps the status that is stored"(bench) {
    const pool = await bench.pool();
    const status = { totalIPCount: 9 };
    const { metadata } = await bench.cluster.patch<Thing>(
      spiderIPPools,
      refOf(pool),
      { status },
      { subresource: "status" },
    );

    const updated = await bench.cluster.update<Thing>(spiderIPPools, {
      spec: { ...pool.spec, disable: true },
      metadata,
    });

    assert.equal([updated.status, updated.spec?.["disable"]], [status, true]);
  },

  async "a stale status write is a Conflict"(bench) {
    const pool = await bench.pool();
    await bench.cluster.patch(spiderIPPools, refOf(pool), { metadata: { annotations: { touched: "1" } } });

    await refused(
      bench.cluster.update(spiderIPPools, { ...pool, status: {} }, { subresource: "status" }),
      409,
      "Conflict",
    );
  },

  async "a built-in kind's status and spec are as separate as a custom one's"(bench) {
    const ref = refOf(await bench.deployment());
    const patch = { spec: { replicas: 3 }, status: { conditions: [{ type: "Tested", status: "True" }] } };

    const patched = await bench.cluster.patch<Thing>(deployments, ref, patch, { subresource: "status" });

    assert.is(patched.spec?.["replicas"], 0);
    const conditions = patched.status?.["conditions"] as { type: string }[] | undefined;
    assert.equal(
      conditions?.map(({ type }) => type),
      ["Tested"],
    );
  },

  async "a kind without status has no status to write"(bench) {
    const map = await bench.configMap();

    await refused(bench.cluster.update(configMaps, map, { subresource: "status" }), 404, "NotFound");
  },
};
