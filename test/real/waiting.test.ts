/**
 * Sixty applications that wait for one full subnet, on the real API server: who came first is served first, at once, and waiting
 * costs nothing.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { deployments } from "../../src/api/resources.ts";
import { systemClock } from "../../src/clock.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { deployment } from "../support/manifests.ts";
import { withPatience } from "../support/patience.ts";
import { type Place, sizeOf } from "../support/place.ts";
import { Stage } from "../support/stage.ts";

const waiting = suite("waiting for a full subnet");
let stage: Stage;

waiting.before(async () => {
  stage = await Stage.open();
});
waiting.after.each(() => stage.clear());
waiting.after(() => stage.close());

const apps = Array.from({ length: 60 }, (_, index) => `app-${String(index).padStart(2, "0")}`);
const appOf = ({ metadata }: SpiderIPPool): string =>
  metadata.labels?.["ipam.spidernet.io/owner-application-name"] ?? "";

/** Names of the applications whose pools are there, besides those of `holders`. */
async function served(place: Place): Promise<string[]> {
  const pools = await place.pools();
  const live = pools.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return live
    .map(appOf)
    .filter((name) => name.startsWith("app-"))
    .toSorted((a, b) => a.localeCompare(b));
}

/** Fills a subnet of 120 addresses with these holders, and lets the sixty wait for 2 addresses each, in their order. */
async function queueUp(place: Place, holders: Readonly<Record<string, number>>): Promise<void> {
  const subnet = { ipv4: [place.v4] };
  for (const [name, size] of Object.entries(holders)) {
    await place.run(deployment, name, { subnet, number: String(size) }, 0);
  }
  await place.poolsOf(...Object.values(holders));
  for (const name of apps) await place.run(deployment, name, { subnet, number: "2" }, 0);
  await eventually(() => {
    const waits = place.states().filter((state) => state === "pending InsufficientAddresses");
    assert.is(waits.length, apps.length);
  });
  await stage.quiet();
}

waiting(
  "sixty applications have their pools within 2 s of another one's end, and no request is made before",
  async () => {
    const place = await stage.place({ v4: 120 });
    await queueUp(place, { holder: 120 });
    const before = stage.requests.length;
    await new Promise<void>((resolve) => systemClock.after(1500, resolve));
    assert.is(stage.requests.length, before, "waiting applications cost requests");

    const endedAt = systemClock.now();
    await place.end(deployment, "holder");
    await eventually(async () => assert.equal(await served(place), apps));
    const took = systemClock.now() - endedAt;

    assert.ok(took <= withPatience(2000), `it took ${took} ms`);
    await place.poolsOf(...apps.map(() => 2));
  },
);

waiting("the earliest are served first, and so many as there is room for", async () => {
  const place = await stage.place({ v4: 120 });
  await queueUp(place, { first: 11, second: 40, third: 69 });

  await place.end(deployment, "first");
  await eventually(async () => assert.equal(await served(place), apps.slice(0, 5)));
  await stage.quiet();
  assert.equal(await served(place), apps.slice(0, 5));

  await place.end(deployment, "second");
  await eventually(async () => assert.equal(await served(place), apps.slice(0, 25)));
  await stage.quiet();
  assert.equal(await served(place), apps.slice(0, 25));

  await place.end(deployment, "third");
  await eventually(async () => assert.equal(await served(place), apps));
  assert.ok((await place.pools()).every((pool) => sizeOf(pool) === 2));
});

waiting("one who gives up or asks for less makes room in the line for the next", async () => {
  const place = await stage.place({ v4: 10 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "holder", { subnet, number: "10" }, 0);
  await place.poolsOf(10);
  for (const [name, number] of [
    ["app-a", "6"],
    ["app-b", "6"],
    ["app-c", "6"],
  ] as const) {
    await place.run(deployment, name, { subnet, number }, 0);
    await place.told("Deployment", name, "InsufficientAddresses", /0 free addresses, 6 are needed/);
  }

  await place.end(deployment, "app-a");
  await stage.quiet();
  await place.end(deployment, "holder");
  await eventually(async () => assert.equal(await served(place), ["app-b"]));

  await place.ask(deployment, "app-c", { subnet, number: "4" });
  await eventually(async () => assert.equal(await served(place), ["app-b", "app-c"]));
  await place.poolsOf(4, 6);
});

waiting("one who no longer wants to grow leaves the line, and takes nothing from who comes after", async () => {
  const place = await stage.place({ v4: 8 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "holder", { subnet, number: "4" }, 0);
  await place.run(deployment, "app-a", { subnet, number: "+0" }, 3);
  const pool = (await place.poolsOf(3, 4)).find((found) => appOf(found) === "app-a");
  await place.scale(deployment, "app-a", 6);
  await place.told("Deployment", "app-a", "InsufficientAddresses", /1 free address, 3 are needed/);
  await place.scale(deployment, "app-a", 3);
  await place.poolsOf(3, 4);
  assert.is(stage.operator.ledger.waiting, 0, "it is still in line");

  await place.run(deployment, "app-b", { subnet, number: "5" }, 0);
  await place.end(deployment, "holder");

  const pools = await place.poolsOf(3, 5);
  assert.equal(pools.find((found) => appOf(found) === "app-a")?.spec.ips, pool?.spec.ips);
});

waiting("nobody waits twice: applications that end while they wait leave nothing behind", async () => {
  const place = await stage.place({ v4: 4 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "holder", { subnet, number: "4" }, 0);
  await place.poolsOf(4);
  for (const name of apps.slice(0, 10)) await place.run(deployment, name, { subnet, number: "2" }, 0);
  await eventually(() => assert.is(place.states().length, 11));

  for (const name of apps.slice(0, 10)) await place.end(deployment, name);
  await eventually(async () => {
    const { items } = await stage.cluster.list<KubeObject>(deployments, { namespace: place.namespace });
    assert.is(items.length, 1);
  });
  await eventually(() => assert.equal(place.states(), ["created.managed"]));
  await place.end(deployment, "holder");

  await place.poolsOf();
  assert.equal(place.states(), []);
  assert.is(stage.operator.ledger.waiting, 0);
});

waiting.run();
