/**
 * How long something may take where a limit is of the clock or of the processor: what an issue allows, and more only where others use
 * the machine as well.
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

/** Milliseconds that this thread has used the processor. */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Work like that of reading a long list, long enough for a clock of 4 ms. */
function yardstick(): number {
  const before = threadMs();
  const texts = Array.from({ length: 150_000 }, (_, index) => `10.99.${(index * 7919) & 255}.${index & 255}`);
  const read = (JSON.parse(JSON.stringify(texts)) as string[]).map((text) => BigInt(text.length * texts.length));
  read.sort((a, b) => (a < b ? -1 : 1));
  return threadMs() - before;
}

/** What the yardstick takes on a core that does nothing else, of the machines for which limits of the processor are meant. */
const REFERENCE_MS = 30;
const SLOWNESS_MAX = 2;

/**
 * Returns how many times as long the processor takes at this moment as it should, two times at most: an older core, or one that another
 * program shares, does less in a millisecond.
 */
export function slowness(): number {
  const ms = Math.min(...Array.from({ length: 3 }, yardstick));
  return Math.min(SLOWNESS_MAX, Math.max(1, ms / REFERENCE_MS));
}
