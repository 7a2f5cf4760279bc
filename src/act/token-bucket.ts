/**
 * A token bucket: at most so many per second on average, with room for a burst. Pure arithmetic; the time is an argument.
 * @module
 */

/** The bucket of one rate limit. Times are in milliseconds and must not go backwards. */
export interface TokenBucket {
  /** Takes one token; the caller has seen that {@link TokenBucket.waitMs} is 0. */
  take(now: number): void;
  /** Whole milliseconds until a token is there; 0 means now. */
  waitMs(now: number): number;
}

/**
 * Returns a full bucket.
 * @param options.perSecond refill rate, above 0
 * @param options.burst capacity in tokens, at least 1
 * @throws {RangeError} If either is out of range.
 */
export function createTokenBucket(options: { perSecond: number; burst: number; now: number }): TokenBucket {
  const { perSecond, burst } = options;
  if (!(perSecond > 0)) throw new RangeError(`Cannot limit the rate to ${perSecond} per second: it must be above 0`);
  if (!(burst >= 1)) throw new RangeError(`Cannot limit the rate with a burst of ${burst}: it must be at least 1`);
  // In the past where there are spare tokens: the time at which the bucket would have been empty.
  let emptyAt = options.now - (burst / perSecond) * 1000;

  const refill = (now: number): void => {
    emptyAt = Math.max(emptyAt, now - (burst / perSecond) * 1000);
  };
  return {
    take(now) {
      refill(now);
      emptyAt += 1000 / perSecond;
    },
    waitMs(now) {
      refill(now);
      // A thousandth of a millisecond is rounding, not a reason to wait a whole one.
      return Math.max(0, Math.ceil(emptyAt + 1000 / perSecond - now - 0.001));
    },
  };
}
