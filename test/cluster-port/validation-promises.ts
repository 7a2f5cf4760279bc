/**
 * Promises about creating and reading: what the server fills in, what it refuses, and discovery.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, deployments, spiderIPPools } from "../../src/api/resources.ts";
import type { ObjectMeta } from "../../src/cluster/cluster.ts";
import { namespace, ownedBy, type Promises, poolBody, refOf, refused, type Thing } from "./fixtures.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const general: Promises = {
  async "a created object gets uid, resourceVersion and creationTimestamp, and reads back the same"(bench) {
    const created = await bench.configMap({ a: "1" });

    assert.match(created.metadata.uid ?? "", uuid);
    assert.match(created.metadata.resourceVersion ?? "", /^[1-9]\d*$/);
    assert.match(created.metadata.creationTimestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal([created.apiVersion, created.kind], ["v1", "ConfigMap"]);
    assert.equal(await bench.cluster.get(configMaps, refOf(created)), created);
  },

  async "what only the server decides is ignored on create"(bench) {
    const pool = await bench.pool({
      uid: "00000000-0000-4000-8000-000000000000",
      creationTimestamp: "2001-01-01T00:00:00Z",
      deletionTimestamp: "2001-01-01T00:00:00Z",
      generation: 7,
    });

    assert.is.not(pool.metadata.uid, "00000000-0000-4000-8000-000000000000");
    assert.is.not(pool.metadata.creationTimestamp, "2001-01-01T00:00:00Z");
    assert.is(pool.metadata.deletionTimestamp, undefined);
    assert.is(pool.metadata.generation, 1);
  },

  async "the defaults of the schema are filled in"(bench) {
    const pool = await bench.pool();

    assert.equal([pool.spec?.["default"], pool.spec?.["disable"]], [false, false]);
  },

  async "an existing name is refused with AlreadyExists"(bench) {
    const there = await bench.configMap();
    const pool = await bench.pool();

    await refused(bench.configMap({}, { name: there.metadata.name }), 409, "AlreadyExists");
    await refused(bench.pool({ name: pool.metadata.name }), 409, "AlreadyExists");
  },

  async "an object with a resourceVersion cannot be created"(bench) {
    await refused(bench.configMap({}, { resourceVersion: "5" }), 500, "Unknown");
    await refused(bench.pool({ resourceVersion: "5" }), 500, "Unknown");
  },

  async "an object that is not there is NotFound"(bench) {
    await refused(bench.cluster.get(configMaps, { namespace, name: bench.name() }), 404, "NotFound");
    await refused(bench.cluster.get(spiderIPPools, { name: bench.name() }), 404, "NotFound");
  },

  async "a resource that is not served is 404 without a reason"(bench) {
    const unknown = { ...spiderIPPools, plural: "spiderunknowns", kind: "SpiderUnknown" };

    await refused(bench.cluster.get(unknown, { name: "a" }), 404, "Unknown");
    await refused(bench.cluster.list(unknown), 404, "Unknown");
  },

  async "an object of another kind than the path's is refused"(bench) {
    const stray: Thing = { apiVersion: "v1", kind: "Secret", metadata: bench.metadata({ namespace }) };
    const strayPool: Thing = { ...poolBody(), kind: "SpiderSubnet", metadata: bench.metadata() };

    await refused(bench.cluster.create(configMaps, stray), 400, "BadRequest");
    await refused(bench.cluster.create(spiderIPPools, strayPool), 422, "Invalid");
  },

  async "an object without a namespace is not sent where its kind needs one"(bench) {
    const lost = await bench.cluster.get(configMaps, { name: "a" }).catch((error: unknown) => error);

    assert.instance(lost, TypeError);
  },

  async "two controllers of one object are Invalid"(bench) {
    const owners = [await bench.configMap(), await bench.configMap()];
    const ownerReferences = owners.map((owner) => ({ ...ownedBy(owner, configMaps), controller: true }));

    await refused(bench.configMap({}, { ownerReferences }), 422, "Invalid");
  },

  async "names and labels at the limits are accepted"(bench) {
    const name = `${bench.name()}-${"n".repeat(253)}`.slice(0, 253);

    const created = await bench.configMap(
      {},
      { name, labels: { [`${"p".repeat(40)}/${"k".repeat(63)}`]: "v".repeat(63), empty: "" } },
    );

    assert.is(created.metadata.name, name);
  },

  async "kinds resolve by discovery, and unknown ones to nothing"(bench) {
    assert.equal(await bench.cluster.resolve("v1", "ConfigMap"), configMaps);
    assert.equal(await bench.cluster.resolve("apps/v1", "Deployment"), deployments);
    assert.equal(await bench.cluster.resolve("spiderpool.spidernet.io/v2beta1", "SpiderIPPool"), spiderIPPools);
    assert.is(await bench.cluster.resolve("v1", "ConfigMaps"), undefined);
    assert.is(await bench.cluster.resolve("apps/v7", "Deployment"), undefined);
    assert.is(await bench.cluster.resolve("nobody.example/v1", "Deployment"), undefined);
  },

  async "objects handed in or out are the caller's own"(bench) {
    const data = { a: "1" };
    const created = await bench.configMap(data);

    data.a = "2";
    created.data = { a: "3" };

    assert.equal((await bench.cluster.get<Thing>(configMaps, refOf(created))).data, { a: "1" });
  },
};

const invalidMetadata: Record<string, Partial<ObjectMeta>> = {
  "an empty name": { name: "" },
  "a name with capitals": { name: "Conformance" },
  "a name with an underscore": { name: "conformance_a" },
  "a name of 254 characters": { name: "n".repeat(254) },
  "a label value of 64 characters": { labels: { a: "v".repeat(64) } },
  "a label value with a slash": { labels: { a: "b/c" } },
  "a label key of 64 characters": { labels: { ["k".repeat(64)]: "a" } },
  "a label key with a bad prefix": { labels: { "Bad_/a": "a" } },
  "an annotation key with a space": { annotations: { "a b": "c" } },
  "more than 256 KiB of annotations": { annotations: { a: "v".repeat(262_145) } },
  "a finalizer with a space": { finalizers: ["autopool.test/a b"] },
  "an owner reference without uid": {
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "" }],
  },
};

/** One promise for each kind of metadata that is refused. */
const refusals: Promises = Object.fromEntries(
  Object.entries(invalidMetadata).map(([fault, metadata]) => [
    `${fault} is Invalid`,
    async (bench) => {
      await refused(bench.configMap({}, metadata), 422, "Invalid");
      await refused(bench.pool(metadata), 422, "Invalid");
    },
  ]),
);

export const validationPromises: Promises = { ...general, ...refusals };
