/** What a pod that ends does to its address, and what a pod that gets none is told, on real nodes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pods } from "../../src/api/resources.ts";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { addressesOf, uidOf } from "../support/node-place.ts";
import { fromPools } from "../support/node-workloads.ts";
import { NodeWorld } from "../support/node-world.ts";

const reuse = suite("addresses of pods that end, and pods without one");
let world: NodeWorld;

reuse.before(async () => {
  world = await NodeWorld.open();
});
reuse.after.each(() => world.clear());
reuse.after(() => world.close());

/** Goes on for so long after it was told to end. */
const stubbornSeconds = 6;
const stubborn = `trap 'sleep ${stubbornSeconds}; exit 0' TERM; while :; do sleep 0.2; done`;

reuse("the only address of a pool is the next pod's when the pod before has really ended, not sooner", async () => {
  const place = await world.place();
  const pool = await place.pool(4, 1);
  const annotations = fromPools([pool]);
  const slow = { annotations, script: stubborn, spec: { terminationGracePeriodSeconds: 30, nodeName: "node1" } };
  await place.runPod("first", slow);
  const [first] = await place.agreed("first", 1);
  assert.ok(first);
  await place.runPod("second", { annotations, spec: { nodeName: "node2" } });
  await place.toldOfPod("second", [/^FailedCreatePodSandBox: /, /all IP addresses used out/, new RegExp(pool)]);

  const deletedAt = systemClock.now();
  await world.cluster.delete(pods, { namespace: place.namespace, name: "first" });
  let freedAfter = 0;
  await eventually(
    async () => {
      const askedAt = systemClock.now();
      if ((await place.recordLines()).some((line) => line.endsWith(uidOf(first)))) throw new Error("It is held");
      freedAfter = askedAt - deletedAt;
    },
    { seconds: 30 },
  );
  const [second] = await place.agreed("second", 1, 90);

  assert.ok(freedAfter >= stubbornSeconds * 1000, `the address was free after ${freedAfter} ms`);
  assert.ok(second);
  assert.equal(addressesOf(second), addressesOf(first));
});

reuse("a pod whose annotation cannot be served is told which one, its value, and why", async () => {
  const place = await world.place();
  const bad = {
    missing: { value: '{"ipv4": ["no-such-pool"]}', why: /no-such-pool.*not found/ },
    torn: { value: '{"ipv4": ["no-such-pool"', why: /invalid format/ },
    double: { value: '{"ipv4": ["no-such-pool", "no-such-pool"]}', why: /duplicate|not found/ },
  };
  await Promise.all(
    Object.entries(bad).map(([name, { value }]) =>
      place.runPod(name, { annotations: { "ipam.spidernet.io/ippool": value } }),
    ),
  );

  for (const [name, { why }] of Object.entries(bad)) {
    const told = [/^FailedCreatePodSandBox: /, /spiderpool IP allocation error/, /ipam\.spidernet\.io\/ippool/];
    await place.toldOfPod(name, [...told, /no-such-pool/, why]);
  }
  assert.equal(await place.recordLines(), []);
});

reuse("the addresses of a namespace are free once it is deleted", async () => {
  const place = await world.place();
  const pools = [await place.pool(4, 5), await place.pool(6, 5)] as const;
  const annotations = fromPools([pools[0]], [pools[1]]);
  await Promise.all(["a", "b", "c"].map((name) => place.runPod(name, { annotations })));
  await Promise.all(["a", "b", "c"].map((name) => place.ready(name, 1)));
  assert.is((await place.recordLines()).length, 6);

  await place.endNamespace();

  await place.free();
});

reuse.run();
