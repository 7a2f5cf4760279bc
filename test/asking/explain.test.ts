/**
 * `autopool explain` says the right cause of whatever hinders an application, and what would help, on one screen.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Explanation } from "../../src/asking/explanation.ts";
import { explain } from "../../src/commands/explain.ts";
import { AskingWorld } from "./asking-world.ts";
import { explainCases } from "./explain-cases.ts";
import { byKind, byPool } from "./explain-pool-cases.ts";

const explaining = suite("autopool explain: applications and pools");

/** Lines of a terminal that is not large. */
const SCREEN = 40;

for (const { what, plant, health, says, helps, missing } of [...explainCases, ...byPool, ...byKind]) {
  explaining(`tells of ${what}`, async () => {
    const world = await AskingWorld.open();
    try {
      const target = await plant(world);

      const { text } = await world.ask(explain, target);
      const told = await world.json<Explanation>(explain, target);

      assert.match(text.split("\n")[0] ?? "", says);
      assert.is(told.health, health, text);
      if (helps)
        assert.ok(
          told.helps.some((help) => helps.test(help)),
          `${helps} is not in:\n${told.helps.join("\n")}`,
        );
      if (missing !== undefined)
        assert.ok(
          told.obstacles.some((obstacle) => Number(obstacle.missing) === missing),
          text,
        );
      assert.ok(text.split("\n").length <= SCREEN, `${text.split("\n").length} lines:\n${text}`);
    } finally {
      await world.close();
    }
  });
}

explaining.run();
