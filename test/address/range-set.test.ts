/**
 * Set algebra on runs of addresses, held against plain sets of numbers.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range } from "../../src/address/range.ts";
import * as sets from "../../src/address/range-set.ts";

/** Ranges in a universe of 48 addresses: small, so that they overlap, touch and miss each other often. */
const ranges: fc.Arbitrary<Range[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 0, max: 5 }))
    .map(([first, more]) => ({ first: BigInt(first), last: BigInt(first + more) })),
  { maxLength: 12 },
);

const members = (set: Iterable<Range>): Set<bigint> => {
  const all = new Set<bigint>();
  for (const { first, last } of set) for (let address = first; address <= last; address++) all.add(address);
  return all;
};
const sorted = (all: Set<bigint>): bigint[] => [...all].sort((a, b) => (a < b ? -1 : 1));

/** Compares members, and checks the normal form: ascending, disjoint, not even adjacent. */
const assertHolds = (set: sets.RangeSet, expected: Set<bigint>): void => {
  assert.equal(sorted(members(set)), sorted(expected));
  set.forEach((range, i) => {
    assert.ok(range.first <= range.last);
    const before = set[i - 1];
    assert.ok(before === undefined || before.last + 1n < range.first, "not merged");
  });
};

const text = suite("range set: text");

text("merges across octets, drops duplicates and sorts", () => {
  const merge = (...texts: string[]): string[] => sets.formatRanges(sets.parseRanges(texts, 4), 4);

  assert.equal(merge("10.0.1.0-10.0.1.1", "10.0.0.255"), ["10.0.0.255-10.0.1.1"]);
  assert.equal(merge("10.0.0.9", "10.0.0.1", "10.0.0.9", "10.0.0.2"), ["10.0.0.1-10.0.0.2", "10.0.0.9"]);
  assert.equal(merge("10.0.0.1-10.0.0.9", "10.0.0.3-10.0.0.4"), ["10.0.0.1-10.0.0.9"]);
});

text("merges long lists in disorder alike, whether they lie near each other or far apart", async () => {
  const element = fc.tuple(fc.nat(2000), fc.nat(3), fc.nat(2));
  await fc.assert(
    fc.property(fc.array(element, { minLength: 65, maxLength: 300 }), fc.constantFrom(0n, 30n, 90n), (made, shift) => {
      const near = made.map(([at, more]): Range => ({ first: BigInt(at), last: BigInt(at + more) }));
      const moved = made.map(([, , heap]) => BigInt(heap) << shift);
      const list = near.map(({ first, last }, i) => ({
        first: first + (moved[i] ?? 0n),
        last: last + (moved[i] ?? 0n),
      }));
      assertHolds(sets.toRangeSet(list), members(list));
    }),
  );
});

text("reads an absent list, null and [] as empty", () => {
  for (const list of [undefined, null, []]) assert.equal(sets.parseRanges(list, 6), sets.EMPTY);
});

