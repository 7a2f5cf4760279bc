/**
 * Waiting for a cluster to become what a test expects, no longer than it takes.
 *
 * The expectation is written as assertions; the last failure is the one that is reported.
 * @module
 */

import { sleep, systemClock } from "../../src/clock.ts";

const secondsDefault = 10;
const betweenMs = 40;

/**
 * Runs `look` again and again until it throws nothing, and returns its result.
 *
 * @throws What it threw last, with the time waited, when the time is over.
 */
export async function eventually<T>(look: () => T | Promise<T>, { seconds = secondsDefault } = {}): Promise<T> {
  const end = systemClock.now() + seconds * 1000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (systemClock.now() >= end) {
        if (error instanceof Error) error.message = `${error.message} (after ${seconds} s)`;
        throw error;
      }
    }
    await sleep(systemClock, betweenMs);
  }
}
