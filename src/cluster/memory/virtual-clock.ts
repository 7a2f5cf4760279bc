/**
 * A clock that moves only when told to: hours of operation in milliseconds of test, the same way every time.
 *
 * Between two timers it lets every promise callback run that is ready, so a chain of awaits of any length ends before time
 * goes on. It knows nothing of the cluster. Work that waits for the machine's own I/O or timers is invisible to it.
 * @module
 */
import { type Clock, nextTurn } from "../../clock.ts";
import { type Timer, TimerHeap } from "./timer-heap.ts";

/** A {@link Clock} driven by the test or the demo. Only one call of `advance` or `runUntil` may be under way. */
export interface VirtualClock extends Clock {
  /** Moves time on by `ms` milliseconds, firing every timer on the way, those set meanwhile included. */
  advance(ms: number): Promise<void>;
  /**
   * Moves time on, timer by timer, until `condition` holds; then resolves to true. Resolves to false when `limitMs` have
   * passed, or when no timer is left that could change anything.
   */
  runUntil(condition: () => boolean, limitMs: number): Promise<boolean>;
  /** How many timers are still to fire. */
  pending(): number;
}

/** 2026-01-01T00:00:00Z, so that timestamps in traces and golden outputs read as dates. */
const startDefault = 1_767_225_600_000;

/**
 * Returns a virtual clock that stands at `start` (milliseconds since the Unix epoch).
 *
 * @throws {Error} From `advance` and `runUntil`, if the other one or itself is under way
 */
export function createVirtualClock(options: { start?: number } = {}): VirtualClock {
  const timers = new TimerHeap();
  let now = options.start ?? startDefault;
  let order = 0;
  let running = false;

  /** Fires timers up to `end` until `done` holds after one of them; tells whether it did. */
  async function run(end: number, done: () => boolean): Promise<boolean> {
    if (running) throw new Error("Cannot move the virtual clock: it is moving already");
    running = true;
    try {
      await quiet(() => order);
      while (!done()) {
        const timer = timers.peek();
        if (timer === undefined || timer.time > end) return false;
        timers.pop();
        now = Math.max(now, timer.time);
        timer.callback();
        await quiet(() => order);
      }
      return true;
    } finally {
      running = false;
    }
  }

  return {
    now: () => now,
    after(ms, callback) {
      order += 1;
      const timer: Timer = { time: now + Math.max(0, ms), order, callback, cancelled: false };
      timers.push(timer);
      return () => timers.cancel(timer);
    },
    async advance(ms) {
      const end = now + ms;
      await run(end, () => false);
      now = Math.max(now, end);
    },
    async runUntil(condition, limitMs) {
      const end = now + limitMs;
      if (await run(end, condition)) return true;
      if (timers.size > 0) now = Math.max(now, end);
      return condition();
    },
    pending: () => timers.size,
  };
}

/**
 * Resolves when the program waits for time. One turn of the event loop runs every chain of promise callbacks to its end; a second
 * one is for code that itself waits for a turn. Whatever sets a timer shows that work was going on, so two more follow.
 */
async function quiet(activity: () => number): Promise<void> {
  for (let still = 0; still < 2; still += 1) {
    const before = activity();
    await nextTurn();
    if (activity() !== before) still = -1;
  }
}
