/**
 * How a pool comes into the ledger of its subnet, what is written for it and what is not.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { FINALIZER, LABEL } from "../../src/api/names.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { ApiError } from "../../src/cluster/cluster.ts";
import type { ClusterRequest } from "../../src/cluster/memory/faults.ts";
import { aPool, aSubnet, type Outcome } from "../support/front-door.ts";
import { counted, DoorScene, textOf } from "./door-scene.ts";

const CIDR = "10.1.0.0/24";
const S = aSubnet("s", CIDR, "10.1.0.10-10.1.0.99");

const door = suite("the door of a subnet's pools");

/** Replaces the addresses of a pool, as a person does. */
function edit(scene: DoorScene, name: string, ips: string[]): Promise<Outcome> {
  const change = (pool: SpiderIPPool): SpiderIPPool => ({ ...pool, spec: { ...pool.spec, ips } });
  return scene.during(scene.door.update<SpiderIPPool>(scene.any, spiderIPPools, name, change));
}

function create(scene: DoorScene, pool: SpiderIPPool): Promise<Outcome> {
  return scene.during(scene.door.create(scene.any, spiderIPPools, pool));
}

/** Writes into the ledger by hand. */
async function writeLedger(scene: DoorScene, records: object): Promise<void> {
  const status = { controlledIPPools: JSON.stringify(records) };
  await scene.server.connect().patch(spiderSubnets, { name: "s" }, { status }, { subresource: "status" });
  await scene.clock.advance(1_000);
}

const writes = (requests: readonly ClusterRequest[]): string[] =>
  requests.filter(({ verb }) => verb !== "get").map(({ verb, resource }) => `${verb} ${resource?.plural}`);

door("writes a new pool's addresses down, and when, before it is let in", async () => {
  const scene = new DoorScene({ isLost: () => true });
  await scene.begin(S);

  const outcome = await create(scene, aPool("p", CIDR, "10.1.0.20-10.1.0.29", "10.1.0.31"));

  assert.is(outcome, "lost");
  assert.is(
    scene.subnets[0]?.status?.controlledIPPools,
    '{"p":{"ips":["10.1.0.20-10.1.0.29","10.1.0.31"],"admittedAt":"2026-01-01T00:01:00Z","admittedVersion":"uid-1/1"}}',
  );
  assert.equal([scene.subnets[0]?.status?.allocatedIPCount, scene.subnets[0]?.status?.totalIPCount], [11, 90]);
  await scene.end();
});

door("writes once for each pool, and reads nothing where the caches are up to date", async () => {
  const scene = new DoorScene({ replicas: [{}] });
  await scene.begin({ ...S });
  await scene.clock.advance(30 * 60_000);

  for (const index of [20, 21, 22]) {
    assert.is(await create(scene, aPool(`p${index}`, CIDR, `10.1.0.${index}`)), "stored");
  }

  const requests = scene.replicas.flatMap(({ requests: all }) => all);
  assert.equal(
    requests.map(({ verb, resource }) => `${verb} ${resource?.plural}`),
    Array(3).fill("update spidersubnets"),
  );
  await scene.end();
});

door(
  "records what a pool grows by before it grows, and keeps what it loses for the operator to take back",
  async () => {
    const scene = new DoorScene();
    await scene.begin(S);
    await create(scene, aPool("p", CIDR, "10.1.0.20-10.1.0.29"));
    const before = scene.server.version();

    assert.is(await edit(scene, "p", ["10.1.0.22-10.1.0.24"]), "stored");

    assert.is(scene.server.version(), before + 1, "nothing but the pool is written");
    assert.equal(scene.records, { p: ["10.1.0.20-10.1.0.29"] });

    assert.is(await edit(scene, "p", ["10.1.0.22-10.1.0.35"]), "stored");

    assert.equal(scene.records, { p: ["10.1.0.20-10.1.0.35"] });
    await scene.end();
  },
);

