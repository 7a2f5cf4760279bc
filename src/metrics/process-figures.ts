/**
 * What a process tells of itself and of its talk with the API server, filled into the meters that have the rows for it.
 * @module
 */

import { readdirSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { watchLoopLag } from "./loop-lag.ts";
import type { Meters } from "./meters.ts";
import type { processTable } from "./process-table.ts";

/** Meters with at least these rows. */
export type ProcessMeters = Pick<Meters<(typeof processTable)[number]>, "inc" | "observe" | "fill" | "beforeScrape">;

/** A request that has been answered, or not, as the adapter of the API server reports it. */
export interface RequestDone {
  readonly verb: string;
  readonly plural: string;
  readonly subresource?: string;
  /** HTTP status; 0 where no answer came. */
  readonly code: number;
  readonly milliseconds?: number;
}

/** One cache, and how far it can be relied on. */
export interface WatchFigures {
  /** Plural of the resource, with what tells it from another watch of the same one. */
  readonly resource: string;
  hasSynced(): boolean;
  /** In milliseconds of the clock. */
  lastActivity(): number;
  readonly size: number;
}

export interface ProcessOptions {
  readonly clock: Clock;
  /** Measures, and never steps, unlike the time of day. */
  readonly steadyClock: Clock;
  readonly component: "operator" | "agent";
  readonly version: string;
}

/** Begins to measure the process; returns what ends that. */
export function measureProcess(
  meters: ProcessMeters,
  { clock, steadyClock, component, version }: ProcessOptions,
): () => void {
  const { versions, uptime, cpuUsage, memoryUsage } = process;
  const runtime = versions["deno"] === undefined ? `node ${versions.node}` : `deno ${versions["deno"]}`;
  const startedAt = clock.now() / 1000 - uptime();
  meters.fill("autopool_build_info", [[{ component, version, runtime }, 1]]);
  meters.fill("process_start_time_seconds", [[{}, startedAt]]);
  meters.beforeScrape(() => {
    const { user, system } = cpuUsage();
    const { rss, heapUsed, heapTotal } = memoryUsage();
    meters.fill("process_cpu_seconds_total", [[{}, (user + system) / 1e6]]);
    meters.fill("process_resident_memory_bytes", [[{}, rss]]);
    meters.fill("nodejs_heap_size_used_bytes", [[{}, heapUsed]]);
    meters.fill("nodejs_heap_size_total_bytes", [[{}, heapTotal]]);
    const descriptors = countDescriptors();
    meters.fill("process_open_fds", descriptors === undefined ? [] : [[{}, descriptors]]);
  });
  return watchLoopLag(steadyClock, (seconds) => meters.observe("autopool_event_loop_lag_seconds", {}, seconds));
}

/** Counts one request to the API server. */
export function countRequest(meters: ProcessMeters, request: RequestDone): void {
  const { verb, plural, subresource, code, milliseconds } = request;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  meters.inc("autopool_api_requests_total", { verb, resource, code: code === 0 ? "none" : String(code) });
  if (verb === "watch" || milliseconds === undefined) return;
  meters.observe("autopool_api_request_duration_seconds", { verb }, milliseconds / 1000);
}

/** Fills in what is known of the caches. */
export function fillWatches(meters: ProcessMeters, watches: readonly WatchFigures[], now: number): void {
  const of = (value: (watch: WatchFigures) => number) =>
    watches.map((watch) => [{ resource: watch.resource }, value(watch)] as const);
  meters.fill(
    "autopool_watch_age_seconds",
    of((watch) => Math.max(0, now - watch.lastActivity()) / 1000),
  );
  meters.fill(
    "autopool_watch_synced",
    of((watch) => Number(watch.hasSynced())),
  );
  meters.fill(
    "autopool_cached_objects",
    of(({ size }) => size),
  );
}

function countDescriptors(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}
