/**
 * What the dashboard shows: each panel's question, and the queries that answer it.
 * @module
 */

export interface Panel {
  readonly title: string;
  /** Unit in Grafana's words. */
  readonly unit: string;
  readonly kind: "stat" | "timeseries" | "table" | "bargauge";
  readonly description: string;
  readonly queries: readonly (readonly [legend: string, query: string])[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const quantile = (q: number, series: string, of = ""): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${series}_bucket${of}[$__rate_interval])))`;

function panel(
  kind: Panel["kind"],
  title: string,
  unit: string,
  description: string,
  ...queries: Panel["queries"]
): Panel {
  return { kind, title, unit, description, queries };
}

const pools: Row = {
  title: "Pools and subnets",
  panels: [
    panel("stat", "Leaders", "none", "Replicas that act: one.", ["leaders", "sum(autopool_leader)"]),
    panel("stat", "Automatic pools", "none", "All of them, whatever their state.", [
      "pools",
      "sum(max by (state) (autopool_pools))",
    ]),
    panel("stat", "Refused pools", "none", "Pools that cannot be as they should; their Events say why.", [
      "refused",
      "sum(max by (reason) (autopool_refused_pools)) or vector(0)",
    ]),
    panel("stat", "Addresses in use", "none", "Addresses that pods have.", [
      "used",
      "sum(max by (subnet) (autopool_subnet_used_addresses))",
    ]),
    panel(
      "timeseries",
      "Pools by state",
      "none",
      "The five states of docs/lifecycle.md, with what is within them.",
      ["{{state}}", "max by (state) (autopool_pools)"],
      ["manual", "max(autopool_manual_pools)"],
    ),
    panel("timeseries", "Changes of state", "ops", "Pools that went from one state to another.", [
      "{{from}} → {{to}}",
      "sum by (from, to) (rate(autopool_pool_transitions_total[$__rate_interval]))",
    ]),
    panel("bargauge", "Free addresses of subnets", "percentunit", "What the next pools can have.", [
      "{{subnet}}",
      "max by (subnet) (autopool_subnet_free_addresses) / (max by (subnet) (autopool_subnet_addresses) > 0)",
    ]),
    panel(
      "table",
      "Subnets",
      "none",
      "How the addresses of each are spread.",
      ["addresses", "max by (subnet) (autopool_subnet_addresses)"],
      ["recorded", "max by (subnet) (autopool_subnet_recorded_addresses)"],
      ["reserved", "max by (subnet) (autopool_subnet_reserved_addresses)"],
      ["free", "max by (subnet) (autopool_subnet_free_addresses)"],
      ["in use", "max by (subnet) (autopool_subnet_used_addresses)"],
      ["pools", "max by (subnet) (autopool_subnet_pools)"],
    ),
    panel("timeseries", "Refusals by reason", "none", "Reasons are those of Events.", [
      "{{reason}}",
      "max by (reason) (autopool_refused_pools)",
    ]),
  ],
};

const work: Row = {
  title: "The operator's work",
  panels: [
    panel(
      "timeseries",
      "Work queue",
      "none",
      "Keys that wait, run, or back off after a failure; pools in line at a ledger; applications to look at.",
      ["{{phase}}", "max by (phase) (autopool_queue_keys)"],
      ["in line for addresses", "max(autopool_ledger_waiting_pools)"],
      ["applications due", "max(autopool_applications_due)"],
    ),
    panel(
      "timeseries",
      "Latency of writes",
      "s",
      "How long a key waits for its turn, and how long its run takes.",
      ["wait, half", quantile(0.5, "autopool_queue_wait_seconds")],
      ["wait, 99 %", quantile(0.99, "autopool_queue_wait_seconds")],
      ["run, half", quantile(0.5, "autopool_queue_run_seconds")],
      ["run, 99 %", quantile(0.99, "autopool_queue_run_seconds")],
    ),
    panel(
      "timeseries",
      "Writes",
      "ops",
      "Runs of the queue; failed ones are tried again.",
      ["{{outcome}}", "sum by (outcome) (rate(autopool_queue_runs_total[$__rate_interval]))"],
      ["asked for", "sum(rate(autopool_queue_adds_total[$__rate_interval]))"],
      ["coalesced", "sum(rate(autopool_queue_coalesced_total[$__rate_interval]))"],
    ),
    panel(
      "timeseries",
      "Pools per ledger write",
      "none",
      "Group commit: one write of a subnet's ledger serves many pools.",
      [
        "mean",
        "sum(rate(autopool_ledger_batch_size_sum[$__rate_interval])) / sum(rate(autopool_ledger_batch_size_count[$__rate_interval]))",
      ],
      ["99 %", quantile(0.99, "autopool_ledger_batch_size")],
    ),
    panel(
      "timeseries",
      "Collected addresses",
      "ops",
      "Leaked addresses given back, by why nobody has them.",
      ["{{reason}}", "sum by (reason) (rate(autopool_freed_addresses_total[$__rate_interval]))"],
      ["failures", "sum(rate(autopool_collection_failures_total[$__rate_interval]))"],
    ),
    panel(
      "timeseries",
      "Admission",
      "ops",
      "Requests of the API server, and the rules that refused some.",
      [
        "{{kind}} {{operation}}",
        "sum by (kind, operation) (rate(autopool_admission_requests_total[$__rate_interval]))",
      ],
      ["refused: {{rule}}", "sum by (rule) (rate(autopool_admission_refusals_total[$__rate_interval]))"],
    ),
    panel("timeseries", "Latency of admission", "s", "The API server waits for it.", [
      "99 %",
      quantile(0.99, "autopool_admission_duration_seconds"),
    ]),
    panel("stat", "Webhook certificate", "s", "Time until it ends; it is renewed a month before.", [
      "left",
      "min(autopool_admission_certificate_expiry_seconds) - time()",
    ]),
  ],
};

const agents: Row = {
  title: "The agents' work",
  panels: [
    panel("timeseries", "Requests of pods", "ops", "ADDs and DELs of the CNI plugin, by how they ended.", [
      "{{operation}} {{outcome}}",
      "sum by (operation, outcome) (rate(autopool_agent_requests_total[$__rate_interval]))",
    ]),
    panel(
      "timeseries",
      "Latency of ADD and DEL",
      "s",
      "With what a pod waited for its pool.",
      ["ADD, half", quantile(0.5, "autopool_agent_request_duration_seconds", '{operation="add"}')],
      ["ADD, 99 %", quantile(0.99, "autopool_agent_request_duration_seconds", '{operation="add"}')],
      ["DEL, 99 %", quantile(0.99, "autopool_agent_request_duration_seconds", '{operation="del"}')],
    ),
    panel(
      "timeseries",
      "Waiting",
      "none",
      "Requests under way on all nodes, and pods that were told why they wait.",
      ["under way", "sum(autopool_agent_active_requests)"],
      ["{{reason}} per minute", "60 * sum by (reason) (rate(autopool_agent_pool_waits_total[$__rate_interval]))"],
    ),
    panel("timeseries", "Released addresses", "ops", "By DELs; what they miss is collected.", [
      "released",
      "sum(rate(autopool_agent_released_addresses_total[$__rate_interval]))",
    ]),
  ],
};

const processes: Row = {
  title: "Processes and API server",
  panels: [
    panel("timeseries", "Requests to the API server", "reqps", "By part and verb.", [
      "{{job}} {{verb}}",
      "sum by (job, verb) (rate(autopool_api_requests_total[$__rate_interval]))",
    ]),
    panel("timeseries", "Refused and failed requests", "reqps", "409 is a write that another one has overtaken.", [
      "{{job}} {{verb}} {{resource}} {{code}}",
      'sum by (job, verb, resource, code) (rate(autopool_api_requests_total{code!~"2.."}[$__rate_interval]))',
    ]),
    panel("timeseries", "Latency of the API server", "s", "99 % of the requests of each verb are faster.", [
      "{{verb}}",
      "histogram_quantile(0.99, sum by (le, verb) (rate(autopool_api_request_duration_seconds_bucket[$__rate_interval])))",
    ]),
    panel("timeseries", "Age of watches", "s", "Time since the last sign of life; a minute where nothing happens.", [
      "{{job}} {{resource}}",
      "max by (job, resource) (autopool_watch_age_seconds)",
    ]),
    panel("timeseries", "Unfilled caches", "none", "Nothing is decided before all are filled.", [
      "{{job}} {{instance}}",
      "count by (job, instance) (autopool_watch_synced) - sum by (job, instance) (autopool_watch_synced)",
    ]),
    panel("timeseries", "Cached objects", "none", "What the caches of one process hold.", [
      "{{job}} {{resource}}",
      "max by (job, resource) (autopool_cached_objects)",
    ]),
    panel("timeseries", "Event-loop lag", "s", "How late a timer fires, 99 %.", [
      "{{job}} {{instance}}",
      "histogram_quantile(0.99, sum by (job, instance, le) (rate(autopool_event_loop_lag_seconds_bucket[$__rate_interval])))",
    ]),
    panel("timeseries", "CPU", "short", "Cores.", [
      "{{job}} {{instance}}",
      'rate(process_cpu_seconds_total{job=~"autopool|autopool-agent"}[$__rate_interval])',
    ]),
    panel(
      "timeseries",
      "Memory",
      "bytes",
      "Of the process, and of its objects.",
      ["{{job}} {{instance}}", 'process_resident_memory_bytes{job=~"autopool|autopool-agent"}'],
      ["{{job}} {{instance}} heap", 'nodejs_heap_size_used_bytes{job=~"autopool|autopool-agent"}'],
    ),
    panel("timeseries", "Open file descriptors", "none", "They should not grow.", [
      "{{job}} {{instance}}",
      'process_open_fds{job=~"autopool|autopool-agent"}',
    ]),
    panel("table", "Versions", "none", "What runs where.", [
      "version",
      "count by (component, version, runtime) (autopool_build_info)",
    ]),
  ],
};

export const rows: readonly Row[] = [pools, work, agents, processes];
