/**
 * The operator on any `Cluster`: watch → observe → machines → act → API server, put together.
 *
 * The same assembly runs against a real API server (`autopool run`), in the demo, and in tests with a virtual clock. It holds
 * no state of its own; stopping it at any point loses nothing.
 * @module
 */

import type { Operation } from "../machines/operations.ts";
import { Ledger, type LedgerWorld } from "./act/ledger.ts";
import type { Notice } from "./act/notices.ts";
import { PoolWriter, type WriterWorld } from "./act/pool-writer.ts";
import { RecordSweeper } from "./act/record-sweeper.ts";
import { createRecorder, type Recorder } from "./act/recorder.ts";
import { SubnetKeeper } from "./act/subnet-keeper.ts";
import { createWorkQueue, type WorkQueue } from "./act/work-queue.ts";
import type { SpiderIPPool } from "./api/ippool.ts";
import { FIELD_MANAGER } from "./api/names.ts";
import type { Clock } from "./clock.ts";
import { type Cluster, hasCode, UnknownOutcome } from "./cluster/cluster.ts";
import { Confirmation } from "./confirmation.ts";
import type { Log } from "./log.ts";
import { Observer } from "./observe/observer.ts";
import type { Life } from "./observe/pool-life.ts";
import { PoolStatuses } from "./pool-statuses.ts";
import { Reconciler, type Transition } from "./reconciler.ts";
import type { OperatorSettings } from "./settings.ts";
import { tellComplaint, tellRefusal } from "./telling.ts";

export interface OperatorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: OperatorSettings;
  readonly log: Log;
  /** Operations are told instead of carried out. */
  readonly dryRun?: (life: Life, operation: Operation) => void;
  readonly onTransition?: (transition: Transition) => void;
  readonly onLedgerWrite?: (subnet: string) => void;
}

const priority = { pool: 2, notice: 1, status: 0, tidy: -1 } as const;

export class Operator {
  readonly observer: Observer;
  readonly reconciler: Reconciler;
  readonly queue: WorkQueue;
  readonly ledger: Ledger;
  readonly #options: OperatorOptions;
  readonly #confirmation: Confirmation;
  readonly #writer: PoolWriter;
  readonly #statuses: PoolStatuses;
  readonly #subnets: SubnetKeeper;
  readonly #sweeper: RecordSweeper;
  readonly #recorder: Recorder;
  #stopNudging: () => void = () => {};
  #running = false;

