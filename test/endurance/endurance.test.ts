/** A short life with what a long one has: what comes and goes leaves nothing behind. `npm run bench:endurance` is the long one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { held, livesOf, watchesOf } from "../support/endurance.ts";
import { plainKubeconfig } from "../support/plain-kubeconfig.ts";

const endurance = suite("endurance");

/** The UIDs of what has ended are remembered, up to a bound that is not reached here: more than that is a leak. */
const bytesMax = 2_000;

for (const [how, latencyMs] of [
  ["a quick", 1],
  ["a slow", 400],
] as const) {
  endurance(`holds nothing of the applications that have gone, on ${how} API server`, async () => {
    const lives = livesOf(latencyMs);
    try {
      await lives.live(400);
      const before = await held();

      const pools = await lives.live(600);

      const after = await held();
      assert.equal(pools, { made: 600, left: 0 });
      const perLife = ((after.heap - before.heap) * 2 ** 20) / 600;
      assert.ok(perLife < bytesMax, `each application leaves ${perLife.toFixed(0)} bytes on the heap`);
    } finally {
      await lives.end();
    }
  });
}

endurance("holds nothing of watches that have ended or broken off", async () => {
  const directory = mkdtempSync(join(tmpdir(), "endurance-"));
  const kubeconfig = join(directory, "kubeconfig");
  const watches = await watchesOf((port) => {
    writeFileSync(kubeconfig, plainKubeconfig(port));
    return kubeconfig;
  });
  try {
    await watches.reconnect(1_000);
    const before = await held();

    await watches.reconnect(1_000);

    const after = await held();
    const perWatch = ((after.heap - before.heap) * 2 ** 20) / 1_000;
    assert.ok(perWatch < bytesMax, `each watch leaves ${perWatch.toFixed(0)} bytes on the heap`);
    const { descriptors } = before;
    assert.ok(after.descriptors <= descriptors + 2, `${descriptors} descriptors became ${after.descriptors}`);
  } finally {
    await watches.end();
    rmSync(directory, { recursive: true });
  }
});

endurance.run();
