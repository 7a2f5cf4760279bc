/**
 * Carries out what the machines ask for: the work queue, and those who write.
 *
 * Put together here and nowhere else are the ledger, the writer of pools, Events and all that is looked after besides. Nothing is
 * decided: which write an operation needs is their business, and that it is needed was the machines'.
 * @module
 */

import type { Operation } from "../machines/operations.ts";
import { Ledger, type LedgerWorld } from "./act/ledger.ts";
import type { Cut, Want } from "./act/ledger-plan.ts";
import type { Notice } from "./act/notices.ts";
import { PoolWriter } from "./act/pool-writer.ts";
import { createRecorder } from "./act/recorder.ts";
import type { WorkQueue } from "./act/work-queue.ts";
import type { SpiderIPPool } from "./api/ippool.ts";
import { FIELD_MANAGER } from "./api/names.ts";
import type { Clock } from "./clock.ts";
import { type Cluster, isPassing } from "./cluster/cluster.ts";
import { Confirmation } from "./confirmation.ts";
import type { Log } from "./log.ts";
import type { Complaint } from "./observe/demand.ts";
import type { Observer } from "./observe/observer.ts";
import type { Life } from "./observe/pool-life.ts";
import type { Reconciler } from "./reconciler.ts";
import type { OperatorSettings } from "./settings.ts";
import { Teller } from "./telling.ts";
import { Upkeep } from "./upkeep.ts";
import { worldOf } from "./world.ts";
import { createWriteQueue, priorityOf } from "./write-queue.ts";

export interface ExecutorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: OperatorSettings;
  readonly log: Log;
  readonly observer: Observer;
  readonly reconciler: Reconciler;
  /** Nothing is written while this is false. */
  isActive(): boolean;
  onLedgerWrite(subnet: string, wants: number, cuts: number): void;
  /** Told how long each key of the queue waited and ran. */
  onQueueRun?(waitedMs: number, tookMs: number): void;
}

