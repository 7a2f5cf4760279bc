/**
 * `autopool check` finds every inconsistency that is planted, by its name and nothing else; `--repair` mends the safe ones.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools } from "../../src/api/resources.ts";
import { type FindingName, findingRows } from "../../src/asking/finding.ts";
import { ledgers, shapes, uses } from "./check-cases.ts";
import { CheckScene, createHealthy, type Healthy } from "./check-scene.ts";

const finding = suite<{ healthy: Healthy }>("autopool check");

finding.before(async (context) => {
  context.healthy = await createHealthy();
});

finding("finds nothing where all is well, at once", async ({ healthy }) => {
  const scene = await CheckScene.of(healthy);
  const before = scene.frozen.clock.now();

  const said = await scene.check();

  assert.equal([said.code, said.text.split("\n").at(-1)], [0, "All is consistent"]);
  assert.match(said.text, /^Looked at 3 subnets, \d+ records, \d+ pools, \d+ endpoints, \d+ pods$/m);
  assert.ok(scene.frozen.clock.now() - before < 1000);
});

for (const { what, plant, finds, fate } of [...ledgers, ...shapes, ...uses]) {
  finding(`finds ${what}`, async ({ healthy }) => {
    const scene = await CheckScene.of(healthy);
    plant(scene);

    const { clean, findings } = await scene.report();

    assert.is(clean, false);
    assert.equal([...new Set(findings.map(({ name }) => name))].sort(), [...finds].sort(), JSON.stringify(findings));
  });

  finding(`${fate === "mended" ? "mends" : "leaves"} ${what}`, async ({ healthy }) => {
    const scene = await CheckScene.of(healthy);
    plant(scene);
    const living = livingUse(scene);

    const repaired = await scene.check("--repair");

    const now = livingUse(scene);
    assert.equal(
      living.filter((line) => !now.includes(line)),
      [],
      `taken from living pods: ${repaired.text}`,
    );
    assert.is(repaired.code, fate === "mended" ? 0 : 1, repaired.text);
    const after = await scene.report();
    assert.is(after.clean, fate === "mended", JSON.stringify(after.findings));
    if (fate === "left") assert.match(repaired.text, /^ {4}left to you: \S/m);
  });
}

finding("has a case for every name", () => {
  const planted = new Set([...ledgers, ...shapes, ...uses].flatMap(({ finds }) => finds));
  assert.equal(
    Object.keys(findingRows).filter((name) => !planted.has(name as FindingName)),
    [],
  );
});

/** What living pods have by a pool's record, as `pool address uid`. */
function livingUse(scene: CheckScene): string[] {
  const alive = new Set(scene.pods("").map(({ metadata }) => metadata.uid));
  return scene.frozen.objects<SpiderIPPool>(spiderIPPools).flatMap((pool) => {
    const text = pool.status?.allocatedIPs;
    if (!text || text === "{") return [];
    return Object.entries(JSON.parse(text) as Record<string, { podUid: string }>).flatMap(([address, { podUid }]) =>
      alive.has(podUid) ? [`${pool.metadata.name} ${address} ${podUid}`] : [],
    );
  });
}

finding.run();
