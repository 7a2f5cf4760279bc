/**
 * Promises about update, patch and the status subresource: what changes, what makes a write conditional, what is a no-op.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, deployments, leases, spiderIPPools } from "../../src/api/resources.ts";
import { type Bench, namespace, type Promises, poolBody, refOf, refused, type Thing } from "./fixtures.ts";

const otherUid = "00000000-0000-4000-8000-000000000000";

/** Updates an object from what is stored now, however often somebody else gets between. */
async function touch(bench: Bench, object: Thing, annotation: string): Promise<Thing> {
  return bench.cluster.patch<Thing>(object.kind === "ConfigMap" ? configMaps : spiderIPPools, refOf(object), {
    metadata: { annotations: { touched: annotation } },
  });
}

export const updatePromises: Promises = (promise) => {
  promise("an update replaces the object: what it leaves out vanishes", async (bench) => {
    const old = await bench.configMap({ a: "1", b: "2" }, { annotations: { gone: "soon" } });
    const { annotations: _, ...metadata } = old.metadata;

    const updated = await bench.cluster.update<Thing>(configMaps, { data: { a: "3" }, metadata });

    assert.equal([updated.data, updated.metadata.annotations], [{ a: "3" }, undefined]);
    assert.is(updated.metadata.uid, old.metadata.uid);
    assert.ok(Number(updated.metadata.resourceVersion) > Number(old.metadata.resourceVersion));
  });

  promise("an update of a stale object is a Conflict and changes nothing", async (bench) => {
    for (const [resource, stale] of [
      [configMaps, await bench.configMap()],
      [spiderIPPools, await bench.pool()],
    ] as const) {
      const newer = await touch(bench, stale, "1");

      await refused(bench.cluster.update(resource, stale), 409, "Conflict");

      assert.equal(await bench.cluster.get(resource, refOf(stale)), newer);
    }
  });

  promise("an update with another uid is a Conflict", async (bench) => {
    for (const [resource, object] of [
      [configMaps, await bench.configMap()],
      [spiderIPPools, await bench.pool()],
    ] as const) {
      const { resourceVersion: _, ...metadata } = object.metadata;

      await refused(
        bench.cluster.update(resource, { ...object, metadata: { ...metadata, uid: otherUid } }),
        409,
        "Conflict",
      );
      await refused(
        bench.cluster.update(resource, { ...object, metadata: { ...object.metadata, uid: otherUid } }),
        409,
        "Conflict",
      );
    }
  });

  promise(
    "an update without resourceVersion is accepted for built-in kinds, Invalid for custom ones",
    async (bench) => {
      const map = await touch(bench, await bench.configMap(), "1");
      const pool = await bench.pool();

      const updated = await bench.cluster.update<Thing>(configMaps, {
        data: { a: "1" },
        metadata: bench.metadata(refOf(map)),
      });

      assert.equal(updated.data, { a: "1" });
      await refused(
        bench.cluster.update(spiderIPPools, { ...poolBody(), metadata: bench.metadata(refOf(pool)) }),
        422,
        "Invalid",
      );
    },
  );

  promise("writes to an object that is not there are NotFound", async (bench) => {
    const ref = { namespace, name: bench.name() };
    const metadata = { ...ref, resourceVersion: "5" };

    await refused(bench.cluster.update(configMaps, { metadata: ref }), 404, "NotFound");
    await refused(bench.cluster.update(configMaps, { metadata }), 404, "NotFound");
    await refused(
      bench.cluster.update(spiderIPPools, { ...poolBody(), metadata: { name: ref.name, resourceVersion: "5" } }),
      404,
      "NotFound",
    );
    await refused(bench.cluster.patch(configMaps, ref, {}), 404, "NotFound");
    await refused(bench.cluster.patch(spiderIPPools, ref, { status: {} }, { subresource: "status" }), 404, "NotFound");
  });

  promise("a write that changes nothing keeps the resourceVersion", async (bench) => {
    for (const [resource, object] of [
      [configMaps, await bench.configMap({ a: "1" })],
      [spiderIPPools, await bench.pool()],
    ] as const) {
      const updated = await bench.cluster.update(resource, object);
      const patched = await bench.cluster.patch(resource, refOf(object), {
        metadata: { labels: object.metadata.labels },
      });

      assert.is(updated.metadata.resourceVersion, object.metadata.resourceVersion);
      assert.is(patched.metadata.resourceVersion, object.metadata.resourceVersion);
    }
  });

  promise("a merge patch adds, replaces whole lists, and deletes by null", async (bench) => {
    const pool = await bench.pool({ annotations: { keep: "1", drop: "1" } });
    const patch = {
      metadata: { annotations: { drop: null, add: "1" } },
      spec: { ips: ["10.6.0.20"], ipVersion: null },
    };

    const patched = await bench.cluster.patch<Thing>(spiderIPPools, refOf(pool), patch);

    assert.equal(patched.metadata.annotations, { keep: "1", add: "1" });
    assert.equal(patched.spec, { subnet: "10.6.0.0/16", ips: ["10.6.0.20"], default: false, disable: false });
  });

  promise("a patch with a resourceVersion is conditional, without one it is not", async (bench) => {
    for (const [resource, stale] of [
      [configMaps, await bench.configMap()],
      [spiderIPPools, await bench.pool()],
    ] as const) {
      const newer = await touch(bench, stale, "1");
      const patch = { metadata: { resourceVersion: stale.metadata.resourceVersion, annotations: { a: "1" } } };
      const current = { metadata: { resourceVersion: newer.metadata.resourceVersion, annotations: { b: "1" } } };

      await refused(bench.cluster.patch(resource, refOf(stale), patch), 409, "Conflict");
      const patched = await bench.cluster.patch<Thing>(resource, refOf(stale), current);

      assert.equal(patched.metadata.annotations, { touched: "1", b: "1" });
    }
  });

  promise("a patch with another uid or name is refused and changes nothing", async (bench) => {
    for (const [resource, object] of [
      [configMaps, await bench.configMap()],
      [spiderIPPools, await bench.pool()],
    ] as const) {
      const { uid } = object.metadata;

      await refused(
        bench.cluster.patch(resource, refOf(object), { metadata: { uid: otherUid, labels: { a: "1" } } }),
        422,
        "Invalid",
      );
      await refused(bench.cluster.patch(resource, refOf(object), { metadata: { name: "other" } }), 400, "BadRequest");
      const patched = await bench.cluster.patch(resource, refOf(object), { metadata: { uid } });

      assert.equal(patched, object);
    }
  });

  promise("the generation counts changes of the spec, not of metadata or status", async (bench) => {
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
  });

  promise("creating and updating the object ignores its status", async (bench) => {
    const created = await bench.pool({}, { status: { totalIPCount: 9 } });
    const updated = await bench.cluster.update<Thing>(spiderIPPools, { ...created, status: { totalIPCount: 9 } });
    const patched = await bench.cluster.patch<Thing>(spiderIPPools, refOf(created), { status: { totalIPCount: 9 } });
    const deployment = await bench.deployment({}, { status: { replicas: 9 } });

    assert.equal([created.status, updated.status, patched.status], [undefined, undefined, undefined]);
    assert.is(updated.metadata.resourceVersion, created.metadata.resourceVersion);
    assert.is.not(deployment.status?.["replicas"], 9);
  });

  promise("writing the status changes nothing else", async (bench) => {
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
  });

  promise("updating the object keeps the status that is stored", async (bench) => {
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
  });

  promise("a stale status write is a Conflict", async (bench) => {
    const pool = await bench.pool();
    await touch(bench, pool, "1");

    await refused(
      bench.cluster.update(spiderIPPools, { ...pool, status: {} }, { subresource: "status" }),
      409,
      "Conflict",
    );
  });

  promise("a built-in kind's status and spec are as separate as a custom one's", async (bench) => {
    const ref = refOf(await bench.deployment());
    const patch = { spec: { replicas: 3 }, status: { conditions: [{ type: "Tested", status: "True" }] } };

    const patched = await bench.cluster.patch<Thing>(deployments, ref, patch, { subresource: "status" });

    assert.is(patched.spec?.["replicas"], 0);
    const conditions = patched.status?.["conditions"] as { type: string }[] | undefined;
    assert.equal(
      conditions?.map(({ type }) => type),
      ["Tested"],
    );
  });

  promise("a kind without status has no status to write", async (bench) => {
    const map = await bench.configMap();

    await refused(bench.cluster.update(configMaps, map, { subresource: "status" }), 404, "NotFound");
  });

  promise("an update creates a Lease that is not there, unless a uid says which one is meant", async (bench) => {
    const spec = { holderIdentity: "a" };
    const absent = bench.metadata({ namespace, uid: otherUid });
    const metadata = bench.metadata({ namespace, resourceVersion: "5" });

    await refused(bench.cluster.update<Thing>(leases, { spec, metadata: absent }), 409, "Conflict");
    const created = await bench.cluster.update<Thing>(leases, { spec, metadata });

    assert.is.not(created.metadata.resourceVersion, "5");
    await refused(bench.cluster.update<Thing>(leases, { spec, metadata }), 409, "Conflict");
    await refused(bench.cluster.update<Thing>(leases, { spec, metadata: refOf(created) }), 422, "Invalid");
  });
};
