/**
 * Which of a thousand sets of addresses may have one in common with another: told by their ends, which stand side by side here.
 *
 * The sets themselves lie all over the memory, and looking into each takes milliseconds, several times for every request. What was
 * looked into is known again by identity, place by place, so whoever gives the sets in the same order pays for the new ones only.
 * @module
 */

import type { Range } from "../address/range.ts";
import type { RangeSet } from "../address/range-set.ts";

export class Nearby<T, K extends object> {
  readonly #keyOf: (item: T) => K;
  readonly #rangesOf: (item: T) => RangeSet;
  readonly #keys: K[] = [];
  /** As numbers, which large addresses are rounded to: in the same direction at both sides of a comparison, so none is missed. */
  readonly #first: number[] = [];
  readonly #last: number[] = [];

  /**
   * @param keyOf what an item's addresses never change without
   * @param rangesOf its addresses
   */
  constructor(keyOf: (item: T) => K, rangesOf: (item: T) => RangeSet) {
    this.#keyOf = keyOf;
    this.#rangesOf = rangesOf;
  }

  /** Yields the items that may have an address of this set, among them all that do. */
  *of(items: Iterable<T>, set: RangeSet): Iterable<T> {
    const [low, high] = endsOf(set);
    let place = 0;
    for (const item of items) {
      const key = this.#keyOf(item);
      if (this.#keys[place] !== key) {
        [this.#first[place], this.#last[place]] = endsOf(this.#rangesOf(item));
        this.#keys[place] = key;
      }
      if ((this.#first[place] as number) <= high && low <= (this.#last[place] as number)) yield item;
      place += 1;
    }
    this.#keys.length = place;
  }
}

/** Nothing lies between the ends of the empty set. */
function endsOf(set: RangeSet): readonly [first: number, last: number] {
  if (set.length === 0) return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return [Number((set[0] as Range).first), Number((set.at(-1) as Range).last)];
}
