/**
 * Time as an argument: the only file that names timers and `Date`.
 *
 * Everything that waits or looks at the time takes a {@link Clock}; tests and the demo pass a virtual one.
 * @module
 */

/** Handle of a pending {@link Clock.after}; calling it again, or late, is harmless. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once after `ms` milliseconds unless it is cancelled before. */
  after(ms: number, callback: () => void): Cancel;
}

/** The machine's own clock. Its timers do not keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    // What is overdue is due; Node would say so on the standard error.
    const timer = setTimeout(callback, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** Likewise, but its time only ever goes on, by the second: nobody who sets the machine's clock moves it. For measuring, not for dates. */
export const steadyClock: Clock = { ...systemClock, now: () => performance.now() };

/** Resolves after `ms`; at once when the signal aborts. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Formats a time as the API server's `Time` (RFC 3339, whole seconds, UTC). */
export function toTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Formats a time as the API server's `MicroTime`, which demands exactly six fractional digits. */
export function toMicroTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}

/** Returns a time as the `Date` that libraries ask for. */
export function toDate(ms: number): Date {
  return new Date(ms);
}

/** Parses an API timestamp; `NaN` where it is none. */
export function fromTimestamp(text: string): number {
  return Date.parse(text);
}

/** Resolves once every promise callback that is ready now has run: what lets a virtual clock see a quiet program. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
