/**
 * Requests at the same moment, at replicas whose caches are behind: of what overlaps, exactly one comes to be, and nothing of the
 * others is left.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { configMaps, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { ApiError } from "../../src/cluster/cluster.ts";
import { type ClusterRequest, type Fault, randomFaults } from "../../src/cluster/memory/faults.ts";
import { seededRandom } from "../../src/random.ts";
import { aPool, aSubnet, type Outcome } from "../support/front-door.ts";
import { counted, DoorScene, textOf } from "./door-scene.ts";

const CIDR = "10.1.0.0/24";
const S = aSubnet("s", CIDR, "10.1.0.10-10.1.0.99");
const stale = [{ staleMs: 5_000 }, { staleMs: 20_000 }];
const fifty = Array.from({ length: 50 }, (_, index) => index);

const race = suite("the door: requests at the same moment");

/** Fifty pools that all want 10.1.0.20, one after the other half an address further. */
const overlapping = (index: number): SpiderIPPool =>
  aPool(`p${index}`, CIDR, `10.1.0.${20 - (index % 5)}-10.1.0.${20 + (index % 7)}`);

/** How many were refused by a rule, or told to try again. */
const refused = (outcomes: readonly Outcome[]): number =>
  (counted(outcomes)["409"] ?? 0) + (counted(outcomes)["422"] ?? 0);

race("without it two are let through: that is the race", async () => {
  const scene = new DoorScene({ isHeld: false, replicas: stale });
  await scene.begin(S);

  const outcomes = await scene.during(
    Promise.all(fifty.map((index) => scene.door.create(scene.any, spiderIPPools, overlapping(index)))),
  );

  assert.ok((counted(outcomes)["stored"] ?? 0) > 1, JSON.stringify(counted(outcomes)));
  assert.ok(scene.broken.length > 0);
});

race("of 50 overlapping pools of a subnet one comes to be, and its record", async () => {
  const scene = new DoorScene({ replicas: stale });
  await scene.begin(S);

  const outcomes = await scene.during(
    Promise.all(fifty.map((index) => scene.door.create(scene.any, spiderIPPools, overlapping(index)))),
  );

  assert.equal(counted(outcomes), { stored: 1, 409: 49 });
  assert.match(textOf(outcomes.find((outcome) => outcome !== "stored")), /on its way since 0 s.*try again in a minute/);
  assert.equal(
    Object.keys(scene.records),
    scene.pools.map(({ metadata }) => metadata.name),
  );
  await scene.end();
});

race("without it two pools without a subnet are let through as well, and two identical subnets", async () => {
  const scene = new DoorScene({ isHeld: false, replicas: stale });
  await scene.begin();

  const outcomes = await scene.during(
    Promise.all([
      ...fifty.map((index) => scene.door.create(scene.any, spiderIPPools, overlapping(index))),
      ...fifty.map((index) => scene.door.create(scene.any, spiderSubnets, aSubnet(`s${index}`, "10.2.0.0/16"))),
    ]),
  );

  assert.equal(counted(outcomes), { stored: 100 });
});

race("of 50 overlapping pools without a subnet one comes to be", async () => {
  const scene = new DoorScene({ replicas: stale });
  await scene.begin();

  const outcomes = await scene.during(
    Promise.all(fifty.map((index) => scene.door.create(scene.any, spiderIPPools, overlapping(index)))),
  );

  assert.is(refused(outcomes), 49);
  assert.equal(
    scene.claims,
    scene.pools.map(({ metadata }) => metadata.name),
  );
  await scene.end();
});

race("of 50 identical subnets with names of their own one comes to be", async () => {
  const scene = new DoorScene({ replicas: stale });
  await scene.begin();

  const outcomes = await scene.during(
    Promise.all(fifty.map((index) => scene.door.create(scene.any, spiderSubnets, aSubnet(`s${index}`, CIDR)))),
  );

  assert.is(refused(outcomes), 49);
  const texts = outcomes.map(textOf).join("\n");
  assert.match(texts, /SpiderSubnet "s\d+", which is being created since 0 s, has addresses of 10\.1\.0\.0\/24/);
  // At the other replica it was there already when that looked.
  assert.match(texts, /overlap with Subnet s\d+ which 'spec.subnet' is 10\.1\.0\.0\/24/);
  await scene.end();
});

race("of 50 identical subnets of one name one comes to be, and the server says why", async () => {
  const scene = new DoorScene({ replicas: stale });
  await scene.begin();

  const outcomes = await scene.during(
    Promise.all(fifty.map(() => scene.door.create(scene.any, spiderSubnets, aSubnet("s", CIDR)))),
  );

  assert.equal(counted(outcomes), { stored: 1, 409: 49 });
  assert.ok(outcomes.every((outcome) => outcome === "stored" || outcome instanceof ApiError));
  await scene.end();
});

