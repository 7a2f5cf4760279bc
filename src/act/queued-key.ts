/**
 * What the work queue keeps of one key; its rules are the queue's (`work-queue.ts`).
 * @module
 */

import type { Cancel } from "../clock.ts";

/** What is to be done. */
export type Run = () => Promise<void>;

/** What a key does. */
export type Phase = "waiting" | "running" | "backingOff";

/** The state of one key, from its first `add` until nothing of it waits, runs or backs off. */
export class QueuedKey {
  readonly key: string;
  phase: Phase = "waiting";
  /** The newest run that has not started; while running: the one for afterwards. */
  run: Run | undefined;
  priority = 0;
  /** While waiting: since when. */
  since = 0;
  /** Which of its places in the paced queue counts; older ones are void. */
  ticket = 0;
  /** Failures in a row. */
  attempt = 0;
  /** While backing off: when it failed, when it runs again, and the time before which it must not. */
  failedAt = 0;
  dueAt = 0;
  notBefore = 0;
  cancel: Cancel | undefined;
  /** Forgotten while running. */
  forgotten: boolean = false;

  constructor(key: string) {
    this.key = key;
  }
}
