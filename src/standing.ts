/**
 * From a machine's snapshot, or a verdict, to what an object's status says about it: state and conditions, kstatus style.
 *
 * What lasts only until the next write is not told: a pool that is being resized just now would cost a write to say so.
 * @module
 */

import { type PoolSnapshot, pathOf, stateOf } from "../machines/step.ts";
import type { Told } from "./act/conditions.ts";
import type { PoolStanding } from "./act/pool-keeper.ts";
import type { Verdict } from "./defence-judge.ts";

/** Refusals that end by themselves with the pods that hold the addresses; all others need somebody. */
const passing: ReadonlySet<string> = new Set(["ShrinkBlocked"]);

const ready: Readonly<Record<string, { readonly reason: string; readonly message: string }>> = {
  "created.managed": { reason: "Created", message: "The pool holds the addresses that its application wants" },
  "created.pinned": { reason: "Pinned", message: "The pool keeps its addresses; it is never scaled and never deleted" },
  "orphaned.retained": { reason: "Retained", message: "The application is gone; the pool is kept for a successor" },
  "orphaned.pinned": { reason: "Pinned", message: "The application is gone; the pool is kept for a successor" },
};

/**
 * Returns what to tell; `undefined` while the state is about to change, or nothing is known that could be told.
 * @param isRead the application's wish can be read at the moment
 */
export function standingOf(snapshot: PoolSnapshot, isRead: boolean): PoolStanding | undefined {
  const state = stateOf(snapshot);
  const { refusal, workload, pool } = snapshot.context;
  // It is being taken over: the pool still names the predecessor.
  if (isFact(workload) && isFact(pool) && workload.uid !== pool.owner && !refusal) return undefined;
  if (refusal) return { state, conditions: unwell(refusal, !passing.has(refusal.reason)) };
  // What it wanted once, another operator may remember otherwise, and may have said that it has less.
  if (!isRead) return undefined;
  const well = ready[pathOf(snapshot)];
  return well && { state, conditions: [isReady(well)] };
}

/** Returns what to tell of a manual pool. */
export function standingOfPool(verdict: Verdict | undefined, subnet: string | undefined): PoolStanding {
  if (verdict) return { conditions: unwell(verdict, true) };
  const adopted = { reason: "Adopted", message: `The pool belongs to SpiderSubnet "${subnet}", which has recorded it` };
  const alone = { reason: "Standalone", message: "No SpiderSubnet has the pool's CIDR" };
  return { conditions: [isReady(subnet === undefined ? alone : adopted)] };
}

/** Returns what to tell of a subnet. */
export function standingOfSubnet(verdict: Verdict | undefined): readonly Told[] {
  if (verdict) return unwell(verdict, true);
  return [isReady({ reason: "Valid", message: "The subnet gives addresses to pools" })];
}

function isReady(well: Pick<Told, "reason" | "message">): Told {
  return { type: "Ready", status: "True", ...well };
}

function unwell({ reason, message }: Pick<Told, "reason" | "message">, isStalled: boolean): Told[] {
  const why = { reason, message };
  return [
    { type: "Ready", status: "False", ...why },
    { type: "Reconciling", status: isStalled ? "False" : "True", ...why },
    { type: "Stalled", status: isStalled ? "True" : "False", ...why },
  ];
}

function isFact<T>(fact: T | "gone" | undefined): fact is T {
  return fact !== undefined && fact !== "gone";
}
