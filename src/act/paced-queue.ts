/**
 * p-queue with a pace: so many tasks at once, higher priority first, so many starts per second, and pauses on demand.
 *
 * p-queue's own `intervalCap` runs on the machine's timers and lets each interval's tasks go in one burst. So it only does what
 * needs no time (concurrency, priority), and is paused and started from here by the injected clock. Knows nothing of keys.
 * @module
 */

import PQueue from "p-queue";
import type { Cancel, Clock } from "../clock.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

/** What waits for its turn. */
export interface PacedTask {
  readonly priority: number;
  /** Asked when its turn has come; a task that is void by then costs nothing. */
  isLive(): boolean;
  run(): Promise<void>;
}

export interface PacedQueue {
  /** Adds a task; of one priority, first come first served. */
  add(task: PacedTask): void;
  /** Starts nothing before this time, in milliseconds since the epoch. */
  pauseUntil(time: number): void;
  /** Drops what waits and starts nothing more. */
  close(): void;
}

/** Returns an empty queue. The pace is set by `perSecond` and `burst`; without `perSecond` there is none. */
export function createPacedQueue(options: {
  readonly clock: Clock;
  readonly concurrency: number;
  readonly perSecond?: number;
  readonly burst?: number;
}): PacedQueue {
  const { clock, concurrency } = options;
  const queue = new PQueue({ concurrency });
  const bucket = toBucket(options);
  let pausedUntil = 0;
  let closed = false;
  /** Pending while p-queue is paused: what starts it again. */
  let wake: { readonly at: number; readonly cancel: Cancel } | undefined;

  /** Pauses or starts p-queue, as the time demands. Starting runs tasks at once, which come here again. */
  function update(): void {
    if (closed) return;
    const now = clock.now();
    const at = now + Math.max(0, pausedUntil - now, bucket?.waitMs(now) ?? 0);
    if (at > now) {
      queue.pause();
      if (wake?.at === at) return;
      wake?.cancel();
      wake = { at, cancel: clock.after(at - now, onWake) };
    } else {
      wake?.cancel();
      wake = undefined;
      queue.start();
    }
  }

  function onWake(): void {
    wake = undefined;
    update();
  }

  function start(task: PacedTask): Promise<void> | undefined {
    if (closed || !task.isLive()) return undefined;
    // Before the task, whose first lines may add another one.
    if (bucket !== undefined) {
      bucket.take(clock.now());
      update();
    }
    return task.run();
  }

  return {
    add(task) {
      if (closed) return;
      // A rejection is the program's mistake and must end it, so nobody handles it here.
      void queue.add(() => start(task), { priority: task.priority });
    },
    pauseUntil(time) {
      pausedUntil = Math.max(pausedUntil, time);
      update();
    },
    close() {
      closed = true;
      wake?.cancel();
      queue.clear();
    },
  };
}

function toBucket(options: { clock: Clock; perSecond?: number; burst?: number }): TokenBucket | undefined {
  const { clock, perSecond } = options;
  if (perSecond === undefined) return undefined;
  const burst = options.burst ?? Math.max(1, Math.ceil(perSecond / 10));
  return createTokenBucket({ perSecond, burst, now: clock.now() });
}
