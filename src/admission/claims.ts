/**
 * Claims: what was let in a moment ago and no watch need have shown yet (subnets, and pools without a subnet).
 *
 * Everything about them but where they are kept: who collides with whom, when one is over, and their text. A claim names the
 * version of the object that it is for (UID and generation), so that whoever reads the object knows whether that has come. Pure.
 * @module
 */

import { type Cidr, parseCidr } from "../address/cidr.ts";
import type { Range } from "../address/range.ts";
import { formatRanges, overlaps, parseRanges, type RangeSet, union } from "../address/range-set.ts";
import { onTheWayMs } from "../api/controlled-pools.ts";
import { fromTimestamp, toTimestamp } from "../clock.ts";
import type { ObjectMeta } from "../cluster/cluster.ts";
import type { Gain } from "./gain.ts";

/** Something that is about to have addresses. */
export interface Claim extends Pick<Gain, "kind" | "name" | "uid" | "generation" | "cidr"> {
  /** At least the addresses that it gains. */
  readonly ranges: RangeSet;
  /** When it was let in, in milliseconds since the epoch. */
  readonly at: number;
}

/**
 * How long a claim is kept, in milliseconds. It is over sooner, but only who has a cache of everything up to then can do without it:
 * a watch that has died in silence is opened anew after 8 minutes at most.
 */
export const KEPT_MS = 600_000;

/** A pool of thousands of ranges is claimed by fewer that cover them: what it collides with too much is looked at closely. */
const RANGES_MAX = 64;

/** Returns the claim for what a request would give away. */
export function claimOf(gain: Gain, at: number): Claim {
  const { kind, name, uid, generation, cidr, ranges } = gain;
  return { kind, name, uid, generation, cidr, ranges: cover(ranges, RANGES_MAX), at };
}

/** Returns the claims that are still to be kept, with a new one. Of two requests for the same version of an object one will come. */
export function withClaim(claims: readonly Claim[], claim: Claim, keptMs = KEPT_MS): Claim[] {
  const { at } = claim;
  const same = claims.find((other) => isSameVersion(other, claim));
  const ranges = same ? cover(union(same.ranges, claim.ranges), RANGES_MAX) : claim.ranges;
  return [...claims.filter((other) => other !== same && Math.abs(at - other.at) < keptMs), { ...claim, ranges }];
}

/** Tells whether two claims may stand for objects that must not both exist; a rule has to say. */
export function mayCollide(a: Claim, b: Claim): boolean {
  if (a.kind === b.kind && a.name === b.name) return false;
  if (a.cidr.family !== b.cidr.family || !overlaps([a.cidr.range], [b.cidr.range])) return false;
  const arePoolsOfOneCidr = a.kind === "SpiderIPPool" && b.kind === a.kind && a.cidr.canonical === b.cidr.canonical;
  return !arePoolsOfOneCidr || overlaps(a.ranges, b.ranges);
}

/** Tells whether an object has reached the version that a claim is for: it was stored, or can never be. */
export function hasCome({ uid, generation }: Claim, { metadata }: { readonly metadata: ObjectMeta }): boolean {
  return (uid === undefined || metadata.uid === uid) && (metadata.generation ?? 1) >= generation;
}

/**
 * Tells whether what a claim is for may still come.
 * @param object the object of that name, read after the claim
 */
export function isOnItsWay(claim: Claim, object: { readonly metadata: ObjectMeta } | undefined, now: number): boolean {
  if (onTheWayMs(claim.at, now) === 0 || (object && hasCome(claim, object))) return false;
  // A change of an object that is gone, or another one now, is refused.
  const isChange = claim.generation > 1;
  return !isChange || (object !== undefined && (claim.uid === undefined || object.metadata.uid === claim.uid));
}

/** Formats claims as JSON. */
export function formatClaims(claims: readonly Claim[]): string {
  return JSON.stringify(
    claims.map(({ kind, name, uid, generation, cidr, ranges, at }) => ({
      ...{ kind, name, uid, generation, subnet: cidr.canonical },
      ips: formatRanges(ranges, cidr.family),
      at: toTimestamp(at),
    })),
  );
}

/**
 * Parses claims.
 * @throws {SyntaxError} If somebody has edited them into something else.
 */
export function parseClaims(text: string | undefined): Claim[] {
  if (text === undefined) return [];
  const values: unknown = JSON.parse(text);
  if (!Array.isArray(values)) throw new SyntaxError("it is no list");
  return values.map(readClaim);
}

function readClaim(value: unknown): Claim {
  const { kind, name, uid, generation, subnet, ips, at } = (value ?? {}) as Record<string, unknown>;
  const isRead =
    (kind === "SpiderIPPool" || kind === "SpiderSubnet") &&
    typeof name === "string" &&
    (uid === undefined || typeof uid === "string") &&
    typeof generation === "number" &&
    typeof subnet === "string" &&
    Array.isArray(ips) &&
    ips.every((range) => typeof range === "string") &&
    typeof at === "string";
  if (!isRead) throw new SyntaxError(`${JSON.stringify(value)} is no claim`);
  const cidr: Cidr = parseCidr(subnet);
  return { kind, name, uid, generation, cidr, ranges: parseRanges(ips, cidr.family), at: fromTimestamp(at) };
}

function isSameVersion(a: Claim, b: Claim): boolean {
  return a.kind === b.kind && a.name === b.name && a.uid === b.uid && a.generation === b.generation;
}

/** Returns at most so many ranges that have all addresses of a set, by closing its smallest gaps. */
export function cover(set: RangeSet, max: number): RangeSet {
  if (set.length <= max) return set;
  const covered: Range[] = [];
  let { first } = set[0] as Range;
  for (const index of widestGaps(set, max - 1)) {
    covered.push({ first, last: (set[index] as Range).last });
    first = (set[index + 1] as Range).first;
  }
  return [...covered, { first, last: (set.at(-1) as Range).last }];
}

/**
 * Returns the places of the widest gaps, ascending, each that of the range before it; of equal ones the first. One look at each gap,
 * since a pool may have a hundred thousand: sorting them took a quarter of the time of its whole admission.
 */
function widestGaps(set: RangeSet, count: number): number[] {
  // Widest first.
  const widest: { readonly index: number; readonly size: bigint }[] = [];
  for (let index = 0; index < set.length - 1; index += 1) {
    const size = (set[index + 1] as Range).first - (set[index] as Range).last;
    const narrowest = widest.at(-1);
    if (widest.length === count && (!narrowest || size <= narrowest.size)) continue;
    if (widest.length === count) widest.pop();
    const place = widest.findIndex((other) => other.size < size);
    widest.splice(place < 0 ? widest.length : place, 0, { index, size });
  }
  return widest.map(({ index }) => index).sort((a, b) => a - b);
}
