/**
 * All that an operator measures, put together: its process, what it sees, what it does, and the reference's names for it.
 *
 * Made before the operator, whose requests it counts from the first one on; what is read at a scrape it learns with `observe`.
 * @module
 */

import { pathOf } from "../machines/step.ts";
import { countOf } from "./address/range-set.ts";
import { type AdmissionMetrics, createAdmissionMetrics } from "./admission/metrics.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "./api/ippool.ts";
import type { Clock } from "./clock.ts";
import { admissionTable } from "./metrics/admission-table.ts";
import { Meters } from "./metrics/meters.ts";
import { operatorTable } from "./metrics/operator-table.ts";
import { countRequest, fillWatches, measureProcess, type RequestDone } from "./metrics/process-figures.ts";
import { processTable } from "./metrics/process-table.ts";
import { referenceOperatorTable } from "./metrics/reference-table.ts";
import { type SubnetFigures, subnetFigures } from "./metrics/subnet-figures.ts";
import type { Operator } from "./operator.ts";
import type { Transition } from "./reconciler.ts";
import { AUTOPOOL_VERSION } from "./version.ts";

/** Every metric of an operator. */
export const operatorMetricTable = [
  ...processTable,
  ...operatorTable,
  ...admissionTable,
  ...referenceOperatorTable,
] as const;

/** States that a pool that is there, or wanted, can be in: each is told, with 0 where no pool is in it. */
export const POOL_STATES = [
  "pending",
  "created.managed",
  "created.pinned",
  "scaling",
  "orphaned.reclaiming",
  "orphaned.retained",
  "orphaned.pinned",
] as const;

export interface OperatorMetricsOptions {
  readonly clock: Clock;
  /** Measures, and never steps. */
  readonly steadyClock: Clock;
  /** Tells of each pool too. */
  readonly isPerPool: boolean;
}

/** What scrapes tell of. */
export interface MeasuredOperator {
  readonly operator: Operator;
  /** Whether this replica acts. */
  isLeader(): boolean;
}

export class OperatorMetrics {
  /** What is counted about admission; its text is everything. */
  readonly admission: AdmissionMetrics;
  readonly #meters = new Meters(operatorMetricTable);
  readonly #options: OperatorMetricsOptions;
  readonly #stop: () => void;

