/**
 * Promises about update and patch: what changes, what makes a write conditional, what is a no-op.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, leases, spiderIPPools } from "../../src/api/resources.ts";
import { type Bench, namespace, type Promises, poolBody, refOf, refused, type Thing } from "./fixtures.ts";

const otherUid = "00000000-0000-4000-8000-000000000000";

/** Updates an object from what is stored now, however often somebody else gets between. */
async function touch(bench: Bench, object: Thing, annotation: string): Promise<Thing> {
  return bench.cluster.patch<Thing>(object.kind === "ConfigMap" ? configMaps : spiderIPPools, refOf(object), {
    metadata: { annotations: { touched: annotation } },
  });
}

export const updatePromises: Promises = {
  async "an update replaces the object: what it leaves out vanishes"(bench) {
    const old = await bench.configMap({ a: "1", b: "2" }, { annotations: { gone: "soon" } });
    const { annotations: _, ...metadata } = old.metadata;

    const updated = await bench.cluster.update<Thing>(configMaps, { data: { a: "3" }, metadata });

    assert.equal([updated.data, updated.metadata.annotations], [{ a: "3" }, undefined]);
    assert.is(updated.metadata.uid, old.metadata.uid);
    assert.ok(Number(updated.metadata.resourceVersion) > Number(old.metadata.resourceVersion));
  },

  async "an update of a stale object is a Conflict and changes nothing"(bench) {
    for (const [resource, stale] of [
      [configMaps, await bench.configMap()],
      [spiderIPPools, await bench.pool()],
    ] as const) {
      const newer = await touch(bench, stale, "1");

      await refused(bench.cluster.update(resource, stale), 409, "Conflict");

      assert.equal(await bench.cluster.get(resource, refOf(stale)), newer);
    }
  },

  async "an update with another uid is a Conflict"(bench) {
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
  },

  async "an update without resourceVersion is accepted for built-in kinds, Invalid for custom ones"(bench) {
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

  async "writes to an object that is not there are NotFound"(bench) {
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
  },

  async "a write that changes nothing keeps the resourceVersion"(bench) {
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
  },

  async "a merge patch adds, replaces whole lists, and deletes by null"(bench) {
    const pool = await bench.pool({ annotations: { keep: "1", drop: "1" } });
    const patch = {
      metadata: { annotations: { drop: null, add: "1" } },
      spec: { ips: ["10.6.0.20"], ipVersion: null },
    };

    const patched = await bench.cluster.patch<Thing>(spiderIPPools, refOf(pool), patch);

    assert.equal(patched.metadata.annotations, { keep: "1", add: "1" });
    assert.equal(patched.spec, { subnet: "10.6.0.0/16", ips: ["10.6.0.20"], default: false, disable: false });
  },

  async "a patch with a resourceVersion is conditional, without one it is not"(bench) {
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
  },

  async "a patch with another uid or name is refused and changes nothing"(bench) {
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
  },

  async "an update creates a Lease that is not there, unless a uid says which one is meant"(bench) {
    const spec = { holderIdentity: "a" };
    const absent = bench.metadata({ namespace, uid: otherUid });
    const metadata = bench.metadata({ namespace, resourceVersion: "5" });

    await refused(bench.cluster.update<Thing>(leases, { spec, metadata: absent }), 409, "Conflict");
    const created = await bench.cluster.update<Thing>(leases, { spec, metadata });

    assert.is.not(created.metadata.resourceVersion, "5");
    await refused(bench.cluster.update<Thing>(leases, { spec, metadata }), 409, "Conflict");
    await refused(bench.cluster.update<Thing>(leases, { spec, metadata: refOf(created) }), 422, "Invalid");
  },
};
