/**
 * The queue of everything that the operator writes, and what goes before what in it.
 * @module
 */

import { createWorkQueue, type WorkQueue, type WorkQueueOptions } from "./act/work-queue.ts";
import type { Clock } from "./clock.ts";
import { isPassing } from "./cluster/cluster.ts";
import type { Log } from "./log.ts";
import type { OperatorSettings } from "./settings.ts";

export interface WriteQueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: OperatorSettings;
  readonly log: Log;
  readonly onQueueRun?: WorkQueueOptions["onRun"];
}

/** What pods wait for goes first, then what people are told; tidying up comes last. */
export const priorityOf = { pool: 2, notice: 1, status: 0, tidy: -1 } as const;

/** Returns the empty queue. */
export function createWriteQueue({ clock, random, settings, log, onQueueRun }: WriteQueueOptions): WorkQueue {
  const { concurrency, writesPerSecond } = settings;
  return createWorkQueue({
    clock,
    random,
    concurrency,
    ...(writesPerSecond === undefined ? {} : { perSecond: writesPerSecond }),
    backOff: { firstMs: 200, maxMs: 60_000 },
    ...(onQueueRun && { onRun: onQueueRun }),
    onFailure: (key, error, failure) =>
      log[isPassing(error) ? "debug" : "warn"]("operation failed", { key, error, ...failure }),
  });
}
