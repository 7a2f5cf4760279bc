/** The queue of what is to be looked at: each key at its time, one run at a time, so many at once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { LookQueue } from "../../src/ipam/look-queue.ts";

const queueing = suite("look queue");

/** A queue whose looks take a second each and answer as the test says. */
function setup(answer: (item: string) => number | undefined = () => undefined) {
  const clock = createVirtualClock();
  const begun = clock.now();
  const looks: string[] = [];
  const failures: number[] = [];
  let running = 0;
  let most = 0;
  const queue = new LookQueue<string>({
    clock,
    random: () => 1,
    concurrency: 2,
    backOff: { firstMs: 1_000, maxMs: 4_000 },
    async look(item) {
      running += 1;
      most = Math.max(most, running);
      looks.push(`${item} at ${clock.now() - begun}`);
      await new Promise<void>((resolve) => clock.after(1_000, resolve));
      running -= 1;
      return answer(item);
    },
    onFailure: (_item, _error, retryInMs) => failures.push(retryInMs),
  });
  return { clock, looks, failures, queue, most: () => most };
}

queueing("looks at a key once, at the earliest of its times", async () => {
  const { clock, looks, queue } = setup();
  queue.add("a", 9_000, () => "first");
  queue.add("a", 5_000, () => "never made");
  queue.add("a", 7_000, () => "never made");

  await clock.advance(20_000);

  assert.equal(looks, ["first at 5000"]);
  assert.is(queue.size, 0);
});

queueing("looks at so many at once, in the order in which they became due", async () => {
  const { clock, looks, queue, most } = setup();
  for (const name of ["a", "b", "c"]) queue.add(name, 1_000, () => name);

  await clock.advance(1_500);
  assert.not.ok(queue.isIdle);
  await clock.advance(5_000);

  assert.equal(looks, ["a at 1000", "b at 1000", "c at 2000"]);
  assert.is(most(), 2);
  assert.ok(queue.isIdle);
});

queueing("looks again when asked to, by the look itself or by somebody else meanwhile", async () => {
  const answers = [10_000, 60_000, undefined];
  const { clock, looks, queue } = setup(() => answers.shift());
  queue.add("a", 0, () => "a");

  await clock.advance(11_500);
  queue.add("a", 2_000, () => "never made");
  await clock.advance(120_000);

  assert.equal(looks, ["a at 0", "a at 11000", "a at 13500"]);
});

queueing("tries again with growing delay until a look succeeds", async () => {
  let left = 4;
  const { clock, looks, failures, queue } = setup(() => {
    left -= 1;
    if (left > 0) throw new Error("not now");
    return undefined;
  });
  queue.add("a", 0, () => "a");

  await clock.advance(60_000);

  assert.equal(failures, [1_000, 2_000, 4_000]);
  assert.is(looks.length, 4);
  assert.is(queue.size, 0);
});

queueing("begins nothing after its end, and ends when what runs has ended", async () => {
  const { clock, looks, queue } = setup(() => 1_000);
  queue.add("a", 0, () => "a");
  queue.add("b", 5_000, () => "b");
  await clock.advance(500);

  let isStopped = false;
  void queue.stop().then(() => {
    isStopped = true;
  });
  queue.add("c", 0, () => "c");
  await clock.advance(100);
  assert.not.ok(isStopped);
  await clock.advance(60_000);

  assert.ok(isStopped);
  assert.equal(looks, ["a at 0"]);
});

queueing.run();
