/** Twenty pods that start at once while a program they depend on dies: all run in the end, and nothing is double or left over. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments } from "../../src/api/resources.ts";
import { eventually } from "../support/eventually.ts";
import type { NodePlace } from "../support/node-place.ts";
import { fromSubnets } from "../support/node-workloads.ts";
import { NodeWorld, nodeNumbers } from "../support/node-world.ts";

const load = suite("twenty pods that start while something dies");
let world: NodeWorld;

load.before(async () => {
  world = await NodeWorld.open();
});
load.after.each(() => world.clear());
load.after(() => world.close());

const replicas = 20;

/** Starts them from pools of exactly as many addresses as there are pods: what leaks, is missing. */
async function start(): Promise<NodePlace> {
  const place = await world.place();
  const subnets = [await place.subnet(4, replicas), await place.subnet(6, replicas)] as const;
  await place.run(deployments, "web", replicas, { annotations: fromSubnets(...subnets, "+0") });
  return place;
}

/** Resolves when some of them have addresses, and most of them have not. */
async function reached(place: NodePlace, count: number): Promise<void> {
  await eventually(async () => assert.ok((await place.endpointLines()).length >= 2 * count), { seconds: 60 });
}

async function finish(place: NodePlace): Promise<void> {
  const running = await place.agreed("web", replicas, 240);
  assert.is(new Set(running.map(({ spec }) => spec?.nodeName)).size, nodeNumbers.length);
  await place.end(deployments, "web");
  await place.free(180);
}

load("an agent is killed again and again", async () => {
  const place = await start();
  for (const count of [1, 4, 8]) {
    await reached(place, count);
    await world.killAgent(1);
    await world.startAgent(1);
  }
  await finish(place);
});

load("the API server is started anew", async () => {
  const place = await start();
  await reached(place, 4);

  await world.process("restart", "kube-apiserver");

  await finish(place);
});

load("an agent is killed while they end", async () => {
  const place = await start();
  await place.agreed("web", replicas, 240);

  await place.end(deployments, "web");
  await eventually(async () => assert.ok((await place.endpointLines()).length <= 2 * (replicas - 4)), { seconds: 60 });
  await world.killAgent(1);
  await world.startAgent(1);

  await place.free(180);
});

load.run();
