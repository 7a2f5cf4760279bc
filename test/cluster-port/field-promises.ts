/**
 * Promises about field selectors: which objects of a list, and what a watch makes of one that begins or ceases to match.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, events, pods, spiderIPPools } from "../../src/api/resources.ts";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { type Bench, namespace, type Promises, refOf, refused } from "./fixtures.ts";

async function namesOf(bench: Bench, resource: Resource, fieldSelector: string): Promise<string[]> {
  const list = await bench.cluster.list(resource, { labelSelector: bench.selector, fieldSelector });
  return list.items.map((item) => item.metadata.name);
}

const isOver = "status.phase!=Pending,status.phase!=Running,status.phase!=Unknown";

export const fieldPromises: Promises = {
  async "every resource can be selected by name and namespace"(bench) {
    const map = (await bench.configMap()).metadata.name;
    const pool = (await bench.pool()).metadata.name;

    assert.equal(await namesOf(bench, configMaps, `metadata.name=${map}`), [map]);
    assert.equal(await namesOf(bench, configMaps, `metadata.name==${map},metadata.namespace=${namespace}`), [map]);
    assert.equal(await namesOf(bench, configMaps, `metadata.name=${map},metadata.namespace!=${namespace}`), []);
    assert.equal(await namesOf(bench, configMaps, `metadata.name=${map}-other`), []);
    assert.equal(await namesOf(bench, spiderIPPools, `metadata.name=${pool}`), [pool]);
    assert.not((await namesOf(bench, spiderIPPools, `metadata.name!=${pool}`)).includes(pool));
  },

  async "pods can be selected by node and phase, also where only metadata travels"(bench) {
    const node = bench.name();
    const free = await bench.phase(await bench.pod(), "Pending");
    const bound = await bench.phase(await bench.pod(node), "Running");
    const over = await bench.phase(await bench.pod(node), "Failed");
    const names = [free, bound, over].map((pod) => pod.metadata.name);

    assert.equal(await namesOf(bench, pods, `spec.nodeName=${node}`), [names[1], names[2]]);
    assert.equal(await namesOf(bench, pods, `spec.nodeName=${node},status.phase!=Failed`), [names[1]]);
    assert.ok((await namesOf(bench, pods, "spec.nodeName=")).includes(names[0] ?? ""));
    const fieldSelector = `spec.nodeName=${node},${isOver}`;
    const { items } = await bench.cluster.list(pods, { namespace, fieldSelector, metadataOnly: true });
    assert.equal(
      items.map((item) => [item.kind, item.metadata.name]),
      [["PartialObjectMetadata", names[2]]],
    );
  },

  async "Events can be selected by the object that they speak of, reason and type"(bench) {
    const { name, uid = "" } = (await bench.configMap()).metadata;
    const involvedObject = { apiVersion: "v1", kind: "ConfigMap", namespace, name, uid };
    const metadata = bench.metadata({ namespace });
    const told = { metadata, involvedObject, reason: "Tested", message: "for a test", type: "Warning" };
    await bench.cluster.create<KubeObject>(events, told);

    const found = (more: string) => namesOf(bench, events, `involvedObject.kind=ConfigMap,involvedObject.name=${more}`);
    assert.equal(await found(`${name},type=Warning`), [metadata.name]);
    assert.equal(await found(`${name},reason=Tested,involvedObject.uid=${uid}`), [metadata.name]);
    assert.equal(await found(`${name},type=Normal`), []);
    assert.equal(await found(`${name}-other`), []);
  },

  async "a field selector that cannot be parsed, or names another field, is a BadRequest"(bench) {
    for (const fieldSelector of ["metadata.name", "spec.replicas=1"]) {
      await refused(bench.cluster.list(configMaps, { fieldSelector }), 400, "BadRequest");
      await refused(bench.cluster.list(pods, { fieldSelector }), 400, "BadRequest");
      await refused(bench.cluster.list(spiderIPPools, { fieldSelector }), 400, "BadRequest");
    }
  },

  async "to a watch an object that begins to match is ADDED, one that ceases to is DELETED"(bench) {
    const pod = await bench.phase(await bench.pod(), "Pending");
    const resourceVersion = pod.metadata.resourceVersion ?? "";
    await bench.phase(pod, "Running");
    const over = await bench.phase(pod, "Succeeded");
    await bench.cluster.patch(pods, refOf(pod), { metadata: { annotations: { a: "b" } } });
    const last = await bench.phase(pod, "Running");

    const events = await bench.events(pods, { resourceVersion, fieldSelector: isOver, metadataOnly: true }, 3);

    assert.equal(
      events.map((event) => event.type),
      ["ADDED", "MODIFIED", "DELETED"],
    );
    assert.is(events[0]?.object.metadata.resourceVersion, over.metadata.resourceVersion);
    assert.is(events[2]?.object.metadata.resourceVersion, last.metadata.resourceVersion);
  },
};
