/**
 * What the operator tells beside its process: leadership, pools, subnets, queue, ledgers, collection, admission.
 *
 * What the cluster holds is told by every replica from its own caches; what is done, by the one that did it.
 * @module
 */

import { type Metric, SECONDS } from "./metric.ts";

const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const;

export const operatorTable = [
  { name: "autopool_leader", type: "gauge", help: "Whether this replica acts (1) or stands by (0)", labels: [] },
  {
    name: "autopool_pools",
    type: "gauge",
    help: "Automatic pools by state of their life cycle (docs/lifecycle.md); told by the replica that acts",
    labels: ["state"],
  },
  { name: "autopool_manual_pools", type: "gauge", help: "Pools that people made", labels: [] },
  {
    name: "autopool_refused_pools",
    type: "gauge",
    help: "Automatic pools that cannot become what is wanted, by the reason that their Events give; told by the replica that acts",
    labels: ["reason"],
  },
  {
    name: "autopool_pool_transitions_total",
    type: "counter",
    help: "Changes of automatic pools' states",
    labels: ["from", "to"],
  },
  { name: "autopool_subnet_addresses", type: "gauge", help: "Addresses of a subnet", labels: ["subnet"] },
  {
    name: "autopool_subnet_recorded_addresses",
    type: "gauge",
    help: "Those of them that its ledger gives to pools",
    labels: ["subnet"],
  },
  {
    name: "autopool_subnet_reserved_addresses",
    type: "gauge",
    help: "Those of them that SpiderReservedIPs keep from everybody",
    labels: ["subnet"],
  },
  {
    name: "autopool_subnet_free_addresses",
    type: "gauge",
    help: "Those of them that are neither recorded nor reserved: what the next pools can have",
    labels: ["subnet"],
  },
  {
    name: "autopool_subnet_used_addresses",
    type: "gauge",
    help: "Addresses of a subnet's pools that pods have",
    labels: ["subnet"],
  },
  { name: "autopool_subnet_pools", type: "gauge", help: "Pools of a subnet, automatic and manual", labels: ["subnet"] },
  {
    name: "autopool_applications_due",
    type: "gauge",
    help: "Applications that have changed and have not been looked at yet; told by the replica that acts",
    labels: [],
  },
  {
    name: "autopool_queue_keys",
    type: "gauge",
    help: "Keys of the work queue by what they do: waiting, running, or backing_off after a failure",
    labels: ["phase"],
  },
  { name: "autopool_queue_adds_total", type: "counter", help: "Writes that were asked for", labels: [] },
  {
    name: "autopool_queue_coalesced_total",
    type: "counter",
    help: "Those of them that never ran, since a newer one for the same key took their place",
    labels: [],
  },
  {
    name: "autopool_queue_runs_total",
    type: "counter",
    help: "Writes that ran; every failure is tried again, so failures are retries to come",
    labels: ["outcome"],
  },
  {
    name: "autopool_queue_wait_seconds",
    type: "histogram",
    help: "Time that a key waited for its turn, without what it backed off",
    labels: [],
    buckets: SECONDS,
  },
  {
    name: "autopool_queue_run_seconds",
    type: "histogram",
    help: "Time that a run took, with all its requests",
    labels: [],
    buckets: SECONDS,
  },
  {
    name: "autopool_ledger_batch_size",
    type: "histogram",
    help: "Pools that one write of a subnet's ledger served: those that got addresses and those that gave some back",
    labels: [],
    buckets: COUNTS,
  },
  {
    name: "autopool_ledger_waiting_pools",
    type: "gauge",
    help: "Pools that wait for addresses of a subnet, or for the write that gives them",
    labels: [],
  },
  {
    name: "autopool_freed_addresses_total",
    type: "counter",
    help: "Leaked addresses that were collected, by why nobody has them any more",
    labels: ["reason"],
  },
  {
    name: "autopool_collection_failures_total",
    type: "counter",
    help: "Looks at a suspected leak that failed; each is tried again",
    labels: [],
  },
] as const satisfies readonly Metric[];
