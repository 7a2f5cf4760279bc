/**
 * All that an agent measures, put together: its process, the plugin's requests, and the reference's names for them.
 * @module
 */

import type { IpamService } from "./agent/ipam-service.ts";
import type { Clock } from "./clock.ts";
import { agentTable } from "./metrics/agent-table.ts";
import { measuredIpam, type RequestEnd } from "./metrics/measured-ipam.ts";
import { Meters } from "./metrics/meters.ts";
import {
  countRequest,
  fillWatches,
  measureProcess,
  type RequestDone,
  type WatchFigures,
} from "./metrics/process-figures.ts";
import { processTable } from "./metrics/process-table.ts";
import { referenceAgentTable } from "./metrics/reference-table.ts";
import { AUTOPOOL_VERSION } from "./version.ts";

/** Every metric of an agent. */
export const agentMetricTable = [...processTable, ...agentTable, ...referenceAgentTable] as const;

/** What an agent has that is read at a scrape. */
export interface MeasuredAgent {
  readonly watches: () => readonly WatchFigures[];
  /** Requests under way. */
  readonly active: () => number;
}

interface Durations {
  count: number;
  sum: number;
  min: number;
  max: number;
  latest: number;
}

export class AgentMetrics {
  readonly #meters = new Meters(agentMetricTable);
  readonly #clock: Clock;
  readonly #steadyClock: Clock;
  readonly #durations = new Map<string, Durations>();
  readonly #stop: () => void;

  /** @param steadyClock measures, and never steps */
  constructor(clock: Clock, steadyClock: Clock) {
    this.#clock = clock;
    this.#steadyClock = steadyClock;
    this.#stop = measureProcess(this.#meters, { clock, steadyClock, component: "agent", version: AUTOPOOL_VERSION });
    this.#meters.beforeScrape(() => this.#fillDurations());
  }

  get contentType(): string {
    return this.#meters.contentType;
  }

  metrics(): Promise<string> {
    return this.#meters.metrics();
  }

  /** Counts a request to the API server. */
  readonly onRequest = (request: RequestDone): void => {
    countRequest(this.#meters, request);
    if (request.plural === "spiderippools" && request.code === 409)
      this.#meters.inc("spiderpool_ipam_allocation_update_ippool_conflict_counts_total", {});
  };

  /** Counts a pod that was told why it waits. */
  waited(reason: string): void {
    this.#meters.inc("autopool_agent_pool_waits_total", { reason });
    this.#meters.inc("spiderpool_debug_auto_pool_waited_for_available_counts_total", {});
  }

  released(addresses: number): void {
    this.#meters.inc("autopool_agent_released_addresses_total", {}, addresses);
  }

  /** Returns the service, measured. */
  measured(service: IpamService): IpamService {
    return measuredIpam(service, this.#steadyClock, (end) => this.#count(end));
  }

  /** From now on scrapes tell of it. */
  observe({ watches, active }: MeasuredAgent): void {
    this.#meters.beforeScrape(() => {
      fillWatches(this.#meters, watches(), this.#clock.now());
      this.#meters.fill("autopool_agent_active_requests", [[{}, active()]]);
    });
  }

  stop(): void {
    this.#stop();
  }

  #count({ operation, outcome, seconds }: RequestEnd): void {
    const meters = this.#meters;
    meters.inc("autopool_agent_requests_total", { operation, outcome });
    meters.observe("autopool_agent_request_duration_seconds", { operation }, seconds);
    if (operation === "add") this.#countAddition(outcome, seconds);
    if (operation === "del") this.#countRelease(outcome, seconds);
  }

  #countAddition(outcome: RequestEnd["outcome"], seconds: number): void {
    const meters = this.#meters;
    this.#note("allocation", seconds);
    meters.observe("spiderpool_ipam_allocation_duration_seconds", {}, seconds);
    meters.inc("spiderpool_ipam_allocation_counts_total", {});
    if (outcome !== "ok") meters.inc("spiderpool_ipam_allocation_failure_counts_total", {});
    if (isWithin(outcome)) meters.inc("spiderpool_ipam_allocation_err_internal_counts_total", {});
    if (outcome === "no_pool") meters.inc("spiderpool_ipam_allocation_err_no_available_pool_counts_total", {});
    if (outcome === "retries") meters.inc("spiderpool_ipam_allocation_err_retries_exhausted_counts_total", {});
    if (outcome === "used_out") meters.inc("spiderpool_ipam_allocation_err_ip_used_out_counts_total", {});
  }

  #countRelease(outcome: RequestEnd["outcome"], seconds: number): void {
    const meters = this.#meters;
    this.#note("release", seconds);
    meters.observe("spiderpool_ipam_release_duration_seconds", {}, seconds);
    meters.inc("spiderpool_ipam_release_counts_total", {});
    if (outcome !== "ok") meters.inc("spiderpool_ipam_release_failure_counts_total", {});
    if (isWithin(outcome)) meters.inc("spiderpool_ipam_release_err_internal_counts_total", {});
    if (outcome === "retries") meters.inc("spiderpool_ipam_release_err_retries_exhausted_counts_total", {});
  }

  #note(what: string, seconds: number): void {
    const before = this.#durations.get(what) ?? { count: 0, sum: 0, min: seconds, max: seconds, latest: seconds };
    this.#durations.set(what, {
      count: before.count + 1,
      sum: before.sum + seconds,
      min: Math.min(before.min, seconds),
      max: Math.max(before.max, seconds),
      latest: seconds,
    });
  }

  #fillDurations(): void {
    for (const what of ["allocation", "release"] as const) {
      const durations = this.#durations.get(what);
      if (!durations) continue;
      const { count, sum, min, max, latest } = durations;
      this.#meters.fill(`spiderpool_ipam_${what}_average_duration_seconds`, [[{}, sum / count]]);
      this.#meters.fill(`spiderpool_ipam_${what}_max_duration_seconds`, [[{}, max]]);
      this.#meters.fill(`spiderpool_ipam_${what}_min_duration_seconds`, [[{}, min]]);
      this.#meters.fill(`spiderpool_ipam_${what}_latest_duration_seconds`, [[{}, latest]]);
    }
  }
}

function isWithin(outcome: RequestEnd["outcome"]): boolean {
  return outcome === "api_error" || outcome === "internal";
}
