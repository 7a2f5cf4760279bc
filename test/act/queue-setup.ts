/** A work queue on a virtual clock, with runs that note when they start. */
import { createWorkQueue, type Failure, type WorkQueueOptions } from "../../src/act/work-queue.ts";
import { sleep } from "../../src/clock.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";

/** Returns a queue of concurrency 1 without a rate, whose back-offs are as long as they can be. */
export function setup(options: Partial<WorkQueueOptions> = {}) {
  const clock = createVirtualClock();
  const begin = clock.now();
  const log: string[] = [];
  const failures: (Failure & { key: string })[] = [];
  const queue = createWorkQueue({
    clock,
    random: () => 1,
    concurrency: 1,
    backOff: { firstMs: 100, maxMs: 1000 },
    onFailure: (key, _error, failure) => failures.push({ key, ...failure }),
    ...options,
  });
  const elapsed = (): number => clock.now() - begin;
  /** A run that notes its name and start, and takes so long. */
  const run =
    (name: string, ms = 0) =>
    async (): Promise<void> => {
      log.push(`${name}@${elapsed()}`);
      if (ms > 0) await sleep(clock, ms);
    };
  /** A run that notes its name and start, and fails. */
  const fail =
    (name: string, error: Error = new Error(name)) =>
    async (): Promise<void> => {
      log.push(`${name}@${elapsed()}`);
      throw error;
    };
  return { clock, queue, log, failures, run, fail, elapsed };
}
