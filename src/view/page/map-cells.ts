/**
 * A subnet's addresses as cells in a row: one for each address, or a few for a long run that would fill the page.
 *
 * Works on runs of addresses only, so that a /64 is as quick as a /24. Pure.
 * @module
 */

import type { Family } from "../../address/address.ts";
import type { Range } from "../../address/range.ts";
import { EMPTY, intersect, parseRanges, type RangeSet, subtract, union } from "../../address/range-set.ts";
import type { SubnetDetail } from "../page-state.ts";

/** A run of addresses that are alike. */
export interface Segment extends Range {
  readonly kind: "free" | "held" | "used" | "reserved";
  /** Index of the pool in the list of holders; absent where there is none. */
  readonly holder?: number;
  /** Index of its first cell. */
  readonly at: number;
  readonly cells: number;
  /** Whether a cell stands for more than one address. */
  readonly isFolded: boolean;
}

type Piece = Range & Pick<Segment, "kind" | "holder">;

export interface AddressMap {
  readonly family: Family;
  readonly segments: readonly Segment[];
  /** Cells of all segments. */
  readonly cells: number;
}

/** Up to so many addresses have a cell each. */
export const CELLS_MAX = 16_384;
/** In a larger subnet, a longer run than this is folded … */
const RUN_MAX = 64n;
/** … into so many cells. */
const FOLDED_CELLS = 24;

/** Returns the map of a subnet, addresses ascending. */
export function addressMap({ row, total, holders, reserved }: SubnetDetail): AddressMap {
  const { family } = row;
  const read = (ips: readonly string[]): RangeSet => readable(ips, family);
  const pieces: Piece[] = [];
  holders.forEach((holder, index) => {
    const ranges = read(holder.ips);
    const used = intersect(read(holder.used), ranges);
    for (const range of used) pieces.push({ ...range, kind: "used", holder: index });
    for (const range of subtract(ranges, used)) pieces.push({ ...range, kind: "held", holder: index });
  });
  const taken = union(...holders.map(({ ips }) => read(ips)));
  const kept = subtract(read(reserved), taken);
  for (const range of kept) pieces.push({ ...range, kind: "reserved" });
  for (const range of subtract(read(total), union(taken, kept))) pieces.push({ ...range, kind: "free" });
  pieces.sort((a, b) => (a.first < b.first ? -1 : 1));
  return { family, ...laidOut(apart(pieces)) };
}

/** Returns the segment with a cell. */
export function segmentAt({ segments }: AddressMap, cell: number): Segment | undefined {
  let [low, high] = [0, segments.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const segment = segments[middle] as Segment;
    if (cell < segment.at) high = middle - 1;
    else if (cell >= segment.at + segment.cells) low = middle + 1;
    else return segment;
  }
  return undefined;
}

/** What two pools have, which is a fault, is shown with the first one. */
function apart(pieces: readonly Piece[]): Piece[] {
  let next = -1n;
  return pieces.flatMap((piece) => {
    const first = piece.first < next ? next : piece.first;
    if (first > piece.last) return [];
    next = piece.last + 1n;
    return [{ ...piece, first }];
  });
}

function laidOut(pieces: readonly Piece[]): Pick<AddressMap, "segments" | "cells"> {
  const count = pieces.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
  const mayFold = count > BigInt(CELLS_MAX);
  let at = 0;
  const segments = pieces.map((piece) => {
    const size = piece.last - piece.first + 1n;
    const isFolded = mayFold && size > RUN_MAX;
    const cells = isFolded ? FOLDED_CELLS : Number(size);
    const segment: Segment = { ...piece, at, cells, isFolded };
    at += cells;
    return segment;
  });
  return { segments, cells: at };
}

/** What cannot be read has no place on a map. */
function readable(ips: readonly string[], family: Family): RangeSet {
  try {
    return parseRanges(ips, family);
  } catch {
    return EMPTY;
  }
}