door("of two pools that grow into the same addresses lets one", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const scene = new DoorScene({ seed, replicas: [{ staleMs: 5_000 }, { staleMs: 9_000 }] });
    await scene.begin(S);
    await create(scene, aPool("p", CIDR, "10.1.0.20"));
    await create(scene, aPool("q", CIDR, "10.1.0.30"));
    await scene.clock.advance(20_000);
    const grow = (name: string, ips: string[]): Promise<Outcome> =>
      scene.door.update<SpiderIPPool>(scene.any, spiderIPPools, name, (pool) => ({
        ...pool,
        spec: { ...pool.spec, ips },
      }));

    const outcomes = await scene.during(
      Promise.all([
        grow("p", ["10.1.0.20-10.1.0.25"]),
        grow("q", ["10.1.0.25-10.1.0.30"]),
        grow("p", ["10.1.0.20-10.1.0.27"]),
      ]),
    );

    assert.ok((counted(outcomes)["stored"] ?? 0) >= 1, JSON.stringify(counted(outcomes)));
    await scene.end();
  }
});

door("refuses what the ledger has for another pool, whether or not that is there", async () => {
  const scene = new DoorScene();
  await scene.begin(S);
  await writeLedger(scene, { auto: { ips: ["10.1.0.40-10.1.0.49"], application: "apps_v1_Deployment_default_web" } });

  const outcome = await create(scene, aPool("p", CIDR, "10.1.0.45-10.1.0.55"));

  assert.match(textOf(outcome), /spec\.ips: .*overlap with IPPool auto in IP ranges \[10\.1\.0\.45-10\.1\.0\.49\]/);
  assert.match(textOf(await create(scene, aPool("auto", CIDR, "10.1.0.60"))), /take another name/);
  await scene.end();
});

door("lets an application's pool in with what is recorded for it, and no more, and writes nothing", async () => {
  const scene = new DoorScene();
  await scene.begin(S);
  await writeLedger(scene, { auto: { ips: ["10.1.0.40-10.1.0.49"], application: "apps_v1_Deployment_default_web" } });
  const pool = aPool("auto", CIDR, "10.1.0.40-10.1.0.44");
  const labels = { [LABEL.applicationName]: "web" };

  const more = {
    ...pool,
    metadata: { ...pool.metadata, labels },
    spec: { ...pool.spec, ips: ["10.1.0.40-10.1.0.50"] },
  };
  assert.match(textOf(await create(scene, more)), /10\.1\.0\.50.*are not in the record/);
  assert.is(await create(scene, { ...pool, metadata: { ...pool.metadata, labels } }), "stored");

  assert.equal(writes(scene.replicas.flatMap(({ requests }) => requests)), []);
  await scene.end();
});

door("guards a subnet with our finalizer before its ledger says anything", async () => {
  const scene = new DoorScene();
  await scene.begin();
  await scene.server.connect().create(spiderSubnets, S);
  await scene.clock.advance(1_000);

  assert.is(await create(scene, aPool("p", CIDR, "10.1.0.20")), "stored");

  assert.equal(scene.subnets[0]?.metadata.finalizers, [FINALIZER]);
  assert.equal(scene.records, { p: ["10.1.0.20"] });
  await scene.end();
});

door("gives nothing out of a subnet that is being deleted, and finds the one that came in its place", async () => {
  const scene = new DoorScene({ replicas: [{ staleMs: 60_000 }] });
  await scene.begin(S);
  const user = scene.server.connect();
  await user.delete(spiderSubnets, { name: "s" });

  assert.match(
    textOf(await create(scene, aPool("p", CIDR, "10.1.0.20"))),
    /is being deleted: try again when it is gone/,
  );

  await user.patch(spiderSubnets, { name: "s" }, { metadata: { finalizers: null } });
  assert.is(await scene.during(scene.door.create(scene.any, spiderSubnets, aSubnet("t", "10.2.0.0/24"))), "stored");
  const second: SpiderSubnet = aSubnet("u", CIDR, "10.1.0.10-10.1.0.99");
  await scene.clock.advance(70_000);
  assert.is(await scene.during(scene.door.create(scene.any, spiderSubnets, second)), "stored");

  assert.is(await create(scene, aPool("p", CIDR, "10.1.0.20")), "stored");

  const ledgers = scene.subnets.map(({ metadata, status }) => [metadata.name, status?.controlledIPPools?.slice(0, 4)]);
  assert.equal(ledgers, [
    ["t", undefined],
    ["u", '{"p"'],
  ]);
  await scene.end();
});

