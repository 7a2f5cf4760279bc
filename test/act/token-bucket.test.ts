/** The arithmetic of the rate limit and of back-off. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createTokenBucket } from "../../src/act/token-bucket.ts";
import { backOffMs } from "../../src/back-off.ts";

const buckets = suite("token bucket");

buckets("gives its burst at once, and then one token per interval", () => {
  const bucket = createTokenBucket({ perSecond: 10, burst: 3, now: 1000 });
  const times: number[] = [];

  for (let now = 1000; times.length < 6; now += bucket.waitMs(now)) {
    while (bucket.waitMs(now) === 0) {
      bucket.take(now);
      times.push(now);
    }
  }

  assert.equal(times, [1000, 1000, 1000, 1100, 1200, 1300]);
});

buckets("saves up no more than its burst", () => {
  const bucket = createTokenBucket({ perSecond: 10, burst: 2, now: 0 });
  let taken = 0;

  while (bucket.waitMs(3_600_000) === 0) {
    bucket.take(3_600_000);
    taken += 1;
  }

  assert.is(taken, 2);
});

buckets("never gives more than burst and rate allow, and never makes anyone wait longer", () => {
  const arbitrary = fc.record({
    perSecond: fc.double({ min: 0.5, max: 5000, noNaN: true }),
    burst: fc.integer({ min: 1, max: 50 }),
    pauses: fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }),
  });
  void fc.assert(
    fc.property(arbitrary, ({ perSecond, burst, pauses }) => {
      const begin = 1_767_225_600_000;
      const bucket = createTokenBucket({ perSecond, burst, now: begin });
      let now = begin;
      let taken = 0;
      for (const pause of pauses) {
        now += pause;
        const waitMs = bucket.waitMs(now);
        assert.ok(waitMs <= Math.ceil(1000 / perSecond) + 1);
        now += waitMs;
        assert.is(bucket.waitMs(now), 0);
        bucket.take(now);
        taken += 1;
        assert.ok(taken <= burst + ((now - begin) / 1000) * perSecond + 0.01 * taken);
      }
    }),
  );
});

buckets("refuses a rate or a burst with which nothing could ever start", () => {
  assert.throws(() => createTokenBucket({ perSecond: 0, burst: 1, now: 0 }), /above 0/);
  assert.throws(() => createTokenBucket({ perSecond: Number.NaN, burst: 1, now: 0 }), /above 0/);
  assert.throws(() => createTokenBucket({ perSecond: 1, burst: 0.5, now: 0 }), /at least 1/);
});

buckets.run();

const backOffs = suite("back-off");

backOffs("doubles with every failure up to its maximum, also after thousands of them", () => {
  const most = (attempt: number): number => backOffMs({ firstMs: 100, maxMs: 1500 }, attempt, () => 1);

  assert.equal([1, 2, 3, 4, 5, 6, 5000].map(most), [100, 200, 400, 800, 1500, 1500, 1500]);
});

backOffs("spreads over the whole time", () => {
  const backOff = { firstMs: 100, maxMs: 1000 };

  assert.equal(
    [0, 0.25, 0.5].map((part) => backOffMs(backOff, 3, () => part)),
    [0, 100, 200],
  );
});

backOffs.run();
