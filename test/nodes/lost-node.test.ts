/** A node that loses its power, or its way to the API server: who may have the addresses of its pods, and when. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { deployments } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { kubectl } from "../support/kubectl.ts";
import { addressesOf, type NodePlace, uidOf } from "../support/node-place.ts";
import { fromSubnets } from "../support/node-workloads.ts";
import { NodeWorld } from "../support/node-world.ts";

const lost = suite("a node that is lost");
let world: NodeWorld;

lost.before(async () => {
  world = await NodeWorld.open();
});
lost.after.each(async () => {
  await world.repair(2);
  await world.clear();
});
lost.after(() => world.close());

/** Leaves a node that is not ready after a second, instead of five minutes. */
const impatient = ["not-ready", "unreachable"].map((state) => {
  return { key: `node.kubernetes.io/${state}`, operator: "Exists", effect: "NoExecute", tolerationSeconds: 1 };
});

/** Grace period and the collector's delay together. */
const patienceMs = 10_000;

/** Runs four pods on two nodes, loses one, and returns its pods when they were long to have ended. */
async function lose(place: NodePlace, how: () => Promise<unknown>): Promise<Pod[]> {
  const subnets = [await place.subnet(4, 10), await place.subnet(6, 10)] as const;
  const spec = { tolerations: impatient, terminationGracePeriodSeconds: 1 };
  await place.run(deployments, "web", 4, { annotations: fromSubnets(...subnets, "8"), spec });
  const before = await place.agreed("web", 4);
  const stranded = before.filter(({ spec }) => spec?.nodeName === "node2");
  assert.ok(stranded.length > 0, "node2 has a pod");
  await how();
  await eventually(
    async () => {
      const all = await place.pods("web");
      const ending = all.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
      assert.equal(ending.map(uidOf), stranded.map(uidOf), "the pods of node2 are to end");
      assert.is(all.filter(({ status }) => status?.phase === "Running").length, 4 + stranded.length);
    },
    { seconds: 90 },
  );
  await sleep(systemClock, patienceMs);
  return stranded;
}

/** The records of these pods, as they must be while the pods may still run. */
async function assertHeld(place: NodePlace, stranded: readonly Pod[]): Promise<void> {
  const records = await place.recordLines();
  for (const pod of stranded) {
    for (const address of addressesOf(pod)) {
      const line = `${address} ${pod.metadata.name} ${uidOf(pod)}`;
      assert.ok(records.includes(line), `no record "${line}" in\n${records.join("\n")}`);
    }
  }
}

lost("without power its pods keep their addresses until it is declared out of service", async () => {
  const place = await world.place();
  const stranded = await lose(place, () => world.node("down", 2));
  await assertHeld(place, stranded);

  await kubectl("taint", "node", "node2", "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute");

  const after = await place.agreed("web", 4, 90);
  assert.not.ok(after.some((pod) => stranded.map(uidOf).includes(uidOf(pod))));
});

lost("without power its pods keep their addresses until its Node object is deleted", async () => {
  const place = await world.place();
  const stranded = await lose(place, () => world.node("down", 2));
  await assertHeld(place, stranded);

  await world.forget(2);

  const after = await place.agreed("web", 4, 180);
  assert.not.ok(after.some((pod) => stranded.map(uidOf).includes(uidOf(pod))));
});

lost("cut off from the API server its pods run on, and have their addresses for as long as they do", async () => {
  const place = await world.place();
  const stranded = await lose(place, () => world.node("stop", 2, "relay-api"));
  await assertHeld(place, stranded);
  const all = await place.pods("web");
  const elsewhere = all.filter(({ spec }) => spec?.nodeName === "node1");
  assert.is(new Set(all.flatMap(addressesOf)).size, 2 * all.length, "addresses of all pods");
  await place.assertReach(elsewhere, stranded);

  await world.node("start", 2, "relay-api");

  const after = await place.agreed("web", 4, 90);
  assert.not.ok(after.some((pod) => stranded.map(uidOf).includes(uidOf(pod))));
});

lost("with its power back soon enough its pods go on with the addresses they had", async () => {
  const place = await world.place();
  const subnets = [await place.subnet(4, 10), await place.subnet(6, 10)] as const;
  await place.run(deployments, "web", 4, { annotations: fromSubnets(...subnets, "+1") });
  const before = await place.agreed("web", 4);
  const held = (running: readonly Pod[]): unknown => running.map((pod) => [pod.metadata.name, addressesOf(pod)]);

  await world.node("down", 2);
  await world.repair(2);

  await eventually(
    async () => {
      const all = await place.pods("web");
      const restarts = all.filter(({ spec }) => spec?.nodeName === "node2").map(restartsOf);
      assert.ok(restarts.length > 0 && restarts.every((count) => count > 0), `restarts: ${restarts.join(", ")}`);
    },
    { seconds: 60 },
  );
  assert.equal(held(await place.agreed("web", 4)), held(before));
});

function restartsOf({ status }: Pod): number {
  const [container] = (status?.containerStatuses ?? []) as { restartCount?: number }[];
  return container?.restartCount ?? 0;
}

lost.run();
