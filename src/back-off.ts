/**
 * How long to wait before what failed is tried again: exponential, bounded, with jitter. Pure: randomness is an argument.
 * @module
 */

/** Bounds of the waiting time, in milliseconds. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Returns a random part of `firstMs`·2ⁿ⁻¹, which `maxMs` bounds: for many that fail together and must not come again together.
 * @param attempt n, 1 for the first failure
 * @param random in [0, 1)
 */
export function backOffMs(backOff: BackOff, attempt: number, random: () => number): number {
  return Math.round(random() * bound(backOff, attempt));
}

/** Likewise, but at least half of it: for one alone, which would gain nothing by coming again at once. */
export function steadyBackOffMs(backOff: BackOff, attempt: number, random: () => number): number {
  return bound(backOff, attempt) * (0.5 + random() / 2);
}

/** The exponent is bounded too, since failures may go on for days. */
function bound({ firstMs, maxMs }: BackOff, attempt: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
}
