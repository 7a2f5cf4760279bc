/**
 * How long to wait before a list or watch that failed is tried again: exponential, capped, with jitter, so that a
 * thousand clients of a restarted server do not come back in step. Pure.
 * @module
 */

const startMs = 500;
const capMs = 30_000;

/**
 * Returns the wait after a number of earlier failures in a row: between half and all of 0.5 s doubled for each, at most 30 s.
 *
 * @param random uniform in [0, 1)
 */
export function backoffMs(failures: number, random: () => number): number {
  return Math.min(capMs, startMs * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2);
}
