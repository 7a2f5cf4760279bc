/**
 * Exponential back-off with full jitter. Pure: randomness is an argument.
 * @module
 */

/** Bounds of the waiting time, in milliseconds. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Returns how long to wait after the n-th failure in a row: a random part of `firstMs`·2ⁿ⁻¹, which `maxMs` bounds.
 *
 * Of the whole rather than of a half, so that what failed together does not come again together.
 * @param attempt 1 for the first failure
 * @param random in [0, 1)
 */
export function backOffMs(backOff: BackOff, attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(backOff.maxMs, backOff.firstMs * 2 ** (attempt - 1)));
}
