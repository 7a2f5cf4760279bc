/**
 * The reference's documented names (spec §7.7, ipam §7.5), so that its dashboards and alerts go on working.
 *
 * Its documentation decides, not its code, which sends other names since a rename that nobody noticed; `_total` is what its exporter
 * adds to counters. What is a gauge there and sums up for ever is a true gauge here.
 * @module
 */

import type { Metric } from "./metric.ts";

const BOUNDS = [0.1, 0.3, 0.5, 1, 3, 5, 7, 10, 15] as const;

export const referenceOperatorTable = [
  {
    name: "spiderpool_total_ippool_counts",
    type: "gauge",
    help: "Number of SpiderIPPools",
    labels: [],
    insteadOf: 'autopool_cached_objects{job="autopool",resource="spiderippools"}',
  },
  {
    name: "spiderpool_total_subnet_counts",
    type: "gauge",
    help: "Number of SpiderSubnets",
    labels: [],
    insteadOf: "count(autopool_subnet_addresses)",
  },
  {
    name: "spiderpool_ip_gc_counts_total",
    type: "counter",
    help: "Number of addresses collected",
    labels: [],
    insteadOf: "sum(autopool_freed_addresses_total)",
  },
  {
    name: "spiderpool_ip_gc_failure_counts_total",
    type: "counter",
    help: "Number of failures to collect",
    labels: [],
    insteadOf: "autopool_collection_failures_total",
  },
  {
    name: "spiderpool_debug_subnet_ippool_counts",
    type: "gauge",
    help: "Number of pools of a subnet",
    labels: ["SpiderSubnet"],
    insteadOf: "autopool_subnet_pools",
  },
  {
    name: "spiderpool_debug_subnet_total_ip_counts",
    type: "gauge",
    help: "Number of addresses of a subnet",
    labels: ["SpiderSubnet"],
    insteadOf: "autopool_subnet_addresses",
  },
  {
    name: "spiderpool_debug_subnet_available_ip_counts",
    type: "gauge",
    help: "Number of addresses of a subnet that no pool has",
    labels: ["SpiderSubnet"],
    insteadOf: "autopool_subnet_addresses - autopool_subnet_recorded_addresses",
  },
  {
    name: "spiderpool_debug_ippool_total_ip_counts",
    type: "gauge",
    help: "Number of addresses of a pool; with --metrics-per-pool only",
    labels: ["SpiderIPPool"],
    insteadOf: "",
  },
  {
    name: "spiderpool_debug_ippool_available_ip_counts",
    type: "gauge",
    help: "Number of addresses of a pool that no pod has; with --metrics-per-pool only",
    labels: ["SpiderIPPool"],
    insteadOf: "",
  },
] as const satisfies readonly Metric[];

const outcomes = (operation: string, ...names: string[]): string =>
  `sum(autopool_agent_requests_total{operation="${operation}",outcome=~"${names.join("|")}"})`;
const all = (operation: string): string => `sum(autopool_agent_requests_total{operation="${operation}"})`;
const failures = (operation: string): string =>
  `sum(autopool_agent_requests_total{operation="${operation}",outcome!="ok"})`;

export const referenceAgentTable = [
  counter("spiderpool_ipam_allocation_counts_total", "Number of ADDs", all("add")),
  counter("spiderpool_ipam_allocation_failure_counts_total", "Number of ADDs that failed", failures("add")),
  counter(
    "spiderpool_ipam_allocation_update_ippool_conflict_counts_total",
    "Number of writes of pools that somebody else's had overtaken; one write serves ADDs and DELs together",
    'sum(autopool_api_requests_total{resource=~"spiderippools.*",code="409"})',
  ),
  counter(
    "spiderpool_ipam_allocation_err_internal_counts_total",
    "Number of ADDs that failed within",
    outcomes("add", "api_error", "internal"),
  ),
  counter(
    "spiderpool_ipam_allocation_err_no_available_pool_counts_total",
    "Number of ADDs for which there was no pool",
    outcomes("add", "no_pool"),
  ),
  counter(
    "spiderpool_ipam_allocation_err_retries_exhausted_counts_total",
    "Number of ADDs that others overtook until the time was up",
    outcomes("add", "retries"),
  ),
  counter(
    "spiderpool_ipam_allocation_err_ip_used_out_counts_total",
    "Number of ADDs that found all addresses in use",
    outcomes("add", "used_out"),
  ),
  ...durations("spiderpool_ipam_allocation", "ADD", "add"),
  counter("spiderpool_ipam_release_counts_total", "Number of DELs", all("del")),
  counter("spiderpool_ipam_release_failure_counts_total", "Number of DELs that failed", failures("del")),
  counter(
    "spiderpool_ipam_release_err_internal_counts_total",
    "Number of DELs that failed within",
    outcomes("del", "api_error", "internal"),
  ),
  counter(
    "spiderpool_ipam_release_err_retries_exhausted_counts_total",
    "Number of DELs that others overtook until the time was up",
    outcomes("del", "retries"),
  ),
  ...durations("spiderpool_ipam_release", "DEL", "del"),
  counter(
    "spiderpool_debug_auto_pool_waited_for_available_counts_total",
    "Number of pods that waited for their automatic pool",
    "sum(autopool_agent_pool_waits_total)",
  ),
] as const satisfies readonly Metric[];

function counter<const N extends string>(name: N, help: string, insteadOf: string) {
  return { name, type: "counter", help, labels: [], insteadOf } as const;
}

function durations<const P extends string>(prefix: P, what: string, operation: string) {
  const series = "autopool_agent_request_duration_seconds";
  const of = `{operation="${operation}"}`;
  const gauge = <const W extends string>(which: W, insteadOf: string) =>
    ({
      name: `${prefix}_${which}_duration_seconds`,
      type: "gauge",
      help: `The ${which} duration of the ${what}s since the process began`,
      labels: [],
      insteadOf,
    }) as const;
  return [
    gauge("average", `${series}_sum${of} / ${series}_count${of}`),
    gauge("max", `histogram_quantile(1, ${series}_bucket${of})`),
    gauge("min", `histogram_quantile(0, ${series}_bucket${of})`),
    gauge("latest", ""),
    {
      name: `${prefix}_duration_seconds`,
      type: "histogram",
      help: `How long ${what}s took`,
      labels: [],
      buckets: BOUNDS,
      insteadOf: `${series}${of}`,
    },
  ] as const;
}
