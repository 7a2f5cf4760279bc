/** The pace of the work queue and its end, on a virtual clock. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { setup } from "./queue-setup.ts";

const rate = suite("work queue: rate");

rate("is steady after the burst", async () => {
  const { queue, clock, log, run } = setup({ concurrency: 100, perSecond: 20, burst: 2 });
  for (const name of ["a", "b", "c", "d", "e"]) queue.add(name, run(name));

  await clock.advance(1000);

  assert.equal(log, ["a@0", "b@0", "c@50", "d@100", "e@150"]);
});

rate("lets the more urgent go first of those that wait for it", async () => {
  const { queue, clock, log, run } = setup({ concurrency: 100, perSecond: 10, burst: 1 });
  queue.add("a", run("a"));
  queue.add("b", run("b"));
  queue.add("c", run("c"), { priority: 1 });

  await clock.advance(1000);

  assert.equal(log, ["a@0", "c@100", "b@200"]);
});

rate("is not used up by runs that were replaced or forgotten", async () => {
  const { queue, clock, log, run } = setup({ concurrency: 100, perSecond: 10, burst: 1 });
  queue.add("a", run("a"));
  for (let index = 0; index < 50; index += 1) queue.add("b", run(`b${index}`), { priority: index });
  queue.add("c", run("c"));
  queue.forget("c");
  queue.add("d", run("d"));

  await clock.advance(1000);

  assert.equal(log, ["a@0", "b49@100", "d@200"]);
});

rate("is kept over a long time", async () => {
  const { queue, clock, log, run, elapsed } = setup({ concurrency: 10, perSecond: 300 });
  for (let index = 0; index < 3000; index += 1) queue.add(`key ${index}`, run("", 5));

  await clock.runUntil(() => log.length === 3000, 60_000);

  assert.ok(elapsed() >= 9_850 && elapsed() <= 10_100, `${elapsed()} ms`);
});

rate.run();

const ending = suite("work queue: ending");

ending("is idle when nothing waits, runs or backs off", async () => {
  const { queue, clock, run, elapsed } = setup();
  await queue.onIdle();
  let left = 2;
  queue.add("a", async () => {
    await run("a", 10)();
    left -= 1;
    if (left > 0) throw new Error("no");
  });
  let idleAt = -1;
  const idle = queue.onIdle().then(() => {
    idleAt = elapsed();
  });

  await clock.advance(1000);
  await idle;

  assert.is(idleAt, 120);
});

ending("finishes what runs and drops the rest, without leaving a timer", async () => {
  const { queue, clock, log, run, fail } = setup({ concurrency: 2, perSecond: 10, burst: 3 });
  queue.add("a", run("a", 500));
  queue.add("b", fail("b"));
  queue.add("c", run("c", 10));
  queue.add("d", run("d"));
  await clock.advance(20);

  let stopped = false;
  const stop = queue.stop().then(() => {
    stopped = true;
  });
  queue.add("e", run("e"));
  // Only the one that "a" itself waits for.
  assert.is(clock.pending(), 1);
  await clock.advance(100);
  assert.not.ok(stopped);
  await clock.advance(380);
  await stop;

  assert.equal(log, ["a@0", "b@0", "c@0"]);
  assert.is(queue.size, 0);
  assert.is(clock.pending(), 0);
  await queue.stop();
});

ending("does not try again what fails after the stop", async () => {
  const { queue, clock, failures, run } = setup();
  queue.add("a", async () => {
    await run("a", 10)();
    throw new Error("late");
  });
  const stop = queue.stop();

  await clock.advance(10);
  await stop;

  assert.equal(failures, [{ key: "a", attempt: 1, retryInMs: undefined }]);
  assert.is(queue.size, 0);
});

ending("gets through ten thousand keys with little work for each", async () => {
  const { queue } = setup({ concurrency: 20 });
  const begin = process.cpuUsage();
  for (let index = 0; index < 10_000; index += 1) {
    queue.add(`key ${index}`, () => Promise.resolve(), { priority: index % 3 });
  }
  await queue.onIdle();
  const { user, system } = process.cpuUsage(begin);

  // About 10 µs each on a small machine; the bar only has to catch work that grows with the number of keys.
  assert.ok((user + system) / 10_000 < 100, `${(user + system) / 10_000} µs per key`);
});

ending.run();