door("writes nothing in a dry run, and answers the same", async () => {
  const scene = new DoorScene({ replicas: [{ staleMs: 60_000 }] });
  await scene.begin(S);
  await create(scene, aPool("p", CIDR, "10.1.0.20"));
  const before = scene.server.version();
  const [replica] = scene.replicas;
  assert.ok(replica);
  const dry = (object: SpiderIPPool | SpiderSubnet) =>
    scene.during(scene.door.hold(replica, { operation: "CREATE", object }, true));

  assert.is((await dry(aPool("q", CIDR, "10.1.0.20-10.1.0.22")))?.code, 409);
  assert.is(await dry(aPool("q", CIDR, "10.1.0.21-10.1.0.22")), undefined);
  assert.is(await dry(aPool("r", "10.9.0.0/24", "10.9.0.1")), undefined);
  assert.is(await dry({ ...aSubnet("t", "10.8.0.0/24"), kind: spiderSubnets.kind }), undefined);

  assert.is(scene.server.version(), before);
  await scene.end();
});

door("lets nobody in where the time is over, whatever the server did", async () => {
  const faults = [
    { kind: "loseAnswer", afterMs: 20_000 },
    { kind: "loseRequest", afterMs: 20_000 },
    { kind: "refuse", error: new ApiError(503, "ServiceUnavailable", "busy", 30) },
  ] as const;
  for (const fault of faults) {
    const scene = new DoorScene({
      replicas: [{ faults: ({ verb }) => (verb === "update" || verb === "create" ? fault : undefined) }],
    });
    await scene.begin(S);

    for (const pool of [aPool("p", CIDR, "10.1.0.20"), aPool("q", "10.9.0.0/24", "10.9.0.1")]) {
      const outcome = await create(scene, pool);

      assert.match(textOf(outcome), /others want addresses at the same time: try again/);
      assert.is((outcome as { code: number }).code, 409);
    }
    assert.equal(scene.pools, []);
    await scene.end();
  }
});

door("says what is in the way where the server refuses the write", async () => {
  const error = new ApiError(403, "Forbidden", 'cannot update resource "spidersubnets/status"');
  const scene = new DoorScene({
    replicas: [{ faults: ({ verb }) => (verb === "update" ? { kind: "refuse", error } : undefined) }],
  });
  await scene.begin(S);

  assert.match(
    textOf(await create(scene, aPool("p", CIDR, "10.1.0.20"))),
    /cannot be held for it: cannot update resource/,
  );
  await scene.end();
});

door("lets what failed for another reason be tried again when it can no longer come", async () => {
  for (const subnets of [[S], []]) {
    let isLost = true;
    const scene = new DoorScene({ isLost: () => isLost });
    await scene.begin(...subnets);
    const wanted = aPool("other", CIDR, "10.1.0.20");
    assert.is(await create(scene, aPool("p", CIDR, "10.1.0.20")), "lost");
    isLost = false;

    assert.match(textOf(await create(scene, wanted)), /try again in a minute|has recorded for it/);
    await scene.clock.advance(91_000);
    // The operator takes the record back then (test/operator).
    if (subnets.length > 0) await writeLedger(scene, {});

    assert.is(await create(scene, wanted), "stored");
    await scene.end();
  }
});

door.run();
