/** What the work queue promises for one key and for the order of keys, on a virtual clock. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sleep } from "../../src/clock.ts";
import { setup } from "./queue-setup.ts";

const keys = suite("work queue: keys");

keys("run the newest of what was added while they waited", async () => {
  const { queue, clock, log, run } = setup();
  queue.add("busy", run("busy", 10));
  for (const name of ["a1", "a2", "a3"]) queue.add("a", run(name));
  assert.is(queue.size, 2);

  await clock.advance(10);

  assert.equal(log, ["busy@0", "a3@10"]);
  assert.is(queue.stats().coalesced, 2);
  assert.is(queue.size, 0);
});

keys("keep their place when they are added again while they wait", async () => {
  const { queue, clock, log, run } = setup();
  queue.add("busy", run("busy", 10));
  queue.add("a", run("a1"));
  queue.add("b", run("b1"));
  queue.add("a", run("a2"));

  await clock.advance(10);

  assert.equal(log, ["busy@0", "a2@10", "b1@10"]);
});

keys("run once more after what was added while they ran, with the newest of it", async () => {
  const { queue, clock, log, run } = setup({ concurrency: 5 });
  queue.add("a", run("a1", 10));
  await clock.advance(5);
  queue.add("a", run("a2", 10));
  queue.add("a", run("a3", 10));

  await clock.advance(100);

  assert.equal(log, ["a1@0", "a3@10"]);
});

keys("never run twice at once, whatever is added when", async () => {
  const arbitrary = fc.array(
    fc.record({
      key: fc.constantFrom("a", "b", "c"),
      waitMs: fc.nat(20),
      runMs: fc.nat(30),
      fails: fc.boolean(),
      priority: fc.nat(2),
      forgets: fc.boolean(),
    }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(arbitrary, fc.integer({ min: 1, max: 4 }), async (steps, concurrency) => {
      const { queue, clock } = setup({ concurrency, random: () => 0.5 });
      const running = new Set<string>();
      // A run that throws would only be tried again.
      const violations: string[] = [];
      const last = new Map<string, number>();
      const finished = new Map<string, number>();
      for (const [index, { key, waitMs, runMs, fails, priority, forgets }] of steps.entries()) {
        if (forgets) queue.forget(key);
        let failed = false;
        last.set(key, index);
        queue.add(
          key,
          async () => {
            if (running.has(key)) violations.push(`${key} runs already`);
            running.add(key);
            if (running.size > concurrency) violations.push(`${running.size} run at once`);
            await sleep(clock, runMs);
            running.delete(key);
            if (fails && !failed) {
              failed = true;
              throw new Error("once");
            }
            finished.set(key, index);
          },
          { priority },
        );
        await clock.advance(waitMs);
      }

      await clock.advance(60_000);

      assert.equal(violations, []);
      assert.equal(finished, last);
      assert.is(queue.size, 0);
      const { waiting, running: stillRunning, backingOff } = queue.stats();
      assert.equal([waiting, stillRunning, backingOff], [0, 0, 0]);
    }),
    { numRuns: 100 },
  );
});

keys("that are forgotten do not run; what runs ends and is not tried again", async () => {
  const { queue, clock, log, run, fail, failures } = setup();
  queue.add("a", async () => {
    await run("a1", 10)();
    throw new Error("late");
  });
  queue.add("b", run("b1"));
  queue.add("a", run("a2"));
  queue.forget("a");
  queue.forget("b");
  queue.forget("unknown");

  await clock.advance(60_000);
  assert.equal(log, ["a1@0"]);
  assert.equal(failures, [{ key: "a", attempt: 1, retryInMs: undefined }]);
  assert.is(queue.size, 0);

  queue.add("c", fail("c1"));
  await clock.advance(50);
  queue.forget("c");
  await clock.advance(60_000);
  assert.equal(log.slice(1), ["c1@60000"]);
});

keys("beyond the maximum are a mistake of the program", () => {
  const { queue, run } = setup({ keysMax: 2 });
  queue.add("a", run("a", 10));
  queue.add("b", run("b"));
  queue.add("b", run("b2"));

  assert.throws(() => queue.add("c", run("c")), /Cannot queue "c": 2 keys are queued already/);
});

keys.run();

const order = suite("work queue: order");

order("is by priority, and first come first served within one", async () => {
  const { queue, clock, log, run } = setup();
  queue.add("busy", run("busy", 10));
  for (const [name, priority] of [
    ["a", 0],
    ["b", 5],
    ["c", 1],
    ["d", 5],
    ["e", 0],
  ] as const) {
    queue.add(name, run(name), { priority });
  }

  await clock.advance(10);

  assert.equal(log, ["busy@0", "b@10", "d@10", "c@10", "a@10", "e@10"]);
});

order("changes when a waiting key is added with a higher priority, and not with a lower one", async () => {
  const { queue, clock, log, run } = setup();
  queue.add("busy", run("busy", 10));
  queue.add("a", run("a"), { priority: 1 });
  queue.add("b", run("b"), { priority: 1 });
  queue.add("c", run("c"));
  queue.add("c", run("c2"), { priority: 2 });
  queue.add("a", run("a2"), { priority: 0 });

  await clock.advance(10);

  assert.equal(log, ["busy@0", "c2@10", "a2@10", "b@10"]);
});

order("gives a key that is added again no place that it left behind when it was raised", async () => {
  const { queue, clock, log, run } = setup();
  queue.add("busy", run("busy", 10));
  queue.add("a", run("a1", 10));
  queue.add("b", run("b"));
  queue.add("a", run("a2", 10), { priority: 1 });
  await clock.advance(15);
  queue.add("a", run("a3"));

  await clock.advance(10);

  assert.equal(log, ["busy@0", "a2@10", "b@20", "a3@20"]);
});

order("lets so many run at once as the concurrency says", async () => {
  const { queue, clock, log, run } = setup({ concurrency: 3 });
  for (const name of ["a", "b", "c", "d"]) queue.add(name, run(name, 10));

  await clock.advance(10);

  assert.equal(log, ["a@0", "b@0", "c@0", "d@10"]);
});

order.run();
