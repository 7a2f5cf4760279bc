/**
 * What operator and agent both tell of themselves: the process, its requests to the API server, its watches.
 *
 * The names of the process are those that client libraries everywhere use, so that existing dashboards know them.
 * @module
 */

import { type Metric, SECONDS } from "./metric.ts";

export const processTable = [
  {
    name: "autopool_build_info",
    type: "gauge",
    help: "Always 1; which version of which part runs, on what",
    labels: ["component", "version", "runtime"],
  },
  { name: "process_start_time_seconds", type: "gauge", help: "When the process began, in Unix time", labels: [] },
  { name: "process_cpu_seconds_total", type: "counter", help: "CPU time of the process", labels: [] },
  { name: "process_resident_memory_bytes", type: "gauge", help: "Memory that the process occupies", labels: [] },
  {
    name: "process_open_fds",
    type: "gauge",
    help: "Open file descriptors; absent where there is no /proc",
    labels: [],
  },
  { name: "nodejs_heap_size_used_bytes", type: "gauge", help: "Memory that live and dead objects take", labels: [] },
  { name: "nodejs_heap_size_total_bytes", type: "gauge", help: "Memory set aside for objects", labels: [] },
  {
    name: "autopool_event_loop_lag_seconds",
    type: "histogram",
    help: "How late a timer fired that was due four times a second: while it is late, nothing else gets its turn either",
    labels: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  {
    name: "autopool_api_requests_total",
    type: "counter",
    help: "Requests to the API server by what it answered; code none where no answer came, discover for looking a kind up",
    labels: ["verb", "resource", "code"],
  },
  {
    name: "autopool_api_request_duration_seconds",
    type: "histogram",
    help: "Time until the whole answer was there; watches, which stay open, are not in it",
    labels: ["verb"],
    buckets: SECONDS,
  },
  {
    name: "autopool_watch_age_seconds",
    type: "gauge",
    help: "Time since the API server last gave a sign of life on the watch of a resource; about a minute where nothing happens",
    labels: ["resource"],
  },
  {
    name: "autopool_watch_synced",
    type: "gauge",
    help: "Whether the cache of a resource has been filled once (1) or not yet (0); nothing is decided before all are",
    labels: ["resource"],
  },
  { name: "autopool_cached_objects", type: "gauge", help: "Objects in the cache of a resource", labels: ["resource"] },
] as const satisfies readonly Metric[];
