/**
 * Races are told from faults: what passes by itself is none, what stays is found however much else is going on.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, spiderSubnets } from "../../src/api/resources.ts";
import type { CheckReport } from "../../src/asking/check-text.ts";
import { check } from "../../src/commands/check.ts";
import { seededRandom } from "../../src/random.ts";
import { AskingWorld, askOf, workload } from "./asking-world.ts";
import { CheckScene, createHealthy, type Healthy } from "./check-scene.ts";

const confirming = suite<{ healthy: Healthy }>("autopool check: confirmation");

confirming.before(async (context) => {
  context.healthy = await createHealthy();
});

const ghost = { pod: "default/ghost", podUid: "ghost-uid" };

confirming("passes over what heals within its patience, and says so", async ({ healthy }) => {
  const scene = await CheckScene.of(healthy);
  scene.editUse((records) => records.set("10.4.0.13", ghost));
  scene.frozen.clock.after(9_000, () => scene.editUse((records) => records.delete("10.4.0.13")));

  const { clean, races } = await scene.report();

  assert.equal([clean, races], [true, 1]);
});

confirming("finds what does not", async ({ healthy }) => {
  const scene = await CheckScene.of(healthy);
  scene.editUse((records) => records.set("10.4.0.13", ghost));
  scene.frozen.clock.after(9_000, () => scene.editUse((records) => records.delete("10.4.0.13")));

  const { findings } = await scene.report("--patience-seconds", "3");

  assert.equal(
    findings.map(({ name }) => name),
    ["allocation-without-pod"],
  );
});

confirming("begins anew to wait where something happens to it", async ({ healthy }) => {
  const scene = await CheckScene.of(healthy);
  const total = (count: number) => () =>
    scene.editPool(({ status }) => void Object.assign(status ?? {}, { totalIPCount: count }));
  total(1)();
  scene.frozen.clock.after(10_000, total(2));
  scene.frozen.clock.after(20_000, total(4));

  const { clean } = await scene.report();

  assert.is(clean, true);
});

confirming("believes one look of an object that changes all the time only after several", async ({ healthy }) => {
  const scene = await CheckScene.of(healthy);
  scene.editLedger((records) => records.delete(scene.pool().metadata.name));
  let changes = 0;
  const stir = (): void => {
    changes += 1;
    scene.edit(spiderSubnets, scene.subnet(), ({ metadata }) => void Object.assign(metadata, { generation: changes }));
    scene.frozen.clock.after(200, stir);
  };
  stir();

  const { findings } = await scene.report();

  assert.ok(findings.some(({ name }) => name === "record-missing"));
  assert.ok(changes > 10);
});

/** Does something to one of a few applications, and again a moment later. */
function stir(world: AskingWorld, random: () => number): () => void {
  const { clock } = world.stage;
  const on = { subnet: { ipv4: ["s4"] }, "ippool-ip-number": "+0" };
  const act = async (): Promise<unknown> => {
    const name = ["a", "b", "c", "d"][Math.floor(random() * 4)] ?? "a";
    const ref = { namespace: "default", name };
    const exists = world.objects(deployments).some(({ metadata }) => metadata.name === name);
    const deed = random();
    if (!exists) return world.user.create(deployments, workload(name, { annotations: on }));
    if (deed < 0.2) return world.user.delete(deployments, ref, { propagationPolicy: "Background" });
    if (deed > 0.5) return world.user.patch(deployments, ref, { spec: { replicas: 1 + Math.floor(random() * 3) } });
    const annotations = { restarted: String(clock.now()) };
    return world.user.patch(deployments, ref, { spec: { template: { metadata: { annotations } } } });
  };
  let cancel = (): void => {};
  const again = (): void => {
    void act();
    cancel = clock.after(50 + Math.floor(random() * 300), again);
  };
  again();
  return () => cancel();
}

confirming("finds nothing in a cluster in which applications come, grow, roll, shrink and go", async () => {
  const world = await AskingWorld.open();
  // So slow that its lists are of different moments.
  const slow = world.stage.server.connect({ latencyMs: () => 20 + Math.floor(random() * 1500) });
  const random = seededRandom(7);
  const stop = stir(world, random);
  let passed = 0;
  for (let round = 0; round < 25; round++) {
    const { text, code } = await askOf(slow, world.stage.clock, check, ["-o", "json"]);
    const { findings, races } = JSON.parse(text) as CheckReport;
    passed += races;
    assert.equal([code, findings], [0, []], `round ${round}`);
    await world.stage.clock.advance(200);
  }
  assert.ok(passed > 8, `only ${passed} races: nothing was going on`);
  stop();
  await world.close();
});

confirming.run();
