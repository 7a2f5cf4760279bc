/**
 * Ranges in the order of their first address, for lists of a hundred thousand: sorting BigInts by comparison takes too long there.
 *
 * The high bits of every address and its place in the list go into one number, and the engine's own sort of numbers does the rest;
 * ranges whose high bits are the same are sorted again among themselves by the bits below.
 * @module
 */

import type { Range } from "./range.ts";

/** Lists up to this long are sorted by comparison. */
export const SHORT = 64;
/** A number is exact to 53 bits; the place in the list takes what its length needs. */
const NUMBER_BITS = 53;

/** Returns the ranges sorted by their first address; a list that is sorted already costs one look at each. */
export function sortedRanges(ranges: readonly Range[]): readonly Range[] {
  if (isSorted(ranges)) return ranges;
  if (ranges.length <= SHORT) {
    return [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  }
  const [lowest, highest] = ends(ranges);
  const placeBits = Math.ceil(Math.log2(ranges.length));
  const shift = BigInt(Math.max(0, (highest - lowest).toString(2).length - (NUMBER_BITS - placeBits)));
  const places = 2 ** placeBits;
  const keys = new Float64Array(ranges.length);
  ranges.forEach(({ first }, place) => {
    keys[place] = Number((first - lowest) >> shift) * places + place;
  });
  keys.sort();
  const sorted: Range[] = [];
  for (const key of keys) sorted.push(ranges[key % places] as Range);
  return shift === 0n ? sorted : sortedWithin(sorted, (index) => Math.floor((keys[index] as number) / places));
}

/** Sorts runs of ranges with the same high bits. */
function sortedWithin(ranges: Range[], highBits: (index: number) => number): Range[] {
  for (let begin = 0, end = 1; end <= ranges.length; end++) {
    if (end < ranges.length && highBits(end) === highBits(begin)) continue;
    if (end - begin > 1) {
      sortedRanges(ranges.slice(begin, end)).forEach((range, index) => {
        ranges[begin + index] = range;
      });
    }
    begin = end;
  }
  return ranges;
}

/** Tells whether a list is in the order of its first addresses. */
export function isSorted(ranges: readonly Range[]): boolean {
  return ranges.every((range, index) => index === 0 || (ranges[index - 1] as Range).first <= range.first);
}

function ends(ranges: readonly Range[]): [lowest: bigint, highest: bigint] {
  let [lowest, highest] = [(ranges[0] as Range).first, (ranges[0] as Range).first];
  for (const { first } of ranges) {
    if (first < lowest) lowest = first;
    else if (first > highest) highest = first;
  }
  return [lowest, highest];
}
