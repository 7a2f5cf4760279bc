/**
 * Which sets may have an address in common with another: all that do, whatever came, changed or went in between.
 */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { overlaps, type RangeSet, toRangeSet } from "../../src/address/range-set.ts";
import { Nearby } from "../../src/admission/nearby.ts";

interface Item {
  readonly ranges: RangeSet;
}

const address = fc.oneof(fc.bigInt(0n, 40n), fc.bigInt((1n << 120n) - 9n, (1n << 120n) + 9n));
const range = fc
  .tuple(address, address)
  .map(([a, b]) => ({ first: a < b ? a : b, last: a < b ? b : a }))
  .filter(({ first, last }) => last - first < 100n);
const set = fc.array(range, { maxLength: 3 }).map((ranges) => toRangeSet(ranges));
const item = set.map((ranges): Item => ({ ranges }));

const nearby = suite("nearby sets");

nearby("miss nothing, however the items change between two questions", async () => {
  const step = fc.record({ asked: set, at: fc.nat(12), drop: fc.nat(2), put: fc.array(item, { maxLength: 2 }) });
  await fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), fc.array(step, { maxLength: 8 }), (items, steps) => {
      const near = new Nearby<Item, Item>(
        (one) => one,
        ({ ranges }) => ranges,
      );
      for (const { asked, at, drop, put } of steps) {
        const found = new Set(near.of(items, asked));
        for (const one of items) if (overlaps(one.ranges, asked)) assert.ok(found.has(one));
        items.splice(at, drop, ...put);
      }
    }),
    { numRuns: 500 },
  );
});

nearby("leave out what lies elsewhere, and look into each item once", () => {
  let looks = 0;
  const items = Array.from({ length: 100 }, (_, i) =>
    toRangeSet([{ first: BigInt(10 * i), last: BigInt(10 * i + 3) }]),
  );
  const near = new Nearby<RangeSet, RangeSet>(
    (one) => one,
    (one) => {
      looks += 1;
      return one;
    },
  );
  const asked = toRangeSet([{ first: 502n, last: 511n }]);

  assert.equal([...near.of(items, asked)], [items[50], items[51]]);
  assert.equal([...near.of(items, asked)], [items[50], items[51]]);
  assert.equal([...near.of(items, [])], []);
  assert.is(looks, 100);
});

nearby.run();
