/** A loop that looks when told to, when its time has come, and later after failures. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PacedLoop, type Pause } from "../../../src/admission/certificates/paced-loop.ts";
import { sleep } from "../../../src/clock.ts";
import { createVirtualClock } from "../../../src/cluster/memory/virtual-clock.ts";

const loops = suite("paced loop");
const hour = 3_600_000;

/** A loop whose looks are noted by their time. */
function scene(look: (count: number) => Pause | Promise<Pause>) {
  const clock = createVirtualClock({ start: 0 });
  const looks: number[] = [];
  const failures: number[] = [];
  const loop = new PacedLoop({
    clock,
    random: () => 0.5,
    look: async () => {
      looks.push(clock.now());
      return look(looks.length);
    },
    onFailure: (_error, attempt) => failures.push(attempt),
  });
  return { clock, looks, failures, loop };
}

loops("looks when told to, and when the time has come, but at least every hour", async () => {
  const { clock, looks, loop } = scene((count) => ({ againMs: count === 1 ? 5_000 : Number.POSITIVE_INFINITY }));
  loop.wake();
  await clock.advance(2 * hour + 5_000);
  assert.equal(looks, [0, 5_000, hour + 5_000, 2 * hour + 5_000]);
  await loop.stop();
});

loops("rests, and looks once after it however often it was told to", async () => {
  const { clock, looks, loop } = scene(() => ({ againMs: hour, restMs: 1_000 }));
  loop.wake();
  await clock.advance(10);
  for (let again = 0; again < 5; again += 1) loop.wake();
  await clock.advance(5_000);
  assert.equal(looks, [0, 1_000]);
  await loop.stop();
});

loops("looks again after a call that came while it was looking", async () => {
  const { clock, looks, loop } = scene(async () => {
    await sleep(clock, 100);
    return { againMs: hour };
  });
  loop.wake();
  await clock.advance(50);
  loop.wake();
  await clock.advance(1_000);
  assert.equal(looks, [0, 100]);
  await loop.stop();
});

loops("waits longer from failure to failure, a minute at most", async () => {
  const { clock, looks, failures, loop } = scene(() => {
    throw new Error("no");
  });
  loop.wake();
  await clock.advance(hour);
  const gaps = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
  assert.ok(gaps.every((gap, index) => gap >= (gaps[index - 1] ?? 0)));
  assert.ok((gaps[0] ?? 0) < 200 && (gaps.at(-1) ?? 0) <= 60_000);
  assert.equal(failures.slice(0, 3), [1, 2, 3]);
  await loop.stop();
});

loops("pauses where the time has passed already", async () => {
  const { clock, looks, loop } = scene(() => ({ againMs: -5 }));
  loop.wake();
  await clock.advance(10);
  assert.ok(looks.length <= 11);
  await loop.stop();
});

loops("does nothing once stopped", async () => {
  const { clock, looks, loop } = scene(() => ({ againMs: 10 }));
  loop.wake();
  await clock.advance(5);
  await loop.stop();
  loop.wake();
  await clock.advance(hour);
  assert.equal(looks, [0]);
});

loops.run();
