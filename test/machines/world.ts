/**
 * The smallest world in which a pool's operations have an effect: one application, one pool object, one record.
 *
 * It does at once what the cluster does in the end: pods that are in the way go, a pool that is being deleted is gone, an
 * operation that is asked for succeeds.
 * @module
 */
import { eventsOf, type Facts, type PoolFact } from "../../machines/events.ts";
import type { Operation } from "../../machines/operations.ts";
import type { PoolInput } from "../../machines/pool.ts";
import { type PoolSnapshot, restore, step } from "../../machines/step.ts";

export interface Rest {
  readonly facts: Facts;
  readonly snapshot: PoolSnapshot;
  readonly rounds: number;
}

function ensured(facts: Facts, size: number): PoolFact {
  const { workload, pool } = facts;
  if (!workload || workload === "gone") throw new TypeError("Cannot ensure a pool that nobody wants");
  const before = pool && pool !== "gone" ? pool : { uid: "new", inUse: 0 };
  const { uid: owner, reclaim } = workload;
  return {
    uid: before.uid,
    inUse: Math.min(before.inUse, size),
    size,
    reserved: size,
    owner,
    reclaim,
    terminating: false,
    drifted: false,
  };
}

function kept(facts: Facts): PoolFact {
  const { workload, pool } = facts;
  if (!workload || !pool || pool === "gone") throw new TypeError("Cannot keep a pool that is not there");
  const size = pool.reserved || pool.size;
  const kept = { ...pool, size, reserved: size, drifted: false };
  return workload === "gone" ? kept : { ...kept, owner: workload.uid, reclaim: workload.reclaim };
}

function carryOut(facts: Facts, operation: Operation): Facts {
  switch (operation.kind) {
    case "ensurePool":
      return { ...facts, pool: ensured(facts, operation.size) };
    case "keepPool":
      return { ...facts, pool: kept(facts) };
    case "removePool":
      return facts.pool && facts.pool !== "gone" && facts.pool.uid === operation.uid
        ? { ...facts, pool: "gone" }
        : facts;
    default: // people and records are not facts of the machine
      return facts;
  }
}

/** What happens without anybody's doing: a pool that is being deleted goes. */
const pass = (facts: Facts): Facts =>
  facts.pool && facts.pool !== "gone" && facts.pool.terminating ? { ...facts, pool: "gone" } : facts;

/**
 * Shows a machine the world and carries out what it asks for, again and again, until the world no longer
 * changes and nothing is asked for but that people be told.
 *
 * @throws {RangeError} If that is not so after ten rounds.
 */
export function comeToRest(input: PoolInput, initial: Facts): Rest {
  let facts = initial;
  let snapshot = restore(input, facts);
  for (let rounds = 1; rounds <= 10; rounds += 1) {
    const operations: Operation[] = [];
    for (const event of eventsOf(facts)) {
      const next = step(snapshot, event);
      snapshot = next.snapshot;
      operations.push(...next.operations);
    }
    const after = pass(operations.reduce(carryOut, facts));
    const acted = operations.some(({ kind }) => kind !== "notify");
    if (!acted && JSON.stringify(after) === JSON.stringify(facts)) return { facts, snapshot, rounds };
    facts = after;
    if (snapshot.status === "done") snapshot = restore(input, facts);
  }
  throw new RangeError(`Cannot come to rest: ${JSON.stringify(facts)} is still being worked on after 10 rounds`);
}
