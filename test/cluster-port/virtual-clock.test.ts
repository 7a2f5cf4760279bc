/** The virtual clock: order, quiet between timers, conditions. @module */
import PQueue from "p-queue";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nextTurn, sleep } from "../../src/clock.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { seededRandom } from "../../src/random.ts";

const test = suite("virtual clock");

test("fires timers by time, equal times in the order of setting, each at its own time", async () => {
  const clock = createVirtualClock({ start: 0 });
  const seen: string[] = [];
  for (const [name, ms] of [
    ["c", 20],
    ["a", 10],
    ["b", 10],
    ["d", 30],
    ["late", 31],
  ] as const) {
    clock.after(ms, () => seen.push(`${name}@${clock.now()}`));
  }

  await clock.advance(30);

  assert.equal(seen, ["a@10", "b@10", "c@20", "d@30"]);
  assert.equal([clock.now(), clock.pending()], [30, 1]);
});

test("agrees with a sorted list for any mix of timers and cancellations", async () => {
  const random = seededRandom(7);
  const clock = createVirtualClock({ start: 0 });
  const fired: number[] = [];
  const wanted: { time: number; order: number }[] = [];
  for (let order = 0; order < 2000; order += 1) {
    const time = Math.floor(random() * 100);
    const cancel = clock.after(time, () => fired.push(order));
    if (random() < 0.7) cancel();
    else wanted.push({ time, order });
  }

  await clock.advance(100);

  wanted.sort((left, right) => left.time - right.time || left.order - right.order);
  assert.equal(
    fired,
    wanted.map(({ order }) => order),
  );
  assert.is(clock.pending(), 0);
});

test("lets long chains of promises, turns and queues end before time goes on", async () => {
  const clock = createVirtualClock({ start: 0 });
  const queue = new PQueue({ concurrency: 2 });
  const ends: number[] = [];
  const work = async (): Promise<void> => {
    for (let step = 0; step < 300; step += 1) await Promise.resolve();
    await nextTurn();
    await sleep(clock, 5);
    ends.push(clock.now());
  };
  for (let task = 0; task < 6; task += 1) void queue.add(work);

  await clock.advance(100);

  assert.equal(ends, [5, 5, 10, 10, 15, 15]);
});

test("runs until a condition holds, and no further", async () => {
  const clock = createVirtualClock({ start: 0 });
  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    clock.after(10, tick);
  };
  clock.after(10, tick);

  assert.is(await clock.runUntil(() => ticks === 3, 1000), true);
  assert.is(clock.now(), 30);
  assert.is(await clock.runUntil(() => ticks === 100, 50), false);
  assert.equal([clock.now(), ticks], [80, 8]);
});

test("gives up at once when no timer is left", async () => {
  const clock = createVirtualClock({ start: 0 });

  assert.is(await clock.runUntil(() => false, 1000), false);
  assert.is(clock.now(), 0);
});

test("refuses to be moved twice at a time", async () => {
  const clock = createVirtualClock();
  const first = clock.advance(10);

  const error = await clock.advance(10).catch((reason: unknown) => reason);

  assert.instance(error, Error);
  await first;
});

test.run();
