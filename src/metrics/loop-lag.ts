/**
 * How late the event loop is: a timer that is due four times a second, and by how much it misses that.
 *
 * A sample each time, into a histogram, so that any number of scrapers see the same; the library's own meter wakes the process a
 * hundred times a second and forgets what it has told.
 * @module
 */

import type { Cancel, Clock } from "../clock.ts";

export const LAG_EVERY_MS = 250;

/** Observes lags in seconds until the returned function is called. A clock that is set back shows none. */
export function watchLoopLag(clock: Clock, observe: (seconds: number) => void): Cancel {
  let cancel: Cancel;
  const next = (): void => {
    const due = clock.now() + LAG_EVERY_MS;
    cancel = clock.after(LAG_EVERY_MS, () => {
      observe(Math.max(0, clock.now() - due) / 1000);
      next();
    });
  };
  next();
  return () => cancel();
}
