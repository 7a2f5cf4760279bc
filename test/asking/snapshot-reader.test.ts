/**
 * Reading a whole cluster: all pages, in spite of a server that forgets; and what is said where something may not be read.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as api from "../../src/api/resources.ts";
import { pods, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { unseenIn } from "../../src/asking/snapshot.ts";
import { allParts, readSnapshot } from "../../src/asking/snapshot-reader.ts";
import { ApiError, type Cluster, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";

const reading = suite("snapshot of a cluster");

const cluster = (resources: readonly Resource[] = Object.values(api)): Cluster =>
  createMemoryCluster({ clock: createVirtualClock(), resources }).connect();

/** A cluster whose lists of some resource fail at first, or always. */
function failing(inner: Cluster, plural: string, code: number, times = Number.POSITIVE_INFINITY): Cluster {
  let left = times;
  return {
    ...inner,
    async list(resource, options) {
      if (resource.plural === plural && left-- > 0) throw new ApiError(code, "Told", `${plural} is forbidden to "me"`);
      return inner.list(resource, options);
    },
  };
}

reading("has all pages", async () => {
  const user = cluster();
  const names = Array.from({ length: 1203 }, (_, i) => `pod-${i}`);
  for (const name of names) await user.create<KubeObject>(pods, { metadata: { name, namespace: "default" } });

  const snapshot = await readSnapshot(user, allParts);

  assert.is(snapshot.pods.size, names.length);
});

reading("begins anew where the server has forgotten the list", async () => {
  const user = cluster();
  await user.create<KubeObject>(pods, { metadata: { name: "pod", namespace: "default" } });

  assert.is((await readSnapshot(failing(user, "pods", 410, 2), allParts)).pods.size, 1);
});

reading("says what is missing where the kinds are not installed", async () => {
  const bare = cluster(Object.values(api).filter(({ group }) => group !== spiderSubnets.group));

  try {
    await readSnapshot(bare, allParts);
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^Cannot list Spider\w+s: the API server does not know this kind; install autopool's kinds with "kubectl apply/,
    );
  }
});

reading("says which permission is missing, and does without what is dispensable", async () => {
  try {
    await readSnapshot(failing(cluster(), "pods", 403), allParts);
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^Cannot list Pods: pods is forbidden to "me"; whoever asks needs "get" and "list" on pods$/,
    );
  }

  const snapshot = await readSnapshot(failing(cluster(), "nodes", 403), allParts);
  assert.equal(unseenIn(snapshot), ['nodes: nodes is forbidden to "me"']);
});

reading("takes an object that is made anew for another one", async () => {
  const user = cluster();
  const pool = { metadata: { name: "p" }, spec: { subnet: "10.0.0.0/24", ips: ["10.0.0.1"] } } as KubeObject;
  await user.create(spiderIPPools, pool);
  const snapshot = await readSnapshot(user, allParts);
  const before = snapshot.version({ resource: spiderIPPools, ref: { name: "p" } });
  await user.delete(spiderIPPools, { name: "p" });
  snapshot.put(spiderIPPools, await user.create(spiderIPPools, pool));

  const after = snapshot.version({ resource: spiderIPPools, ref: { name: "p" } });

  assert.is.not(after?.uid, before?.uid);
  assert.is([...snapshot.pools.values()].length, 1);
  snapshot.drop({ resource: spiderIPPools, ref: { name: "p" } });
  assert.equal(
    [[...snapshot.pools.values()].length, snapshot.version({ resource: spiderIPPools, ref: { name: "p" } })],
    [0, undefined],
  );
});

reading.run();