race("lets the next one in as soon as the watch has shown the end of what was claimed", async () => {
  for (const [resource, make] of [
    [spiderIPPools, (name: string) => aPool(name, CIDR, "10.1.0.20")],
    [spiderSubnets, (name: string) => aSubnet(name, CIDR)],
  ] as const) {
    const scene = new DoorScene();
    await scene.begin();
    const user = scene.server.connect();
    assert.is(await scene.during(scene.door.create(scene.any, resource, make("a"))), "stored");
    await scene.clock.advance(1000);
    await user.patch(resource, { name: "a" }, { metadata: { finalizers: [] } });
    await user.delete(resource, { name: "a" });
    await scene.clock.advance(1000);

    assert.is(await scene.during(scene.door.create(scene.any, resource, make("b"))), "stored", resource.plural);
    await scene.end();
  }
});

race("lets all in that do not overlap, in a handful of writes", async () => {
  for (const subnets of [[S], []]) {
    const scene = new DoorScene({ replicas: stale });
    await scene.begin(...subnets);
    const before = scene.server.version();

    const outcomes = await scene.during(
      Promise.all(
        fifty.map((index) =>
          scene.door.create(scene.any, spiderIPPools, aPool(`p${index}`, CIDR, `10.1.0.${20 + index}`)),
        ),
      ),
    );

    assert.equal(counted(outcomes), { stored: 50 });
    const writes = scene.server.version() - before - 50;
    assert.ok(writes <= 6, `${writes} writes`);
    await scene.end();
  }
});

race("keeps pools and a subnet that does not have their addresses apart", async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const scene = new DoorScene({ seed, replicas: stale });
    await scene.begin();
    const small = aSubnet("small", CIDR, "10.1.0.1");
    const wide = aSubnet("wide", "10.1.0.0/16", "10.1.0.0-10.1.255.255");

    await scene.during(
      Promise.all(
        fifty.map((index) => {
          if (index % 10 === seed)
            return scene.door.create(scene.any, spiderSubnets, { ...small, metadata: { name: `small${index}` } });
          if (index % 10 === seed + 1)
            return scene.door.create(scene.any, spiderSubnets, { ...wide, metadata: { name: `wide${index}` } });
          return scene.door.create(scene.any, spiderIPPools, overlapping(index));
        }),
      ),
    );

    assert.is(scene.pools.length + scene.subnets.length, 1);
    await scene.end();
  }
});

race("comes to the same end where requests of the replicas fail, are lost, or are never answered", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = seededRandom(seed);
    const faults = randomFaults({
      random,
      rate: 0.3,
      only: [409, 429, 500, 503, "loseAnswer", "loseRequest", "delay"],
    });
    const scene = new DoorScene({
      seed,
      timeoutMs: 60_000,
      replicas: [
        { staleMs: 5_000, faults },
        { staleMs: 9_000, faults },
      ],
    });
    await scene.begin(...(seed % 2 === 0 ? [S] : []));

    const outcomes = await scene.during(
      Promise.all(fifty.map((index) => scene.door.create(scene.any, spiderIPPools, overlapping(index)))),
    );

    assert.is(counted(outcomes)["stored"], 1, `seed ${seed}: ${JSON.stringify(counted(outcomes))}`);
    await scene.end();
  }
});

race("makes the claims anew where somebody has deleted them", async () => {
  const scene = new DoorScene({ replicas: [{}] });
  await scene.begin();
  const { any: replica } = scene;
  await scene.during(scene.door.create(replica, spiderIPPools, aPool("p", CIDR, "10.1.0.20")));
  const [claims] = scene.server.objects(configMaps);
  assert.ok(claims);
  await scene.server.connect().delete(configMaps, claims.metadata);

  const outcome = await scene.during(scene.door.create(replica, spiderIPPools, aPool("q", "10.2.0.0/24", "10.2.0.1")));

  assert.is(outcome, "stored");
  assert.equal(scene.claims, ["q"]);
  await scene.end();
});

race("waits for a change whose write was done though no answer came, in the same breath as a rival", async () => {
  let isLost = false;
  const faults = ({ verb, resource }: ClusterRequest): Fault | undefined => {
    if (verb !== "patch" || resource?.plural !== "configmaps" || isLost) return undefined;
    isLost = true;
    return { kind: "loseAnswer", afterMs: 10 };
  };
  const scene = new DoorScene({ replicas: [{ faults }] });
  await scene.begin();
  const [replica] = scene.replicas;
  assert.ok(replica);
  await scene.during(scene.door.create(replica, spiderIPPools, aPool("p", CIDR, "10.1.0.20")));

  const change = (pool: SpiderIPPool): SpiderIPPool => ({ ...pool, spec: { ...pool.spec, ips: ["10.1.0.25"] } });
  const outcomes = await scene.during(
    Promise.all([
      scene.door.update<SpiderIPPool>(replica, spiderIPPools, "p", change),
      scene.door.create(replica, spiderIPPools, aPool("q", CIDR, "10.1.0.25")),
    ]),
  );

  assert.is(isLost, true);
  assert.equal(counted(outcomes), { stored: 1, 409: 1 });
  await scene.end();
});

race.run();
