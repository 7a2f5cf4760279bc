/**
 * Which certificate a replica shows: the stored one, or for a while still the one that it shows already.
 *
 * The stored one may be of an authority that the API servers do not trust yet, after the Secret was lost. Pure.
 * @module
 */

import { type Certificate, isSame, isValidAt, type KeyPair } from "./certificate.ts";
import type { Material } from "./key-material.ts";
import { isUsable } from "./rotation-plan.ts";

/** A certificate being served, and who issued it. */
export interface Served {
  readonly pair: KeyPair;
  readonly authority: Certificate;
}

/** What is known when choosing. */
export interface Trust {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly propagationMs: number;
  /** Since when all configurations have carried an authority; `undefined` while they do not, or nobody knows. */
  carriedSince(authority: Certificate): number | undefined;
}

/** Returns what to serve, and when to choose again; `undefined` where there is nothing to serve at all. */
export function chooseServed(
  served: Served | undefined,
  stored: Material,
  { now, propagationMs, carriedSince }: Trust,
): { readonly served: Served | undefined; readonly until: number } {
  const until = Number.POSITIVE_INFINITY;
  const { ca, serving } = stored;
  if (!ca || !serving || !isUsable(stored, now)) return { served, until };
  const candidate: Served = { pair: serving, authority: ca.certificate };
  if (!served || isSame(served.pair.certificate, serving.certificate)) return { served: served ?? candidate, until };
  const isHolding = isValidAt(served.pair.certificate, now) && isValidAt(served.authority, now);
  const isTrusted = carriedSince(served.authority) !== undefined;
  if (!isHolding || !isTrusted || isSame(served.authority, ca.certificate)) return { served: candidate, until };
  const since = carriedSince(ca.certificate);
  const at = since === undefined ? until : since + propagationMs;
  return at <= now ? { served: candidate, until } : { served, until: Math.min(at, served.pair.certificate.notAfter) };
}
