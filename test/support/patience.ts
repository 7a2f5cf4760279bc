/**
 * How long something may take where a limit is of the clock: what an issue allows, and more only where others use the machine as well.
 *
 * The suites alone keep a machine of two processors at a load of two to three; at more than two for each processor the limit grows in
 * proportion, three times at most.
 * @module
 */

import { availableParallelism, loadavg } from "node:os";

const LOAD_MAX = 2;
const STRETCH_MAX = 3;

/** Returns a limit in milliseconds as it counts at this moment. */
export function withPatience(ms: number): number {
  const load = (loadavg()[0] ?? 0) / availableParallelism();
  return ms * Math.min(STRETCH_MAX, Math.max(1, load / LOAD_MAX));
}
