/**
 * What an agent tells beside its process: what the CNI plugin asked, how it ended, how long it took.
 * @module
 */

import { type Metric, SECONDS } from "./metric.ts";

export const agentTable = [
  {
    name: "autopool_agent_requests_total",
    type: "counter",
    help: "Requests of the CNI plugin by how they ended",
    labels: ["operation", "outcome"],
  },
  {
    name: "autopool_agent_request_duration_seconds",
    type: "histogram",
    help: "Time of a request, with what it waited for a pool",
    labels: ["operation"],
    buckets: SECONDS,
  },
  { name: "autopool_agent_active_requests", type: "gauge", help: "Requests under way", labels: [] },
  {
    name: "autopool_agent_pool_waits_total",
    type: "counter",
    help: "Pods that waited so long for their pool, or for an address of it, that an Event told them why",
    labels: ["reason"],
  },
  {
    name: "autopool_agent_released_addresses_total",
    type: "counter",
    help: "Addresses given back by a DEL",
    labels: [],
  },
] as const satisfies readonly Metric[];
