/**
 * Promises about lists: selectors, namespaces, pages of one consistent snapshot, metadata alone.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, deployments, spiderIPPools } from "../../src/api/resources.ts";
import type { ListOptions } from "../../src/cluster/cluster.ts";
import { type Bench, namespace, type Promises, refOf, refused } from "./fixtures.ts";

/** Creates ConfigMaps that share a label of their own; returns a selector for them and their names in order. */
async function family(bench: Bench, labels: readonly Record<string, string>[]) {
  const mark = bench.name();
  const names: string[] = [];
  for (const extra of labels) {
    const created = await bench.configMap({ a: "1" }, { labels: { family: mark, ...extra } });
    names.push(created.metadata.name);
  }
  return { selector: `family=${mark}`, names };
}

async function namesOf(bench: Bench, options: ListOptions): Promise<string[]> {
  return (await bench.cluster.list(configMaps, options)).items.map((item) => item.metadata.name);
}

export const listPromises: Promises = {
  async "an empty list has a resourceVersion"(bench) {
    const list = await bench.cluster.list(configMaps, { labelSelector: "autopool.test/none=at-all" });

    assert.equal(list.items, []);
    assert.match(list.resourceVersion, /^[1-9]\d*$/);
    assert.is(list.continue, undefined);
  },

  async "selectors choose by equality, by set and by existence"(bench) {
    const { selector, names } = await family(bench, [{ tier: "front" }, { tier: "back", old: "" }, {}]);
    const [front, back, none] = names;
    const expected: [string, (string | undefined)[]][] = [
      ["tier=front", [front]],
      ["tier==front", [front]],
      ["tier!=front", [back, none]],
      ["tier in (front, back)", [front, back]],
      ["tier in (back),old", [back]],
      ["tier notin (front)", [back, none]],
      ["tier", [front, back]],
      ["!tier", [none]],
      ["old=", [back]],
    ];

    for (const [requirement, wanted] of expected) {
      const labelSelector = `${selector},${requirement}`;
      assert.equal(await namesOf(bench, { labelSelector, namespace }), wanted, requirement);
    }
  },

  async "a selector that cannot be parsed is a BadRequest"(bench) {
    await refused(bench.cluster.list(configMaps, { labelSelector: "a in front" }), 400, "BadRequest");
    await refused(bench.cluster.list(spiderIPPools, { labelSelector: "a=(b" }), 400, "BadRequest");
  },

  async "a list covers one namespace, or all"(bench) {
    const { selector, names } = await family(bench, [{}]);

    assert.equal(await namesOf(bench, { labelSelector: selector }), names);
    assert.equal(await namesOf(bench, { labelSelector: selector, namespace }), names);
    assert.equal(await namesOf(bench, { labelSelector: selector, namespace: "kube-public" }), []);
  },

  async "the pages of a list come in the order of names and show one moment"(bench) {
    const { selector, names } = await family(bench, [{}, {}, {}, {}, {}]);
    const mark = selector.slice("family=".length);
    const page = (next?: string) =>
      bench.cluster.list(configMaps, {
        labelSelector: selector,
        namespace,
        limit: 2,
        ...(next ? { continue: next } : {}),
      });

    const first = await page();
    await bench.configMap({}, { labels: { family: mark } });
    await bench.cluster.delete(configMaps, { namespace, name: names[3] ?? "" });
    const second = await page(first.continue);
    const again = await page(first.continue);
    const third = await page(second.continue);

    const pages = [first, second, third].map((list) => list.items.map((item) => item.metadata.name));
    assert.equal(pages, [names.slice(0, 2), names.slice(2, 4), names.slice(4)]);
    assert.equal(again.items, second.items);
    assert.equal([second.resourceVersion, third.resourceVersion], [first.resourceVersion, first.resourceVersion]);
    assert.is(third.continue, undefined);
  },

  async "a limit that is not reached gives one page"(bench) {
    const { selector, names } = await family(bench, [{}, {}]);

    const list = await bench.cluster.list(configMaps, { labelSelector: selector, namespace, limit: 10 });

    assert.equal(
      list.items.map((item) => item.metadata.name),
      names,
    );
    assert.is(list.continue, undefined);
  },

  async "a continue token that is none is a BadRequest"(bench) {
    await refused(bench.cluster.list(configMaps, { limit: 2, continue: "nonsense" }), 400, "BadRequest");
  },

  async "a list of custom objects carries their kind, one of built-in objects does not"(bench) {
    const pool = await bench.pool();
    await bench.configMap();

    const pools = await bench.cluster.list(spiderIPPools, { labelSelector: bench.selector });
    const maps = await bench.cluster.list(configMaps, { labelSelector: bench.selector });

    assert.equal(
      pools.items.find((item) => item.metadata.name === pool.metadata.name),
      pool,
    );
    assert.equal([maps.items[0]?.apiVersion, maps.items[0]?.kind], [undefined, undefined]);
  },

  async "a list of metadata alone has neither spec nor status nor data"(bench) {
    const created = [await bench.configMap({ a: "1" }), await bench.pool(), await bench.deployment()];
    const resources = [configMaps, spiderIPPools, deployments];

    for (const [index, resource] of resources.entries()) {
      const list = await bench.cluster.list(resource, { labelSelector: bench.selector, metadataOnly: true });
      const item = list.items.find((one) => one.metadata.name === created[index]?.metadata.name);
      assert.equal(item?.metadata.uid, created[index]?.metadata.uid);
      assert.equal(new Set(Object.keys(item ?? {})), new Set(["apiVersion", "kind", "metadata"]));
      assert.is(item?.kind, "PartialObjectMetadata");
    }
  },

  async "a list sees the write that was answered before it"(bench) {
    const pool = await bench.pool();

    const list = await bench.cluster.list(spiderIPPools, { labelSelector: bench.selector });

    assert.ok(list.items.some((item) => item.metadata.uid === pool.metadata.uid));
    assert.ok(Number(list.resourceVersion) >= Number(pool.metadata.resourceVersion));
    assert.equal(await bench.cluster.get(spiderIPPools, refOf(pool)), pool);
  },
};
