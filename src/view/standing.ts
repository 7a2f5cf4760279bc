/**
 * In words: what keeps a pool from what is wanted, or what it is busy with.
 *
 * Made of the machine's state and facts alone, so that it is the same for a running operator and for a trace. Pure.
 * @module
 */

import type { Facts } from "../../machines/events.ts";
import * as ask from "../../machines/questions.ts";
import type { ComplaintRow, Standing } from "./page-state.ts";

/** Returns what a pool waits for; `undefined` where it is as it should be. */
export function standingOf(state: string, facts: Facts, complaint: ComplaintRow | undefined): Standing | undefined {
  if (facts.refusal) return { tone: "blocked", reason: facts.refusal.reason, words: facts.refusal.message };
  if (complaint) return { tone: "blocked", reason: complaint.reason, words: complaint.text };
  const pool = facts.pool === "gone" ? undefined : facts.pool;
  const workload = facts.workload === "gone" ? undefined : facts.workload;
  switch (state) {
    case "pending":
      return workload
        ? busy("Creating", `The pool is being created with ${addresses(workload.desired)}`)
        : busy("Unknown", "Whether the pool is wanted is not known yet");
    case "scaling":
      return busy("Resizing", `The pool is going from ${pool?.size ?? 0} to ${addresses(workload?.desired ?? 0)}`);
    case "orphaned.reclaiming":
      return (pool?.inUse ?? 0) > 0
        ? busy("AddressesInUse", `The pool goes when its last ${addresses(pool?.inUse ?? 0)} in use are free`)
        : busy("Deleting", "The pool is being deleted");
    case "created.pinned": {
      const message = ask.scalingDisabled({ context: facts, event: { type: "capacity.changed" } });
      return message === undefined ? undefined : { tone: "blocked", reason: "ScalingDisabled", words: message };
    }
    default:
      return undefined;
  }
}

const busy = (reason: string, words: string): Standing => ({ tone: "busy", reason, words });

const addresses = (count: number): string => `${count} ${count === 1 ? "address" : "addresses"}`;
