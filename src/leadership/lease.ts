/**
 * The Lease object by which replicas agree on who leads: its shape, what it says, and the three ways in which we rewrite it.
 *
 * Written as client-go writes it, so that `kubectl get lease` and every other elector understand it. What others have added to the
 * object stays. Pure: times are arguments, and whether a holder still lives is for the elector to judge.
 * @module
 */

import { toMicroTimestamp } from "../clock.ts";
import type { KubeObject, ObjectRef } from "../cluster/cluster.ts";

/** Fields of `coordination.k8s.io/v1` Lease that an election uses; times are MicroTime texts. */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  /** How often the holder has changed. */
  leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

/** Longest duration, in seconds, that a lease may ask others to wait: a slip of a hand must not keep everybody out for a year. */
export const LEASE_SECONDS_MAX = 3600;

/** Returns who holds a lease; `undefined` where nobody does, or it is not there. */
export function holderOf(lease: Lease | undefined): string | undefined {
  return lease?.spec?.holderIdentity || undefined;
}

/** Returns a text that changes whenever the holder shows that it lives; an edit of a label does not. */
export function signOfLife({ spec = {} }: Lease): string {
  return JSON.stringify([spec.holderIdentity, spec.acquireTime, spec.renewTime, spec.leaseTransitions]);
}

/** Returns how long after a sign of life the holder still leads, in ms; `otherwiseMs` where the lease does not say it credibly. */
export function durationOf({ spec = {} }: Lease, otherwiseMs: number): number {
  const { leaseDurationSeconds: seconds = 0 } = spec;
  return seconds >= 1 && seconds <= LEASE_SECONDS_MAX ? seconds * 1000 : otherwiseMs;
}

/** What a holder says of itself. */
export interface Holding {
  readonly identity: string;
  readonly durationMs: number;
  /** The time now, in milliseconds since the epoch. */
  readonly now: number;
}

/** Returns the lease as its holder writes it: a new one, one taken over, or one renewed. */
export function heldLease(ref: ObjectRef, before: Lease | undefined, { identity, durationMs, now }: Holding): Lease {
  const time = toMicroTimestamp(now);
  const { acquireTime = time, leaseTransitions = 0, ...others } = before?.spec ?? {};
  const isRenewal = holderOf(before) === identity;
  return {
    ...before,
    metadata: before?.metadata ?? { ...ref },
    spec: {
      ...others,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: isRenewal ? acquireTime : time,
      renewTime: time,
      leaseTransitions: isRenewal || !before ? leaseTransitions : leaseTransitions + 1,
    },
  };
}

/** Returns the lease as its holder leaves it: whoever sees it may take it at once. */
export function releasedLease(lease: Lease, now: number): Lease {
  const { holderIdentity: _, ...others } = lease.spec ?? {};
  // The server demands a duration above 0; that of client-go is 1.
  return { ...lease, spec: { ...others, leaseDurationSeconds: 1, renewTime: toMicroTimestamp(now) } };
}