text("holds ranges that begin at zero or fill the whole space, on which the reference hangs", () => {
  const whole = sets.parseRanges(["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], 6);
  const hole = sets.parseRanges(["::1", "64:ff9b::1"], 6);

  const rest = sets.subtract(whole, hole);

  assert.is(sets.countOf(rest), (1n << 128n) - 2n);
  assert.equal(sets.formatRanges(sets.takeLowest(rest, 3n), 6), ["::", "::2-::3"]);
  assert.equal(sets.formatRanges(sets.parseRanges(["0.0.0.1-0.0.0.9"], 4), 4), ["0.0.0.1-0.0.0.9"]);
});

text("picks what the reference's worked example picks (spec 4.4.7)", () => {
  const parse = (...texts: string[]): sets.RangeSet => sets.parseRanges(texts, 4);
  const usable = sets.subtract(parse("10.6.168.101-10.6.168.110"), parse("10.6.168.103"));
  const free = sets.subtract(usable, parse("10.6.168.101"));

  const three = sets.takeLowest(free, 3n);
  const five = sets.union(three, sets.takeLowest(sets.subtract(free, three), 2n));

  assert.equal(sets.formatRanges(three, 4), ["10.6.168.102", "10.6.168.104-10.6.168.105"]);
  assert.equal(sets.formatRanges(five, 4), ["10.6.168.102", "10.6.168.104-10.6.168.107"]);
  assert.is(sets.countOf(sets.subtract(free, five)), 3n);
});

text.run();

const algebra = suite("range set: algebra");

algebra("has the members that plain sets have", async () => {
  await fc.assert(
    fc.property(ranges, ranges, ranges, (left, right, third) => {
      const [a, b, c] = [sets.toRangeSet(left), sets.toRangeSet(right), sets.toRangeSet(third)];
      const [plainA, plainB, plainC] = [members(left), members(right), members(third)];

      assertHolds(a, plainA);
      const shared = sorted(plainA).filter((address) => plainB.has(address));
      assertHolds(sets.union(a, b, c), new Set([...plainA, ...plainB, ...plainC]));
      assertHolds(sets.subtract(a, b), new Set(sorted(plainA).filter((address) => !plainB.has(address))));
      assertHolds(sets.intersect(a, b), new Set(shared));
      assert.is(sets.countOf(a), BigInt(plainA.size));
      assert.is(sets.includes(a, b), shared.length === plainB.size);
      assert.is(sets.overlaps(a, b), shared.length > 0);
      assert.is(sets.equals(a, b), shared.length === plainA.size && shared.length === plainB.size);
      for (let address = -1n; address < 55n; address++) assert.is(sets.contains(a, address), plainA.has(address));
    }),
    { numRuns: 500 },
  );
});

algebra("knows a set that was built another way as equal and as included", async () => {
  await fc.assert(
    fc.property(ranges, ranges, (left, right) => {
      const [a, b] = [sets.toRangeSet(left), sets.toRangeSet(right)];
      const again = sets.union(sets.subtract(a, b), sets.intersect(a, b));

      assert.ok(sets.equals(a, again));
      assert.ok(sets.includes(a, again));
      assert.ok(sets.includes(sets.union(a, b), b));
    }),
  );
});

algebra("takes the lowest and the highest, all where there are fewer, none for zero and below", async () => {
  await fc.assert(
    fc.property(ranges, fc.integer({ min: -2, max: 60 }), (list, n) => {
      const set = sets.toRangeSet(list);
      const all = sorted(members(list));
      const wanted = Math.max(0, n);

      assertHolds(sets.takeLowest(set, BigInt(n)), new Set(all.slice(0, wanted)));
      assertHolds(sets.takeHighest(set, BigInt(n)), new Set(all.slice(Math.max(0, all.length - wanted))));
    }),
    { numRuns: 300 },
  );
});

algebra("takes time in proportion to the number of runs: 100000 of them in each operand within a second", () => {
  const comb = (offset: bigint): sets.RangeSet =>
    Array.from({ length: 100_000 }, (_, i) => ({ first: BigInt(4 * i) + offset, last: BigInt(4 * i) + offset }));
  const [a, b] = [comb(0n), comb(2n)];
  // The processor's time, not the wall's: tests run beside others.
  const before = process.cpuUsage();

  const all = sets.union(a, b);
  assert.equal(sets.subtract(all, b).length, a.length);
  assert.equal(sets.intersect(all, a).length, a.length);
  assert.ok(sets.includes(all, b));
  assert.not(sets.overlaps(a, b));
  assert.equal(sets.countOf(sets.takeHighest(all, 100_000n)), 100_000n);

  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms`);
});

algebra("finds its way through a set of many runs", async () => {
  const even = sets.toRangeSet(Array.from({ length: 1000 }, (_, i) => ({ first: BigInt(2 * i), last: BigInt(2 * i) })));
  await fc.assert(
    fc.property(fc.array(fc.nat(2100), { maxLength: 4 }), (addresses) => {
      const few = sets.toRangeSet(addresses.map((address) => ({ first: BigInt(address), last: BigInt(address) })));
      const isIn = (address: number): boolean => address % 2 === 0 && address < 2000;
      assert.is(sets.includes(even, few), addresses.every(isIn));
      assert.is(sets.overlaps(even, few), addresses.some(isIn));
      assert.is(sets.overlaps(few, even), addresses.some(isIn));
      for (const address of addresses) assert.is(sets.contains(even, BigInt(address)), isIn(address));
    }),
  );
});

algebra.run();
