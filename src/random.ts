/**
 * Randomness as an argument: the only file that names `Math.random`.
 *
 * Everything that draws (jitter, shuffles, injected faults) takes a `() => number`; tests and the demo pass a seeded one, so
 * that a run can be repeated exactly from its printed seed.
 * @module
 */

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** The machine's own source, for production. */
export const systemRandom: Random = () => Math.random();

/**
 * Returns a source whose numbers depend on the seed alone (mulberry32: 32 bits of state, passes the usual statistical
 * tests, not for secrets).
 *
 * @param seed any number; its lower 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
