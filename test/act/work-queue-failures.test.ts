/** What the work queue does about failed runs, on a virtual clock. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ApiError } from "../../src/cluster/cluster.ts";
import { setup } from "./queue-setup.ts";

const failing = suite("work queue: failures");

failing("are tried again after a back-off that doubles up to its maximum", async () => {
  const { queue, clock, log, fail, failures } = setup();
  queue.add("a", fail("a"));

  await clock.advance(4700);

  assert.equal(log, ["a@0", "a@100", "a@300", "a@700", "a@1500", "a@2500", "a@3500", "a@4500"]);
  assert.equal(
    failures.slice(0, 5).map(({ attempt, retryInMs }) => [attempt, retryInMs]),
    [
      [1, 100],
      [2, 200],
      [3, 400],
      [4, 800],
      [5, 1000],
    ],
  );
});

failing("use the whole time for their jitter", async () => {
  const { queue, clock, failures, fail } = setup({ random: () => 0.25 });
  queue.add("a", fail("a"));

  await clock.advance(30);

  assert.equal(
    failures.map(({ retryInMs }) => retryInMs),
    [25, 50],
  );
});

failing("hold up no other key", async () => {
  const { queue, clock, log, run, fail } = setup();
  queue.add("a", fail("a"));
  queue.add("b", run("b"));

  await clock.advance(0);

  assert.equal(log, ["a@0", "b@0"]);
  assert.is(queue.size, 1);
  assert.is(queue.stats().backingOff, 1);
});

failing("are forgiven by the first success", async () => {
  const { queue, clock, failures, run, fail } = setup();
  let left = 3;
  queue.add("a", () => {
    left -= 1;
    return left > 0 ? Promise.reject(new Error("no")) : Promise.resolve();
  });
  await clock.advance(1000);
  assert.is(queue.size, 0);
  queue.add("a", run("a"));
  queue.add("a", fail("a"));

  await clock.advance(0);

  assert.equal(
    failures.map(({ attempt }) => attempt),
    [1, 2, 1],
  );
});

failing("include a run that throws before it returns a promise", async () => {
  const { queue, clock, failures } = setup();
  queue.add("a", () => {
    throw new Error("at once");
  });

  await clock.advance(0);

  assert.equal(failures, [{ key: "a", attempt: 1, retryInMs: 100 }]);
});

failing(
  "give way to a new run at once, but no sooner than the first back-off, and without being forgiven",
  async () => {
    const { queue, clock, log, failures, fail } = setup();
    queue.add("a", fail("a1"));
    await clock.advance(350);
    assert.equal(log, ["a1@0", "a1@100", "a1@300"]);

    queue.add("a", fail("a2"));
    await clock.advance(100);

    assert.equal(log.slice(3), ["a2@400"]);
    assert.is(failures.at(-1)?.attempt, 4);
    queue.add("a", fail("a3"));
    await clock.advance(200);
    queue.add("a", fail("a4"));
    await clock.advance(0);
    assert.equal(log.slice(4), ["a3@500", "a4@650"]);
  },
);

failing("whose run was replaced while it ran go on with the newest, after the back-off", async () => {
  const { queue, clock, log, run } = setup();
  queue.add("a", async () => {
    await run("a1", 10)();
    throw new Error("late");
  });
  queue.add("a", run("a2"));

  await clock.advance(1000);

  assert.equal(log, ["a1@0", "a2@110"]);
});

failing("wait at least as long as the API server asks, also when added again", async () => {
  const { queue, clock, log, run, fail } = setup();
  queue.add("a", fail("a1", new ApiError(503, "ServiceUnavailable", "busy", 5)));
  queue.add("b", run("b"));
  await clock.advance(1000);
  queue.add("a", run("a2"));

  await clock.advance(10_000);

  assert.equal(log, ["a1@0", "b@0", "a2@5000"]);
});

failing("with 429 stop the whole queue for as long as the API server asks", async () => {
  const { queue, clock, log, run, fail } = setup();
  queue.add("a", fail("a", new ApiError(429, "TooManyRequests", "slow down", 2)));
  queue.add("b", run("b"));
  await clock.advance(1000);
  queue.add("c", run("c"));

  await clock.advance(1000);

  assert.equal(log, ["a@0", "b@2000", "c@2000", "a@2000"]);
});

failing.run();
