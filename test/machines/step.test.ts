import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NOTHING_KNOWN, type PoolFact, type WorkloadFact } from "../../machines/events.ts";
import { pathOf, restore, start, stateOf, step } from "../../machines/step.ts";

const workload: WorkloadFact = { desired: 3, uid: "a", reclaim: true };
const pool: PoolFact = {
  size: 3,
  reserved: 3,
  inUse: 1,
  uid: "p",
  owner: "a",
  reclaim: true,
  terminating: false,
  drifted: false,
};

const stepping = suite("step");

stepping("leaves the snapshot that it is given as it was", () => {
  const before = restore({ native: true }, { ...NOTHING_KNOWN, workload, pool });
  const copy = structuredClone({ value: before.value, context: before.context, status: before.status });

  step(before, { type: "workload.observed", ...workload, desired: 5 });
  step(before, { type: "pool.gone" });

  assert.equal({ value: before.value, context: before.context, status: before.status }, copy);
});

stepping("asks for one operation of a kind although an event and the state that it leads to both want it", () => {
  const settled = restore({ native: true }, { ...NOTHING_KNOWN, workload, pool });

  const { snapshot, operations } = step(settled, { type: "pool.observed", ...pool, size: 5, drifted: true });

  assert.is(pathOf(snapshot), "scaling");
  assert.equal(operations, [{ kind: "ensurePool", size: 3 }]);
});

stepping("starts with nothing known and nothing wanted", () => {
  const { context } = start({ native: false });

  assert.equal(context, { ...NOTHING_KNOWN, native: false });
});

stepping("ignores an event that does not exist", () => {
  const before = start({ native: true });

  const { snapshot, operations } = step(before, { type: "pool.renamed" } as never);

  assert.equal(snapshot.context, before.context);
  assert.is(pathOf(snapshot), "pending");
  assert.equal(operations, []);
});

stepping.run();

const names = suite("stateOf and pathOf");

names("name a state without substates alike", () => {
  assert.is(stateOf(start({ native: true })), "pending");
  assert.is(pathOf(start({ native: true })), "pending");
});

names("name the top level and the substate", () => {
  const pinned = restore({ native: false }, { ...NOTHING_KNOWN, workload, pool });

  assert.is(stateOf(pinned), "created");
  assert.is(pathOf(pinned), "created.pinned");
});

names.run();
