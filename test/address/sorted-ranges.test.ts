/**
 * Sorting long lists of ranges without comparing them.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range } from "../../src/address/range.ts";
import { sortedRanges } from "../../src/address/sorted-ranges.ts";

const firsts = (ranges: readonly Range[]): bigint[] => ranges.map(({ first }) => first);
const byComparison = (ranges: readonly Range[]): bigint[] =>
  firsts(ranges).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const range = (first: bigint): Range => ({ first, last: first });

/** Lists that are close together, far apart, and in heaps that share their high bits. */
const lists: fc.Arbitrary<Range[]> = fc
  .tuple(fc.bigInt(0n, (1n << 128n) - 1n), fc.nat(127), fc.array(fc.tuple(fc.nat(3), fc.nat(300)), { maxLength: 400 }))
  .map(([base, shift, offsets]) =>
    offsets.map(([heap, offset]) => range((base + (BigInt(heap) << BigInt(shift)) + BigInt(offset)) % (1n << 128n))),
  );

const sorting = suite("sorted ranges");

sorting("are what comparing gives, and the same ranges", async () => {
  await fc.assert(
    fc.property(lists, (ranges) => {
      const before = [...ranges];
      const sorted = sortedRanges(ranges);
      assert.equal(firsts(sorted), byComparison(ranges));
      assert.is(new Set([...sorted, ...ranges]).size, ranges.length);
      assert.equal(ranges, before);
    }),
  );
});

sorting("come quickly, however the addresses lie", () => {
  const count = 100_000;
  const scattered = (at: number): bigint => BigInt((at * 7919) % count);
  const shapes: ((at: number) => bigint)[] = [
    scattered,
    (at) => scattered(at) << 100n,
    (at) => ((at % 2 === 0 ? 1n : 0n) << 127n) + scattered(at),
    (at) => (BigInt(at % 300) << 96n) + (BigInt(at % 301) << 48n) + scattered(at),
  ];
  for (const shape of shapes) {
    const ranges = Array.from({ length: count }, (_, at) => range(shape(at)));
    const before = process.cpuUsage();
    const sorted = sortedRanges(ranges);
    const { user, system } = process.cpuUsage(before);
    assert.ok(sorted.every(({ first }, index) => index === 0 || (sorted[index - 1] as Range).first <= first));
    assert.ok(user + system < 500_000, `${(user + system) / 1000} ms`);
  }
});

sorting.run();
