/**
 * Promises about watches: order, resuming, what each event carries, bookmarks, how they end.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, spiderIPPools } from "../../src/api/resources.ts";
import type { WatchEvent } from "../../src/cluster/cluster.ts";
import { type Bench, namespace, type Promises, refOf, refused, type Thing } from "./fixtures.ts";

const typeAndName = ({ type, object }: WatchEvent): string => `${type} ${object.metadata.name}`;

const versionOf = (event: WatchEvent | undefined): string => event?.object.metadata.resourceVersion ?? "";

/** Creates, patches and deletes a pool; returns the versions at which it was seen. */
async function life(bench: Bench) {
  const created = await bench.pool();
  const patched = await bench.cluster.patch<Thing>(spiderIPPools, refOf(created), { spec: { disable: true } });
  await bench.cluster.delete(spiderIPPools, refOf(created));
  return { created, patched, name: created.metadata.name };
}

async function drain(events: AsyncIterable<WatchEvent>): Promise<WatchEvent[]> {
  const all: WatchEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

export const watchPromises: Promises = {
  async "a watch shows what happened after a list, in order, with growing versions"(bench) {
    const resourceVersion = await bench.version(spiderIPPools);
    const { created, patched, name } = await life(bench);

    const events = await bench.events(spiderIPPools, { resourceVersion }, 3);

    assert.equal(events.map(typeAndName), [`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]);
    assert.equal([events[0]?.object, events[1]?.object], [created, patched]);
    const versions = events.map((event) => Number(event.object.metadata.resourceVersion));
    assert.ok(Number(resourceVersion) < (versions[0] ?? 0));
    assert.equal(
      versions,
      [...versions].sort((left, right) => left - right),
    );
  },

  async "a watch shows what happens while it is open"(bench) {
    const resourceVersion = await bench.version(configMaps);
    const watching = bench.events(configMaps, { resourceVersion, namespace }, 2);

    const first = await bench.configMap();
    const second = await bench.configMap();

    assert.equal((await watching).map(typeAndName), [`ADDED ${first.metadata.name}`, `ADDED ${second.metadata.name}`]);
  },

  async "DELETED carries the last state under a newer version"(bench) {
    const { patched } = await life(bench);

    const [event] = await bench.events(spiderIPPools, { resourceVersion: patched.metadata.resourceVersion ?? "" }, 1);

    assert.is(event?.type, "DELETED");
    assert.ok(Number(event?.object.metadata.resourceVersion) > Number(patched.metadata.resourceVersion));
    const { resourceVersion } = event?.object.metadata ?? {};
    assert.equal({ ...patched, metadata: { ...patched.metadata, resourceVersion } }, event?.object);
  },

  async "an object that goes with its last finalizer is MODIFIED once and DELETED with the finalizer on"(bench) {
    const pool = await bench.pool({ finalizers: ["autopool.test/hold"] });
    await bench.cluster.delete(spiderIPPools, refOf(pool));
    await bench.cluster.patch(spiderIPPools, refOf(pool), { metadata: { finalizers: null } });

    const events = await bench.events(spiderIPPools, { resourceVersion: pool.metadata.resourceVersion ?? "" }, 2);

    assert.equal(
      events.map((event) => event.type),
      ["MODIFIED", "DELETED"],
    );
    assert.ok(events.every((event) => event.object.metadata.deletionTimestamp !== undefined));
    assert.equal(events[1]?.object.metadata.finalizers, ["autopool.test/hold"]);
  },

  async "a watch resumed from an event's version neither repeats nor misses"(bench) {
    const resourceVersion = await bench.version(spiderIPPools);
    const { name } = await life(bench);
    const [first] = await bench.events(spiderIPPools, { resourceVersion }, 1);
    const resumedFrom = first?.object.metadata.resourceVersion ?? "";

    const rest = await bench.events(spiderIPPools, { resourceVersion: resumedFrom }, 2);

    assert.equal(rest.map(typeAndName), [`MODIFIED ${name}`, `DELETED ${name}`]);
  },

  async "an object that begins to match a selector is ADDED, one that ceases to is DELETED"(bench) {
    const map = await bench.configMap();
    const resourceVersion = map.metadata.resourceVersion ?? "";
    const label = (chosen: string | null) =>
      bench.cluster.patch(configMaps, refOf(map), { metadata: { labels: { chosen } } });
    await label("yes");
    await bench.cluster.patch(configMaps, refOf(map), { data: { a: "1" } });
    const last = await label(null);

    const labelSelector = `${bench.selector},chosen=yes`;
    const events = await bench.events(configMaps, { resourceVersion, labelSelector }, 3);

    assert.equal(
      events.map((event) => event.type),
      ["ADDED", "MODIFIED", "DELETED"],
    );
    assert.is(events[2]?.object.metadata.resourceVersion, last.metadata.resourceVersion);
    assert.is(events[2]?.object.metadata.labels?.["chosen"], "yes");
  },

  async "a watch of one namespace shows nothing of the others"(bench) {
    const resourceVersion = await bench.version(configMaps);
    await bench.configMap();

    const options = { resourceVersion, namespace: "kube-public", timeoutSeconds: 1 };
    assert.equal(await bench.events(configMaps, options, 1), []);
  },

  async "a watch of metadata alone carries neither spec nor status"(bench) {
    const resourceVersion = await bench.version(spiderIPPools);
    const pool = await bench.pool();

    const [event] = await bench.events(spiderIPPools, { resourceVersion, metadataOnly: true }, 1);

    assert.equal(event?.object, {
      apiVersion: "meta.k8s.io/v1",
      kind: "PartialObjectMetadata",
      metadata: pool.metadata,
    } as Thing);
  },

  async "status writes are events, writes that change nothing are not"(bench) {
    const pool = await bench.pool();
    const resourceVersion = pool.metadata.resourceVersion ?? "";
    await bench.cluster.update(spiderIPPools, pool);
    await bench.cluster.patch(spiderIPPools, refOf(pool), { status: { totalIPCount: 1 } }, { subresource: "status" });

    const [event] = await bench.events(spiderIPPools, { resourceVersion }, 1);

    assert.equal([event?.type, event?.object.status], ["MODIFIED", { totalIPCount: 1 }]);
  },

  async "a watch ends by itself, after a bookmark that is past the changes it did not show"(bench) {
    const labelSelector = `${bench.selector},shown=yes`;
    const resourceVersion = await bench.version(configMaps);
    await bench.configMap({}, { labels: { shown: "yes" } });
    const options = { resourceVersion, namespace, labelSelector, timeoutSeconds: 5 };

    const events: WatchEvent[] = [];
    let hidden: WatchEvent["object"] | undefined;
    for await (const event of bench.cluster.watch(configMaps, options)) {
      events.push(event);
      hidden ??= await bench.configMap();
    }
    const bookmark = events.at(-1);
    const after = await bench.configMap();
    const next = await bench.events(configMaps, { resourceVersion: versionOf(bookmark) }, 1);

    assert.equal([events[0]?.type, bookmark?.type], ["ADDED", "BOOKMARK"]);
    assert.ok(Number(versionOf(bookmark)) >= Number(hidden?.metadata.resourceVersion));
    assert.equal(next.map(typeAndName), [`ADDED ${after.metadata.name}`]);
  },

  async "a watch ends when its signal aborts"(bench) {
    const stop = new AbortController();
    const resourceVersion = await bench.version(configMaps);
    const options = { resourceVersion, labelSelector: bench.selector, timeoutSeconds: 60, signal: stop.signal };
    await bench.configMap();

    const events: WatchEvent[] = [];
    for await (const event of bench.cluster.watch(configMaps, options)) {
      events.push(event);
      stop.abort();
    }

    assert.is(events.length, 1);
    assert.equal(await drain(bench.cluster.watch(configMaps, options)), []);
  },

  async "a watch from a version that is too old is refused with 410"(bench) {
    for (const resource of [configMaps, spiderIPPools]) {
      await refused(drain(bench.cluster.watch(resource, { resourceVersion: "1", timeoutSeconds: 5 })), 410, "Expired");
    }
  },

  async "a watch from a version that is none is refused"(bench) {
    const options = { resourceVersion: "nonsense", timeoutSeconds: 5 };

    await refused(drain(bench.cluster.watch(configMaps, options)), 500, "Unknown");
  },
};
