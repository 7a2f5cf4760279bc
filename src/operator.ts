/**
 * The operator on any `Cluster`: watch → observe → machines → act → API server, put together.
 *
 * The same assembly runs against a real API server (`autopool run`), in the demo, and in tests with a virtual clock. It holds
 * no state of its own; stopping it at any point loses nothing.
 * @module
 */

import type { Operation } from "../machines/operations.ts";
import type { Ledger } from "./act/ledger.ts";
import type { WorkQueue } from "./act/work-queue.ts";
import { GROUP } from "./api/names.ts";
import type { Clock } from "./clock.ts";
import { type Cluster, hasCode } from "./cluster/cluster.ts";
import type { Watch } from "./cluster/watch.ts";
import { createCollector } from "./collecting.ts";
import { Executor } from "./executor.ts";
import type { Collector } from "./ipam/collector.ts";
import type { Log } from "./log.ts";
import { Observer } from "./observe/observer.ts";
import type { Life } from "./observe/pool-life.ts";
import { Reconciler, type Transition } from "./reconciler.ts";
import type { OperatorSettings } from "./settings.ts";
import type { TraceRecorder } from "./trace/recorder.ts";

export interface OperatorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: OperatorSettings;
  readonly log: Log;
  /** Operations are told instead of carried out. */
  readonly dryRun?: (life: Life, operation: Operation) => void;
  readonly onTransition?: (transition: Transition) => void;
  /** How many pools got addresses with the write, and how many gave some back. */
  readonly onLedgerWrite?: (subnet: string, wants: number, cuts: number) => void;
  readonly onQueueRun?: (waitedMs: number, tookMs: number) => void;
  /** Records what the deciding part is told and decides. */
  readonly recorder?: TraceRecorder;
}

export class Operator {
  readonly observer: Observer;
  readonly reconciler: Reconciler;
  /** Absent where nothing is to be collected. */
  readonly collector: Collector | undefined;
  readonly #options: OperatorOptions;
  readonly #executor: Executor;
  #stopNudging: () => void = () => {};
  /** Whether every cache that decides has been filled once. */
  isFilled = false;
  #running = false;
  #isStopped = false;