export class Executor {
  readonly queue: WorkQueue;
  readonly ledger: Ledger;
  readonly upkeep: Upkeep;
  readonly #options: ExecutorOptions;
  readonly #confirmation: Confirmation;
  readonly #writer: PoolWriter;
  readonly #teller: Teller;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    const { cluster, clock, log, observer, reconciler } = options;
    this.queue = createWriteQueue(options);
    const recorder = createRecorder({
      cluster,
      clock,
      component: FIELD_MANAGER,
      submit: (key, run) => this.#submit(key, run, "notice"),
      onFailure: (error, event) => log.warn("event not written", { event: event.name, error }),
    });
    this.#teller = new Teller({ recorder, clock, standing: (key) => reconciler.entry(key)?.snapshot.context.refusal });
    this.#confirmation = new Confirmation(cluster, observer, reconciler, (key) => this.#writer.names.of(key));
    const world = worldOf(observer, reconciler, {
      pending: () => this.#writer.creates.pending(),
      confirmUnwanted: (key) => this.#confirmation.ofPool(key),
      subnetRefusal: (name) => this.upkeep.manual.subnetRefusal(name),
      holdings: (name) => this.upkeep.manual.holdings(name),
    });
    this.ledger = this.#createLedger(world);
    this.#writer = new PoolWriter({
      cluster,
      ledger: this.ledger,
      world,
      onRefused: (key, refusal) => this.#refuse(key, refusal),
      onNotice: (key, told) => {
        const life = reconciler.entry(key)?.life;
        if (life) this.#teller.refusal(life, told);
      },
      onNameGivenUp: (subnet, name) => this.upkeep.lookAtRecord(subnet, name),
    });
    this.upkeep = new Upkeep({
      ...options,
      world,
      recorder,
      ledger: this.ledger,
      isAbsent: (name) => this.#writer.creates.isAbsent(name),
      isAbsentNow: (name) => this.#writer.creates.isAbsentNow(name),
      confirm: (application, subnet, pool) => this.#confirmation.ofRecord(application, subnet, pool),
      submit: (key, run, of) => this.#submit(key, run, of),
    });
  }

  /** Nothing is being written or tried again; pools may still wait for addresses. */
  get isIdle(): boolean {
    return this.queue.size === 0 && this.ledger.isIdle && this.upkeep.isIdle;
  }

  /** Finishes the writes under way. */
  async stop(): Promise<void> {
    this.upkeep.stop();
    await Promise.all([this.ledger.stop(), this.queue.stop()]);
  }

  complain(complaint: Complaint): void {
    this.#teller.complaint(complaint);
  }

  /** Queues what a machine asks for; what is queued for the same pool already is replaced. */
  dispatch(life: Life, operation: Operation): void {
    const { key, subnet } = life;
    // Before the operation, which may begin at once and asks for them.
    if (life.pool) this.#writer.names.note(key, subnet, life.pool.metadata.name);
    this.#confirmation.note(life);
    if (operation.kind === "notify") this.#teller.refusalInTime(life, operation);
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
      if (!this.#options.reconciler.entry(key)) this.#confirmation.forget(key);
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
    this.#options.reconciler.tell(key, { type: "operation.refused", reason, message });
    this.upkeep.lookAtPool(this.#writer.names.of(key) ?? "");
  }

  /** What is not waited for any more must not be granted. */
  withdraw(key: string): void {
    const name = this.#writer.names.of(key);
    const subnet = this.#options.reconciler.entry(key)?.life.subnet;
    // Another subnet's pool may have the same name.
    if (name !== undefined && subnet !== undefined) this.ledger.of(subnet).withdraw(name, key);
  }

  /** Takes in that the machines of these lives are up to date. */
  note(lives: readonly Life[]): void {
    for (const life of lives) {
      const { key, pool, subnet } = life;
      // A pool that somebody deletes is known by nothing but what was noted before.
      if (pool) this.#writer.names.note(key, subnet, pool.metadata.name);
      this.#confirmation.note(life);
    }
    this.upkeep.note(lives);
  }

  /** A pool has changed, come or gone. */
  onPool(name: string, previous: SpiderIPPool | undefined): void {
    this.#writer.creates.seen(name);
    this.upkeep.onPool(name, previous);
  }

  #createLedger(world: LedgerWorld): Ledger {
    const { cluster, clock, random, settings, log } = this.#options;
    return new Ledger({
      cluster,
      clock,
      random,
      gatherMs: settings.gatherMs,
      ...(settings.onTheWayMs !== undefined && { onTheWayMs: settings.onTheWayMs }),
      world,
      onGranted: (want) => this.#onGranted(want),
      onRefused: ({ key }, refusal) => this.#refuse(key, refusal),
      onUnclaimed: (subnet, pool) => this.upkeep.lookAtRecord(subnet, pool),
      onCutDropped: (subnet, cut) => this.#onCutDropped(subnet, cut),
      onReviewed: (subnet) => this.upkeep.manual.onReviewed(subnet),
      onFailure: (subnet, error, retryInMs) =>
        log[isPassing(error) ? "debug" : "warn"]("ledger write failed", { subnet, error, retryInMs }),
      onWrite: (subnet, wants, cuts) => this.#options.onLedgerWrite(subnet, wants, cuts),
    });
  }

  /** Somebody has changed a pool while its record waited to be made smaller: the machine asks again. */
  #onCutDropped(subnet: string, { pool, keep }: Cut): void {
    const key = keep && this.#writer.names.holder(subnet, pool);
    if (key !== undefined) this.#options.reconciler.tell(key, { type: "capacity.changed" });
  }

  /** The machine asks again for what it asked for. Where nothing but the right to it is new it is told what it knows already. */
  #onGranted({ key, isRenewal }: Want): void {
    const { reconciler } = this.#options;
    const life = reconciler.entry(key)?.life;
    const fact = isRenewal || !life?.wanted ? life?.poolFact : undefined;
    const isThere = fact !== undefined && fact !== "gone";
    reconciler.tell(key, isThere ? { type: "pool.observed", ...fact } : { type: "capacity.changed" });
  }

  #submit(key: string, run: () => Promise<void>, of: keyof typeof priorityOf): void {
    if (this.#options.isActive()) this.queue.add(key, run, { priority: priorityOf[of] });
  }
}