  constructor(options: OperatorMetricsOptions) {
    this.#options = options;
    const { clock, steadyClock } = options;
    this.admission = createAdmissionMetrics(this.#meters);
    this.#stop = measureProcess(this.#meters, { clock, steadyClock, component: "operator", version: AUTOPOOL_VERSION });
  }

  get contentType(): string {
    return this.#meters.contentType;
  }

  metrics(): Promise<string> {
    return this.#meters.metrics();
  }

  /** Counts a request to the API server. */
  readonly onRequest = (request: RequestDone): void => countRequest(this.#meters, request);

  /** What an operator is to tell. */
  readonly told = {
    onTransition: ({ from, to }: Transition): void => {
      if (from !== to) this.#meters.inc("autopool_pool_transitions_total", { from, to });
    },
    onLedgerWrite: (_subnet: string, wants: number, cuts: number): void =>
      this.#meters.observe("autopool_ledger_batch_size", {}, wants + cuts),
    onQueueRun: (waitedMs: number, tookMs: number): void => {
      this.#meters.observe("autopool_queue_wait_seconds", {}, waitedMs / 1000);
      this.#meters.observe("autopool_queue_run_seconds", {}, tookMs / 1000);
    },
  } as const;

  /** From now on scrapes tell of it. */
  observe({ operator, isLeader }: MeasuredOperator): void {
    const meters = this.#meters;
    meters.beforeScrape(() => {
      meters.fill("autopool_leader", [[{}, Number(isLeader())]]);
      fillWatches(meters, operator.watches(), this.#options.clock.now());
      this.#fillLives(isLeader() ? operator.reconciler : undefined);
      this.#fillPools([...operator.observer.pools.values()]);
      this.#fillSubnets(subnetFigures(operator.observer));
      this.#fillWork(operator);
    });
  }

  stop(): void {
    this.#stop();
  }

  /** Only who acts follows the lives of pools; nobody else knows of them. */
  #fillLives(reconciler: Operator["reconciler"] | undefined): void {
    const meters = this.#meters;
    if (!reconciler) {
      meters.fill("autopool_pools", []);
      meters.fill("autopool_refused_pools", []);
      meters.fill("autopool_applications_due", []);
      return;
    }
    const states = new Map<string, number>(POOL_STATES.map((state) => [state, 0]));
    const reasons = new Map<string, number>();
    for (const { snapshot } of reconciler.entries()) {
      add(states, pathOf(snapshot));
      const { refusal } = snapshot.context;
      if (refusal) add(reasons, refusal.reason);
    }
    meters.fill(
      "autopool_pools",
      [...states].map(([state, count]) => [{ state }, count] as const),
    );
    meters.fill(
      "autopool_refused_pools",
      [...reasons].map(([reason, count]) => [{ reason }, count] as const),
    );
    meters.fill("autopool_applications_due", [[{}, reconciler.due.size]]);
  }

  #fillPools(pools: readonly SpiderIPPool[]): void {
    const meters = this.#meters;
    meters.fill("autopool_manual_pools", [[{}, pools.filter((pool) => !isAutoPool(pool)).length]]);
    meters.fill("spiderpool_total_ippool_counts", [[{}, pools.length]]);
    if (!this.#options.isPerPool) return;
    const of = (value: (pool: SpiderIPPool) => number) =>
      pools.map((pool) => [{ SpiderIPPool: pool.metadata.name }, value(pool)] as const);
    meters.fill("spiderpool_debug_ippool_total_ip_counts", of(sizeOf));
    meters.fill(
      "spiderpool_debug_ippool_available_ip_counts",
      of((pool) => sizeOf(pool) - (pool.status?.allocatedIPCount ?? 0)),
    );
  }

  #fillSubnets(figures: readonly SubnetFigures[]): void {
    const meters = this.#meters;
    const of = (value: (figures: SubnetFigures) => number) =>
      figures.map((subnet) => [{ subnet: subnet.name }, value(subnet)] as const);
    meters.fill(
      "autopool_subnet_addresses",
      of(({ total }) => total),
    );
    meters.fill(
      "autopool_subnet_recorded_addresses",
      of(({ recorded }) => recorded),
    );
    meters.fill(
      "autopool_subnet_reserved_addresses",
      of(({ reserved }) => reserved),
    );
    meters.fill(
      "autopool_subnet_free_addresses",
      of(({ free }) => free),
    );
    meters.fill(
      "autopool_subnet_used_addresses",
      of(({ used }) => used),
    );
    meters.fill(
      "autopool_subnet_pools",
      of(({ pools }) => pools),
    );
    const old = (value: (figures: SubnetFigures) => number) =>
      figures.map((subnet) => [{ SpiderSubnet: subnet.name }, value(subnet)] as const);
    meters.fill("spiderpool_total_subnet_counts", [[{}, figures.length]]);
    meters.fill(
      "spiderpool_debug_subnet_ippool_counts",
      old(({ pools }) => pools),
    );
    meters.fill(
      "spiderpool_debug_subnet_total_ip_counts",
      old(({ total }) => total),
    );
    meters.fill(
      "spiderpool_debug_subnet_available_ip_counts",
      old(({ total, recorded }) => total - recorded),
    );
  }

  #fillWork({ queue, ledger, collector }: Operator): void {
    const meters = this.#meters;
    const { waiting, running, backingOff, added, coalesced, succeeded, failed } = queue.stats();
    const phases = [
      ["waiting", waiting],
      ["running", running],
      ["backing_off", backingOff],
    ] as const;
    meters.fill(
      "autopool_queue_keys",
      phases.map(([phase, count]) => [{ phase }, count] as const),
    );
    meters.fill("autopool_queue_adds_total", [[{}, added]]);
    meters.fill("autopool_queue_coalesced_total", [[{}, coalesced]]);
    meters.fill("autopool_queue_runs_total", [
      [{ outcome: "ok" }, succeeded],
      [{ outcome: "failed" }, failed],
    ]);
    meters.fill("autopool_ledger_waiting_pools", [[{}, ledger.waiting]]);
    if (!collector) return;
    const freed = new Map<string, number>();
    for (const { reason, count } of collector.freed.values()) add(freed, reason, count);
    const all = [...freed.values()].reduce((sum, count) => sum + count, 0);
    meters.fill(
      "autopool_freed_addresses_total",
      [...freed].map(([reason, count]) => [{ reason }, count] as const),
    );
    meters.fill("autopool_collection_failures_total", [[{}, collector.failures]]);
    meters.fill("spiderpool_ip_gc_counts_total", [[{}, all]]);
    meters.fill("spiderpool_ip_gc_failure_counts_total", [[{}, collector.failures]]);
  }
}

function add(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function sizeOf({ spec }: SpiderIPPool): number {
  try {
    return Number(countOf(totalOf(spec)));
  } catch {
    return 0;
  }
}