  constructor(options: OperatorOptions) {
    const { recorder } = options;
    this.#options = options;
    this.observer = this.#createObserver();
    this.reconciler = this.#createReconciler();
    recorder?.attach(this.observer, this.reconciler);
    this.#executor = new Executor({
      ...options,
      ...(recorder && { cluster: recorder.answering(options.cluster) }),
      observer: this.observer,
      reconciler: this.reconciler,
      isActive: () => this.#running && !options.dryRun,
      onLedgerWrite: (...write) => options.onLedgerWrite?.(...write),
    });
    const { collection } = options.settings;
    this.collector =
      collection?.gcEnabled && !options.dryRun
        ? createCollector({ ...options, settings: collection, observer: this.observer })
        : undefined;
  }

  get queue(): WorkQueue {
    return this.#executor.queue;
  }

  get ledger(): Ledger {
    return this.#executor.ledger;
  }

  /** All that is watched, and how far it can be relied on. */
  watches(): Watch[] {
    return [...this.observer.watches(), ...(this.collector?.watches() ?? [])];
  }

  /** Resolves when every cache is filled and the first look has begun, or it was stopped at that very moment; rejects if it was before. */
  async start(): Promise<void> {
    await this.filled();
    this.act();
  }

  /** Resolves when every cache is filled; rejects if it was stopped before. Nothing is looked at or written yet. */
  async filled(): Promise<void> {
    await this.observer.synced();
    this.isFilled = true;
    this.#options.recorder?.filled();
  }

  /** Begins to look and to write, once {@link Operator.filled}: of several replicas only the one that leads may. */
  act(): void {
    if (this.#isStopped) return;
    this.#running = true;
    this.#options.recorder?.opened();
    for (const key of this.observer.applications.keys()) this.reconciler.enqueue(key);
    this.reconciler.open();
    this.#executor.upkeep.start();
    for (const name of this.observer.subnets.names()) this.#executor.upkeep.onSubnet(name, true);
    for (const pool of this.observer.pools.values()) this.#executor.onPool(pool.metadata.name, undefined);
    this.#nudgeLater();
    // Nothing else waits for its caches; that it is stopped before they are filled is no failure, and any other one ends us.
    void this.collector?.start();
    for (const [key, { uid, endsAt }] of this.observer.terminating) this.collector?.onPodEnd(key, uid, endsAt);
  }

  /** Nothing is being looked at, written, or tried again; pools may still wait for addresses. */
  get isIdle(): boolean {
    return this.reconciler.isIdle && this.#executor.isIdle && (this.collector?.isIdle ?? true);
  }

  /** Takes nothing more on and finishes the writes under way, for good; the caches stay true. */
  async rest(): Promise<void> {
    this.#isStopped = true;
    this.#running = false;
    this.#stopNudging();
    this.reconciler.close();
    await Promise.all([this.collector?.stop(), this.#executor.stop()]);
  }

  /** Finishes the writes under way and ends all watches. */
  async stop(): Promise<void> {
    await Promise.all([this.rest(), this.observer.stop()]);
  }

  /** Until it acts it only keeps the caches, and notes which applications to look at first. */
  #createObserver(): Observer {
    const { cluster, clock, random, settings, log, recorder } = this.#options;
    return new Observer({
      cluster,
      clock,
      random,
      settings,
      ...(recorder && { reflect: recorder.reflect }),
      onApplication: (key) => this.reconciler.enqueue(key),
      onPool: (name, previous) => {
        if (!this.#running) return;
        this.#executor.onPool(name, previous);
        this.collector?.onPool(name);
      },
      // Who stands by takes in which records others write: the sooner they are certain once it leads.
      onSubnet: (name, isForeign) => this.#executor.upkeep.onSubnet(name, isForeign),
      onReserved: (name) => this.#running && this.#executor.upkeep.onReserved(name),
      onPodEnd: (key, uid, endsAt) => this.#running && this.collector?.onPodEnd(key, uid, endsAt),
      onState: ({ plural, group }, state) => {
        if (state.phase !== "waiting") return;
        if (group === GROUP && hasCode(state.error, 404)) {
          log.error("the cluster does not know this kind; kubectl apply -f crds/", { resource: `${plural}.${group}` });
          return;
        }
        log.warn("watch failed", { resource: plural, error: state.error, retryInMs: state.delayMs });
      },
      onUnknownOwner: (kind, error) => log.warn("owners cannot be watched; their pools are kept", { ...kind, error }),
    });
  }

  #createReconciler(): Reconciler {
    const { recorder } = this.#options;
    return new Reconciler({
      onLook: (application) => recorder?.looked(application),
      onTold: (key, event) => recorder?.told(key, event),
      observe: (application) => this.observer.observe(application),
      dispatch: (life, operation) => {
        this.#options.dryRun?.(life, operation);
        this.#executor.dispatch(life, operation);
      },
      complain: (complaint) => {
        recorder?.complained(complaint);
        this.#executor.complain(complaint);
      },
      onTransition: (transition) => {
        recorder?.stepped(transition);
        const { key, event, from, to } = transition;
        if (from !== to) this.#options.log.info("pool changed", { key, event: event.type, from, to });
        if (isWaiting(from) && !isWaiting(to)) this.#executor.withdraw(key);
        this.#options.onTransition?.(transition);
      },
      onForgotten: (application) => this.observer.applications.forget(application),
      onReconciled: (lives) => this.#executor.note(lives),
    });
  }

  /** Tries again what waits for something that no watch shows, such as an admission webhook's mind. */
  #nudgeLater(): void {
    const { clock, settings } = this.#options;
    this.#stopNudging = clock.after(settings.nudgeMs, () => {
      for (const { life, snapshot } of this.reconciler.entries()) {
        if (snapshot.context.refusal?.reason === "Refused")
          this.reconciler.tell(life.key, { type: "capacity.changed" });
      }
      this.#nudgeLater();
    });
  }
}

function isWaiting(path: string): boolean {
  return path === "pending" || path === "scaling";
}