  constructor(options: OperatorOptions) {
    this.#options = options;
    const { cluster, clock, log } = options;
    this.queue = this.#createQueue();
    this.#recorder = createRecorder({
      cluster,
      clock,
      component: FIELD_MANAGER,
      submit: (key, run) => this.#submit(key, run, "notice"),
      onFailure: (error, event) => log.warn("event not written", { event: event.name, error }),
    });
    this.observer = this.#createObserver();
    this.reconciler = this.#createReconciler();
    this.#confirmation = new Confirmation(cluster, this.observer, this.reconciler, (key) => this.#writer.names.of(key));
    const world = this.#world();
    this.ledger = this.#createLedger(world);
    this.#writer = new PoolWriter({
      cluster,
      ledger: this.ledger,
      world,
      onRefused: (key, refusal) => this.#refuse(key, refusal),
      onNotice: (key, told) => {
        const life = this.reconciler.entry(key)?.life;
        if (life) tellRefusal(this.#recorder, life, told);
      },
      onNameGivenUp: (subnet, name) => this.#sweeper.look(subnet, name),
    });
    this.#statuses = new PoolStatuses({
      ...world,
      cluster,
      clock,
      snapshot: (key) => this.reconciler.entry(key)?.snapshot,
      submit: (key, run, isEnd) => this.#submit(key, run, isEnd ? "pool" : "status"),
    });
    this.#subnets = new SubnetKeeper({
      ...world,
      cluster,
      hasPools: (name) => this.observer.pools.isOwner(name),
    });
    this.#sweeper = new RecordSweeper({
      ...world,
      ledger: this.ledger,
      isAbsent: (name) => this.#writer.creates.isAbsent(name),
      confirm: (application, subnet, pool) => this.#confirmation.ofRecord(application, subnet, pool),
      submit: (key, run) => this.#submit(key, run, "tidy"),
    });
  }

  /** Resolves when every cache is filled and the first look has begun. */
  async start(): Promise<void> {
    await this.observer.synced();
    this.#running = true;
    for (const key of this.observer.applications.keys()) this.reconciler.enqueue(key);
    this.reconciler.open();
    for (const name of this.observer.subnets.names()) this.#onSubnet(name, true);
    for (const pool of this.observer.pools.values()) this.#statuses.look(pool.metadata.name);
    this.#nudgeLater();
  }

  /** Nothing is being looked at, written, or tried again; pools may still wait for addresses. */
  get isIdle(): boolean {
    return this.reconciler.isIdle && this.queue.size === 0 && this.ledger.isIdle;
  }

  /** Finishes the writes under way and ends all watches. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#stopNudging();
    this.reconciler.close();
    this.ledger.stop();
    await Promise.all([this.queue.stop(), this.observer.stop()]);
  }

  #createQueue(): WorkQueue {
    const { clock, random, settings, log } = this.#options;
    const { concurrency, writesPerSecond } = settings;
    return createWorkQueue({
      clock,
      random,
      concurrency,
      ...(writesPerSecond === undefined ? {} : { perSecond: writesPerSecond }),
      backOff: { firstMs: 200, maxMs: 60_000 },
      onFailure: (key, error, failure) =>
        log[isPassing(error) ? "debug" : "warn"]("operation failed", { key, error, ...failure }),
    });
  }

  #createObserver(): Observer {
    const { cluster, clock, random, settings, log } = this.#options;
    return new Observer({
      cluster,
      clock,
      random,
      settings,
      onApplication: (key) => this.reconciler.enqueue(key),
      onPool: (name, previous) => this.#onPool(name, previous),
      onSubnet: (name, isForeign) => this.#onSubnet(name, isForeign),
      onReserved: () => this.ledger.recheck(),
      onState: ({ plural }, state) => {
        if (state.phase !== "waiting") return;
        log.warn("watch failed", { resource: plural, error: state.error, retryInMs: state.delayMs });
      },
      onUnknownOwner: (kind, error) => log.warn("owners cannot be watched; their pools are kept", { ...kind, error }),
    });
  }

  #createReconciler(): Reconciler {
    return new Reconciler({
      observe: (application) => this.observer.observe(application),
      dispatch: (life, operation) => this.#dispatch(life, operation),
      complain: (complaint) => tellComplaint(this.#recorder, complaint),
      onTransition: (transition) => {
        const { key, event, from, to } = transition;
        if (from !== to) this.#options.log.info("pool changed", { key, event: event.type, from, to });
        if (isWaiting(from) && !isWaiting(to)) this.#withdraw(key);
        this.#options.onTransition?.(transition);
      },
      onForgotten: (application) => this.observer.applications.forget(application),
      onReconciled: (lives) => this.#onReconciled(lives),
    });
  }

  #createLedger(world: LedgerWorld): Ledger {
    const { cluster, clock, random, settings, log } = this.#options;
    return new Ledger({
      cluster,
      clock,
      random,
      gatherMs: settings.gatherMs,
      world,
      onGranted: ({ key }) => this.reconciler.tell(key, { type: "capacity.changed" }),
      onRefused: ({ key }, refusal) => this.#refuse(key, refusal),
      onUnclaimed: (subnet, pool) => this.#sweeper.look(subnet, pool),
      onFailure: (subnet, error, retryInMs) =>
        log[isPassing(error) ? "debug" : "warn"]("ledger write failed", { subnet, error, retryInMs }),
      onWrite: (subnet) => this.#options.onLedgerWrite?.(subnet),
    });
  }

  /** What those who act may know: always as the caches are now. */
  #world(): WriterWorld & LedgerWorld {
    const { observer, reconciler } = this;
    return {
      subject: (key) => {
        const life = reconciler.entry(key)?.life;
        if (!life) return undefined;
        // The newest answer of the API server may be younger than the last look.
        const pool = life.pool && observer.pools.get(life.pool.metadata.name);
        return { ...life, pool };
      },
      subnet: (name) => observer.subnets.get(name),
      book: (name) => observer.subnets.book(name),
      pool: (name) => observer.pools.get(name),
      poolsOfCidr: (cidr) => {
        const pending = [...this.#writer.creates.pending()].filter(({ spec }) => spec.subnet === cidr);
        return pending.length === 0 ? observer.pools.ofCidr(cidr) : [...observer.pools.ofCidr(cidr), ...pending];
      },
      reserved: (family) => observer.reserved(family),
      learnPool: (pool) => observer.learnPool(pool),
      learnSubnet: (subnet) => observer.learnSubnet(subnet),
      expectBook: (subnet, book) => observer.expectBook(subnet, book),
      confirmUnwanted: (key) => this.#confirmation.ofPool(key),
    };
  }

  #submit(key: string, run: () => Promise<void>, of: keyof typeof priority): void {
    if (this.#running && !this.#options.dryRun) this.queue.add(key, run, { priority: priority[of] });
  }

  #dispatch(life: Life, operation: Operation): void {
    const { key, subnet } = life;
    const { dryRun } = this.#options;
    if (dryRun) dryRun(life, operation);
    // Before the operation, which may begin at once and asks for them.
    if (life.pool) this.#writer.names.note(key, subnet, life.pool.metadata.name);
    this.#confirmation.note(life);
    if (operation.kind === "notify") tellRefusal(this.#recorder, life, operation);
    else if (operation.kind === "releaseRecord") this.#submit(key, this.#releaseOf(key, subnet), "pool");
    else this.#submit(key, () => this.#execute(key, operation), "pool");
  }

  /** What is known of the life that ends is kept: another one of the same key may have come and gone before this runs. */
  #releaseOf(key: string, subnet: string): () => Promise<void> {
    const [name, application] = [this.#writer.names.of(key), this.#confirmation.applicationOf(key)];
    return async () => {
      if (name === undefined || !application) return;
      if (!this.#confirmation.applicationOf(key)) this.#confirmation.remember(key, application);
      await this.#writer.release(key, subnet, name);
      // A successor may be there already.
      if (!this.reconciler.entry(key)) this.#confirmation.forget(key);
    };
  }

  async #execute(key: string, operation: Exclude<Operation, { kind: "notify" | "releaseRecord" }>): Promise<void> {
    switch (operation.kind) {
      case "ensurePool":
        return this.#writer.ensure(key, operation.size);
      case "keepPool":
        return this.#writer.ensure(key, undefined);
      case "removePool":
        return this.#writer.remove(key, operation.uid);
      default:
        return operation satisfies never;
    }
  }

  #refuse(key: string, { reason, message }: Notice): void {
    this.reconciler.tell(key, { type: "operation.refused", reason, message });
    this.#statuses.look(this.#writer.names.of(key) ?? "");
  }

  /** What is not waited for any more must not be granted. */
  #withdraw(key: string): void {
    const name = this.#writer.names.of(key);
    const subnet = this.reconciler.entry(key)?.life.subnet;
    // Another subnet's pool may have the same name.
    if (name !== undefined && subnet !== undefined) this.ledger.of(subnet).withdraw(name, key);
  }

  #onReconciled(lives: readonly Life[]): void {
    for (const life of lives) {
      const { key, pool, subnet } = life;
      // A pool that somebody deletes is known by nothing but what was noted before.
      if (pool) this.#writer.names.note(key, subnet, pool.metadata.name);
      this.#confirmation.note(life);
    }
    this.#statuses.note(lives);
  }

  #onPool(name: string, previous: SpiderIPPool | undefined): void {
    const pool = this.observer.pools.get(name);
    this.#statuses.look(name);
    this.#writer.creates.seen(name);
    // What nobody has recorded is given back without a change of the ledger.
    if (this.#running && previous && !isSameRange(previous, pool) && this.ledger.isStray(previous)) {
      this.ledger.recheck(previous.spec.subnet);
    }
    if (pool) return;
    for (const subnet of this.observer.subnets.names()) {
      if (this.observer.subnets.get(subnet)?.metadata.deletionTimestamp) this.#onSubnet(subnet, false);
    }
  }

  #onSubnet(name: string, isForeign: boolean): void {
    if (!this.#running) return;
    this.ledger.of(name).recheck();
    if (this.#subnets.isDue(name)) this.#submit(`subnet/${name}`, () => this.#subnets.keep(name), "status");
    if (isForeign) this.#sweeper.sweep(name);
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

function isSameRange(a: SpiderIPPool, b: SpiderIPPool | undefined): boolean {
  return a.spec.subnet === b?.spec.subnet && a.spec.ips?.join() === b?.spec.ips?.join();
}

/** Failures that come and go by themselves and are tried again: no news for people. */
function isPassing(error: unknown): boolean {
  return error instanceof UnknownOutcome || hasCode(error, 409, 429, 500, 503, 504);
}
