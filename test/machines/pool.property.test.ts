/**
 * What holds for every history of a pool, by random histories: the last facts alone decide, and the world comes to rest.
 * @module
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Facts,
  learn,
  NOTHING_KNOWN,
  type PoolEvent,
  type PoolFact,
  type WorkloadFact,
} from "../../machines/events.ts";
import { type PoolSnapshot, pathOf, restore, start, step } from "../../machines/step.ts";
import { comeToRest } from "./world.ts";

const size = fc.integer({ min: 0, max: 4 });
const owner = fc.constantFrom("a", "b");
const native = fc.boolean();

const workloadFact: fc.Arbitrary<WorkloadFact> = fc.record(
  { desired: size, uid: owner, reclaim: fc.boolean(), pods: size },
  { requiredKeys: ["desired", "uid", "reclaim"] },
);
const poolFact: fc.Arbitrary<PoolFact> = fc.record({
  size,
  reserved: size,
  inUse: size,
  uid: fc.constantFrom("p", "q"),
  owner,
  reclaim: fc.boolean(),
  terminating: fc.boolean(),
  drifted: fc.boolean(),
});

const workloadEvent: fc.Arbitrary<PoolEvent> = fc.oneof(
  { weight: 3, arbitrary: workloadFact.map((fact) => ({ type: "workload.observed" as const, ...fact })) },
  { weight: 1, arbitrary: fc.constant({ type: "workload.gone" as const }) },
);
const poolEvent: fc.Arbitrary<PoolEvent> = fc.oneof(
  { weight: 3, arbitrary: poolFact.map((fact) => ({ type: "pool.observed" as const, ...fact })) },
  { weight: 1, arbitrary: fc.constant({ type: "pool.gone" as const }) },
);
const answer: fc.Arbitrary<PoolEvent> = fc.constantFrom(
  { type: "operation.refused" as const, reason: "SubnetFull", message: "2 are free, 3 are needed" },
  { type: "capacity.changed" as const },
);
const history = fc.array(fc.oneof(workloadEvent, poolEvent, answer), { maxLength: 20 });

/** One event in the life of a pool: where a life has ended, the next one starts with what is known then. */
function live(snapshot: PoolSnapshot, event: PoolEvent): PoolSnapshot {
  if (snapshot.status !== "done") return step(snapshot, event).snapshot;
  const { native, ...facts } = snapshot.context;
  return restore({ native }, learn(facts, event));
}

function factsOf({ context: { workload, pool, refusal } }: PoolSnapshot): Facts {
  return { workload, pool, refusal };
}

/** The last of the application's and of the pool's facts, whatever else happened. */
function lastFacts(events: readonly PoolEvent[]): Facts {
  return { ...events.reduce(learn, NOTHING_KNOWN), refusal: undefined };
}

const restoring = suite("pool machine: restore");

restoring("rebuilds the lived snapshot after every event of every history", () => {
  fc.assert(
    fc.property(native, history, (native, events) => {
      let lived = start({ native });
      for (const event of events) {
        lived = live(lived, event);
        const restored = restore({ native }, factsOf(lived));
        assert.equal(restored.value, lived.value);
        assert.equal(restored.context, lived.context);
      }
    }),
    { numRuns: 500 },
  );
});

restoring("needs only what the cluster holds, not what was refused before", () => {
  fc.assert(
    fc.property(native, history, (native, events) => {
      const lived = events.reduce(live, start({ native }));
      assert.is(pathOf(restore({ native }, lastFacts(events))), pathOf(lived));
    }),
    { numRuns: 500 },
  );
});

restoring("works from JSON", () => {
  fc.assert(
    fc.property(native, history, (native, events) => {
      const lived = events.reduce(live, start({ native }));
      const copy: Facts = JSON.parse(JSON.stringify(factsOf(lived)));
      assert.equal(restore({ native }, copy).value, lived.value);
    }),
  );
});

restoring.run();

const order = suite("pool machine: order and repetition");

