import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { pods, spiderIPPools } from "../../src/api/resources.ts";
import { ApiError } from "../../src/cluster/cluster.ts";
import { find } from "../../src/cluster/find.ts";
import type { FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";

const finding = suite("find");

const ref = { namespace: "ns", name: "a" };

async function place(faults?: FaultPolicy) {
  const server = createMemoryCluster({ clock: createVirtualClock(), resources: [pods] });
  await server.connect().create<Pod>(pods, { metadata: ref, spec: { nodeName: "n" } });
  return server.connect(faults && { faults });
}

finding("returns what is there, as it was asked for", async () => {
  const cluster = await place();
  assert.equal((await find<Pod>(cluster, pods, ref))?.spec, { nodeName: "n" });
  assert.is((await find<Pod>(cluster, pods, ref, { metadataOnly: true }))?.spec, undefined);
});

finding("returns undefined for what is not there, and for kinds that are not served", async () => {
  const cluster = await place();
  assert.is(await find(cluster, pods, { ...ref, name: "b" }), undefined);
  assert.is(await find(cluster, spiderIPPools, { name: "p" }), undefined);
});

finding("takes no other failure for an absence", async () => {
  const error = new ApiError(403, "Forbidden", "no");
  const cluster = await place(() => ({ kind: "refuse", error }));
  assert.is(await find(cluster, pods, ref).catch((failure: unknown) => failure), error);
});

finding.run();
