/** Walk 1 of the walkthrough on real nodes: OpenKruise's CloneSet with a pool that an administrator has made. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { pods, spiderIPPools } from "../../src/api/resources.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { eventually } from "../support/eventually.ts";
import { kubectl } from "../support/kubectl.ts";
import { addressesOf, uidOf } from "../support/node-place.ts";
import { NodeWorld } from "../support/node-world.ts";

const seed = new URL("../fixtures/seed/", import.meta.url).pathname;
const app = "custom-kruise-cloneset";
const pool = "custom-ipv4-ippool";
/** 172.18.41.40 to 172.18.41.50. */
const inPool = /^172\.18\.41\.(?:4\d|50)$/;

const walk = suite("walk 1: a manual pool");
let world: NodeWorld;

walk.before(async () => {
  world = await NodeWorld.open();
});
walk.after.each(() => world.clear());
walk.after(() => world.close());

const recordsOf = async (): Promise<Map<string, string>> => {
  const { status } = await world.cluster.get<SpiderIPPool>(spiderIPPools, { name: pool });
  return new Map([...parseAllocatedIPs(status?.allocatedIPs)].map(([address, { podUid }]) => [address, podUid]));
};

walk("three pods run, each with an address of its own, and keep to the pool through the CloneSet's life", async () => {
  const place = world.defaultPlace();
  place.own(spiderIPPools, pool);
  place.own(cloneSets, app);
  await kubectl("apply", "-f", `${seed}manual.yaml`);

  const running = await place.agreed(app, 3);

  for (const pod of running) assert.match(addressesOf(pod).join(" "), inPool);
  await place.assertReach(running, running);
  assert.is(
    await kubectl("get", "sp", pool),
    `NAME                 VERSION   SUBNET           ALLOCATED-IP-COUNT   TOTAL-IP-COUNT   DEFAULT   DISABLE   APP-NAMESPACE
${pool}   4         172.18.41.0/24   3                    11               false     false
`,
  );

  const [first] = running;
  assert.ok(first);
  const [address = ""] = addressesOf(first);
  await world.cluster.delete(pods, { namespace: "default", name: first.metadata.name });
  await eventually(async () => assert.is.not((await recordsOf()).get(address), uidOf(first)), { seconds: 30 });
  const successors = await place.agreed(app, 3);
  assert.not.ok(successors.map(uidOf).includes(uidOf(first)));

  await place.scale(cloneSets, app, 11);
  const all = await place.agreed(app, 11);
  assert.is((await recordsOf()).size, 11);
  for (const pod of all) assert.match(addressesOf(pod).join(" "), inPool);

  await place.end(cloneSets, app);
  await place.free();
  assert.is((await recordsOf()).size, 0);
  assert.match(await kubectl("get", "sp", pool), /172\.18\.41\.0\/24 +0 +11 /);
});

walk.run();
