/**
 * Whatever a cluster does, the trace of it replays bit for bit, and its machines stand where they stood however it is disturbed.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFaults } from "../../src/cluster/memory/faults.ts";
import { seededRandom } from "../../src/random.ts";
import { replay } from "../../src/trace/replay.ts";
import { TraceRing } from "../../src/trace/ring.ts";
import { readTrace } from "../../src/trace/trace-reader.ts";
import { Chaos } from "../operator/chaos.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { faultsOf, Notebook } from "../support/trace.ts";

const seeds = 12;
const chaos = suite("trace: a random life");

for (let seed = 1; seed <= seeds; seed++) {
  chaos(`replays straight and disturbed, whole and from a checkpoint (seed ${seed})`, async () => {
    const [notebook, ring] = [new Notebook(), new TraceRing(60_000)];
    const world = new MemoryWorld({ seed, sinks: [notebook, ring] });
    const random = seededRandom(seed);
    // On every other one an API server that cannot be relied on, and watches that break off and repeat themselves.
    const faults = seed % 2 === 0 ? randomFaults({ random: seededRandom(seed), rate: 0.25 }) : () => undefined;
    const user = new Chaos(world, random, faults);
    await user.begin();
    world.start(faults);
    for (let act = 0; act < 30; act++) {
      await user.act();
      await world.clock.advance(Math.floor(random() * 600));
    }
    await world.clock.advance(20_000);
    await world.close();
    assert.equal(await faultsOf(notebook.texts, undefined, seed), []);
    assert.is((await replay(readTrace(ring.texts()))).difference, undefined);
  });
}

chaos.run();
