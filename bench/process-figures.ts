/**
 * What Linux says about a process.
 * @module
 */

import { readFileSync } from "node:fs";

/** Highest resident memory of this process so far. */
export function peakMemoryMiB(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** The value below which a share of the sorted numbers lies; NaN where there are none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
