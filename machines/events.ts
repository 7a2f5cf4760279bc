/**
 * The facts that a pool's machine can be told, and how knowledge grows by them.
 *
 * Facts are levels, not differences: each says what the cluster holds now, so a missed or repeated one does no harm.
 * This file must not know Kubernetes, time or I/O.
 * @module
 */

/** What the application wants of this pool. */
export interface WorkloadFact {
  /** Addresses wanted, an integer ≥ 0. */
  readonly desired: number;
  /** UID of the application that wants them. */
  readonly uid: string;
  /** Whether the pool is to be deleted when the application is gone. */
  readonly reclaim: boolean;
  /** Pods that exist, where their number is not ours to derive (non-native applications). */
  readonly pods?: number;
}

/** What the pool object and its ledger record hold. */
export interface PoolFact {
  /** Addresses in `spec.ips`. */
  readonly size: number;
  /** Addresses in the subnet's record of this pool; 0 where there is none. */
  readonly reserved: number;
  /** Addresses that pods hold. */
  readonly inUse: number;
  /** UID of the pool object. */
  readonly uid: string;
  /** UID of the application it belongs to, from its labels. */
  readonly owner: string;
  readonly reclaim: boolean;
  readonly terminating: boolean;
  /** Labels, affinity, finalizer, owner reference or ranges are not what we wrote; of a pool that nobody wants, only its ranges. */
  readonly drifted: boolean;
}

/** Why an operation could not be done; `reason` is an Event reason, `message` a sentence for people. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

export type PoolEvent =
  | ({ readonly type: "workload.observed" } & WorkloadFact)
  | { readonly type: "workload.gone" }
  | ({ readonly type: "pool.observed" } & PoolFact)
  | { readonly type: "pool.gone" }
  | ({ readonly type: "operation.refused" } & Refusal)
  | { readonly type: "capacity.changed" };

/** All that a machine knows. `undefined` means not seen yet, which is neither zero nor gone. */
export interface Facts {
  readonly workload: WorkloadFact | "gone" | undefined;
  readonly pool: PoolFact | "gone" | undefined;
  readonly refusal: Refusal | undefined;
}

export const NOTHING_KNOWN: Facts = { workload: undefined, pool: undefined, refusal: undefined };

/** Returns what is known after an event. Pure, and idempotent: learning the same fact twice changes nothing. */
export function learn(facts: Facts, event: PoolEvent): Facts {
  switch (event.type) {
    case "workload.observed": {
      const { type: _, ...workload } = event;
      return { ...facts, workload };
    }
    case "workload.gone":
      return { ...facts, workload: "gone" };
    case "pool.observed": {
      const { type: _, ...pool } = event;
      return { ...facts, pool };
    }
    case "pool.gone":
      return { ...facts, pool: "gone" };
    case "operation.refused":
      return { ...facts, refusal: { reason: event.reason, message: event.message } };
    case "capacity.changed":
      return { ...facts, refusal: undefined };
    default: // XState's own events (its initial one) carry no fact
      return facts;
  }
}

/** Returns the events that tell a fresh machine these facts, the pool before its application. */
export function eventsOf(facts: Facts): PoolEvent[] {
  const events: PoolEvent[] = [];
  if (facts.pool === "gone") events.push({ type: "pool.gone" });
  else if (facts.pool) events.push({ type: "pool.observed", ...facts.pool });
  if (facts.workload === "gone") events.push({ type: "workload.gone" });
  else if (facts.workload) events.push({ type: "workload.observed", ...facts.workload });
  if (facts.refusal) events.push({ type: "operation.refused", ...facts.refusal });
  return events;
}