order("of events do not matter: the last facts alone decide the state", () => {
  const interleaving = fc.record({
    native,
    workloads: fc.array(workloadEvent, { minLength: 1, maxLength: 6 }),
    pools: fc.array(poolEvent, { minLength: 1, maxLength: 6 }),
    choices: fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 12, maxLength: 12 }),
  });
  fc.assert(
    fc.property(interleaving, ({ native, workloads, pools, choices }) => {
      const last = lastFacts([...workloads, ...pools]);
      const events: PoolEvent[] = [];
      const [left, right] = [[...workloads], [...pools]];
      for (const [workloadFirst, twice] of choices) {
        const event = (workloadFirst ? left.shift() : right.shift()) ?? left.shift() ?? right.shift();
        if (event) events.push(event, ...(twice ? [event] : []));
      }

      const lived = events.reduce(live, start({ native }));

      assert.is(pathOf(lived), pathOf(restore({ native }, last)));
      assert.equal({ ...factsOf(lived), refusal: undefined }, last);
    }),
    { numRuns: 500 },
  );
});

order("of two facts at the start do not matter, nor does the operation that follows from them", () => {
  fc.assert(
    fc.property(native, workloadEvent, poolEvent, (native, workload, pool) => {
      const oneWay = step(step(start({ native }), workload).snapshot, pool);
      const otherWay = step(step(start({ native }), pool).snapshot, workload);

      assert.is(pathOf(oneWay.snapshot), pathOf(otherWay.snapshot));
      assert.equal(oneWay.operations, otherWay.operations);
    }),
    { numRuns: 500 },
  );
});

order("of a fact that is known already changes neither the snapshot nor the state", () => {
  fc.assert(
    fc.property(native, history, fc.oneof(workloadEvent, poolEvent), (native, events, event) => {
      const once = live(events.reduce(live, start({ native })), event);
      const twice = live(once, event);
      assert.equal([twice.value, twice.context], [once.value, once.context]);
    }),
  );
});

order.run();

const rest = suite("pool machine: what it asks for");

const known = fc.record({
  workload: fc.oneof(workloadFact, fc.constant("gone" as const)),
  pool: fc.oneof(poolFact, fc.constant("gone" as const)),
  refusal: fc.constant(undefined),
});

rest("comes to an end: once it is done the pool is settled and nothing more is wanted", () => {
  fc.assert(
    fc.property(native, known, (native, facts) => {
      const { snapshot } = comeToRest({ native }, facts);

      assert.ok(snapshot.hasTag("settled") || pathOf(snapshot) === "deleted", pathOf(snapshot));
    }),
    { numRuns: 1000 },
  );
});

rest("gives a native application exactly the addresses that it wants", () => {
  fc.assert(
    fc.property(workloadFact, fc.oneof(poolFact, fc.constant("gone" as const)), (workload, pool) => {
      const { facts, snapshot } = comeToRest({ native: true }, { workload, pool, refusal: undefined });

      assert.is(pathOf(snapshot), "created.managed");
      assert.ok(facts.pool && facts.pool !== "gone");
      assert.equal([facts.pool.size, facts.pool.reserved], [workload.desired, workload.desired]);
      assert.equal([facts.pool.owner, facts.pool.reclaim], [workload.uid, workload.reclaim]);
    }),
  );
});

rest("leaves a pinned pool its addresses, whatever its application wants", () => {
  const there = poolFact.filter(({ terminating, size, reserved }) => !terminating && size === reserved);
  fc.assert(
    fc.property(fc.oneof(workloadFact, fc.constant("gone" as const)), there, (workload, pool) => {
      const { facts } = comeToRest({ native: false }, { workload, pool, refusal: undefined });

      assert.ok(facts.pool && facts.pool !== "gone");
      assert.equal([facts.pool.uid, facts.pool.size, facts.pool.reserved], [pool.uid, pool.size, pool.reserved]);
    }),
  );
});

rest.run();
