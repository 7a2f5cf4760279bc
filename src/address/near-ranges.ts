/**
 * Long lists of ranges in disorder that lie near each other, as those of one subnet do, sorted and merged without comparing BigInts.
 *
 * Addresses become distances from the lowest one, which a number holds, with the place in the list in its lowest bits; the engine sorts
 * numbers by itself. The runs are made anew in their order, so that whoever goes through them goes through memory in order as well.
 * @module
 */

import type { Range } from "./range.ts";

/** A number is exact to 53 bits. */
const NUMBER_BITS = 53;

/** Returns the runs, ascending, adjacent ones merged; `undefined` where the ranges lie too far from each other. At least one range. */
export function mergedNear(ranges: readonly Range[]): Range[] | undefined {
  const [lowest, highest] = ends(ranges);
  const placeBits = Math.ceil(Math.log2(ranges.length));
  if ((highest - lowest) >> BigInt(NUMBER_BITS - placeBits) !== 0n) return undefined;
  const places = 2 ** placeBits;
  const keys = new Float64Array(ranges.length);
  const lengths = new Float64Array(ranges.length);
  ranges.forEach(({ first, last }, place) => {
    keys[place] = Number(first - lowest) * places + place;
    if (last !== first) lengths[place] = Number(last - first);
  });
  return merged(keys.sort(), (key) => lengths[key % places] as number, places, lowest);
}

function merged(keys: Float64Array, lengthAt: (key: number) => number, places: number, lowest: bigint): Range[] {
  const runs: Range[] = [];
  let begin = Math.floor((keys[0] as number) / places);
  let end = begin;
  const finish = (): void => {
    const first = lowest + BigInt(begin);
    runs.push({ first, last: end === begin ? first : lowest + BigInt(end) });
  };
  for (const key of keys) {
    const first = Math.floor(key / places);
    const last = first + lengthAt(key);
    if (first > end + 1) {
      finish();
      begin = first;
      end = last;
    } else if (last > end) {
      end = last;
    }
  }
  finish();
  return runs;
}

function ends(ranges: readonly Range[]): [lowest: bigint, highest: bigint] {
  let { first: lowest, last: highest } = ranges[0] as Range;
  for (const { first, last } of ranges) {
    if (first < lowest) lowest = first;
    if (last > highest) highest = last;
  }
  return [lowest, highest];
}
