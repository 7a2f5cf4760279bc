/**
 * How long certificates live, and how long each step of a rotation waits for the next.
 * @module
 */

/** All in milliseconds, but for the two parts. */
export interface Lifetimes {
  readonly caMs: number;
  /** The part of its life after which an authority gets a successor. */
  readonly caRenewAt: number;
  readonly servingMs: number;
  /** The part of its life after which the certificate served gets a successor. */
  readonly servingRenewAt: number;
  /** How much earlier than they are made certificates begin to hold: clocks differ. */
  readonly backdateMs: number;
  /** How long a new authority stands in all configurations before a certificate of it is served: API servers read them late. */
  readonly propagationMs: number;
  /** How long a replaced authority stays trusted: replicas read the Secret late. Longer than `propagationMs`. */
  readonly retireMs: number;
}

const minute = 60_000;
const day = 24 * 60 * minute;

export const defaultLifetimes: Lifetimes = {
  caMs: 5 * 365 * day,
  caRenewAt: 0.8,
  servingMs: 90 * day,
  servingRenewAt: 2 / 3,
  backdateMs: 60 * minute,
  propagationMs: 10 * minute,
  retireMs: 60 * minute,
};
