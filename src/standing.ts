/**
 * From a machine's snapshot to what a pool's status says about it: state and conditions, kstatus style.
 *
 * What lasts only until the next write is not told: a pool that is being resized just now would cost a write to say so.
 * @module
 */

import { type PoolSnapshot, pathOf, stateOf } from "../machines/step.ts";
import type { PoolStanding } from "./act/pool-keeper.ts";
import type { Condition } from "./api/condition.ts";

type Told = Omit<Condition, "lastTransitionTime">;

/** Refusals that end by themselves with the pods that hold the addresses; all others need somebody. */
const passing: ReadonlySet<string> = new Set(["ShrinkBlocked"]);

const ready: Readonly<Record<string, { readonly reason: string; readonly message: string }>> = {
  "created.managed": { reason: "Created", message: "The pool holds the addresses that its application wants" },
  "created.pinned": { reason: "Pinned", message: "The pool keeps its addresses; it is never scaled and never deleted" },
  "orphaned.retained": { reason: "Retained", message: "The application is gone; the pool is kept for a successor" },
  "orphaned.pinned": { reason: "Pinned", message: "The application is gone; the pool is kept for a successor" },
};

/** Returns what to tell; `undefined` while the state is about to change. */
export function standingOf(snapshot: PoolSnapshot): PoolStanding | undefined {
  const state = stateOf(snapshot);
  const { refusal, workload, pool } = snapshot.context;
  // It is being taken over: the pool still names the predecessor.
  if (isFact(workload) && isFact(pool) && workload.uid !== pool.owner && !refusal) return undefined;
  const well = ready[pathOf(snapshot)];
  if (refusal) {
    const isStalled = !passing.has(refusal.reason);
    const conditions: Told[] = [
      { type: "Ready", status: "False", ...refusal },
      { type: "Reconciling", status: isStalled ? "False" : "True", ...refusal },
      { type: "Stalled", status: isStalled ? "True" : "False", ...refusal },
    ];
    return { state, conditions };
  }
  if (!well) return undefined;
  return { state, conditions: [{ type: "Ready", status: "True", ...well }] };
}

function isFact<T>(fact: T | "gone" | undefined): fact is T {
  return fact !== undefined && fact !== "gone";
}
