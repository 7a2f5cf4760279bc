/**
 * The ledger's mutable set, held against the pure algebra.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createFreeSet } from "../../src/address/free-set.ts";
import * as sets from "../../src/address/range-set.ts";

const set: fc.Arbitrary<sets.RangeSet> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 })), { maxLength: 6 })
  .map((pairs) =>
    sets.toRangeSet(pairs.map(([first, more]) => ({ first: BigInt(first), last: BigInt(first + more) }))),
  );

const operation = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), set }),
  fc.record({ kind: fc.constant("remove" as const), set }),
  fc.record({ kind: fc.constant("take" as const), n: fc.bigInt({ min: 0n, max: 20n }) }),
);

const free = suite("free set");

free("holds what the pure algebra holds, after every operation of any sequence", async () => {
  await fc.assert(
    fc.property(set, fc.array(operation, { maxLength: 30 }), (initial, operations) => {
      const subject = createFreeSet(initial);
      let model = initial;
      for (const next of operations) {
        if (next.kind === "add") {
          subject.add(next.set);
          model = sets.union(model, next.set);
        } else if (next.kind === "remove") {
          subject.remove(next.set);
          model = sets.subtract(model, next.set);
        } else {
          const expected = sets.countOf(model) < next.n ? undefined : sets.takeLowest(model, next.n);
          assert.equal(subject.takeLowest(next.n), expected);
          model = sets.subtract(model, expected ?? sets.EMPTY);
        }
        assert.equal(subject.snapshot(), model);
        assert.is(subject.size(), sets.countOf(model));
      }
    }),
    { numRuns: 500 },
  );
});

free("changes nothing when it holds fewer than are asked for", () => {
  const subject = createFreeSet(sets.parseRanges(["10.0.0.1-10.0.0.3"], 4));

  assert.is(subject.takeLowest(4n), undefined);
  assert.is(subject.size(), 3n);
});

free("leaves earlier snapshots and the initial set alone", () => {
  const initial = sets.parseRanges(["10.0.0.1-10.0.0.3"], 4);
  const subject = createFreeSet(initial);
  const before = subject.snapshot();

  subject.takeLowest(2n);

  assert.equal(sets.formatRanges(initial, 4), ["10.0.0.1-10.0.0.3"]);
  assert.equal(sets.formatRanges(before, 4), ["10.0.0.1-10.0.0.3"]);
});

free("does 20000 changes on 10000 runs within a second", () => {
  const runs = Array.from({ length: 10_000 }, (_, i) => ({ first: BigInt(4 * i), last: BigInt(4 * i + 1) }));
  const subject = createFreeSet(runs);
  const start = performance.now();

  for (let i = 0; i < 10_000; i++) {
    const range = [{ first: BigInt((i * 7919) % 40_000), last: BigInt((i * 7919) % 40_000) }];
    subject.add(range);
    subject.remove(range);
  }

  assert.ok(performance.now() - start < 1000);
});

free.run();
