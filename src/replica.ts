/**
 * One of several operators: fills its caches, waits until it leads, acts, and ends in an order that leaves nothing half done.
 *
 * Without an election it acts as soon as it can. Safety does not rest on this: every write is conditional, and two that lead at once only
 * cost each other time (docs/leadership.md). A replica that has lost its leadership never acts again.
 * @module
 */

import type { Clock } from "./clock.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { ElectionSettings } from "./leadership/election-settings.ts";
import { Elector } from "./leadership/elector.ts";
import { guarded } from "./leadership/guarded-cluster.ts";
import type { Log } from "./log.ts";
import type { Operator } from "./operator.ts";

/** How a replica takes part in an election. */
export interface Candidacy {
  readonly settings: ElectionSettings;
  /** With connections of its own. */
  readonly cluster: Cluster;
  /** Unlike every other process's. */
  readonly identity: string;
  /** Measures, and never steps. */
  readonly steadyClock: Clock;
}

export interface ReplicaOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Absent: it acts whoever else does. */
  readonly candidacy?: Candidacy;
  /** Makes the operator on a cluster that takes its writes only while it may act. */
  createOperator(cluster: Cluster): Operator;
}

/** How long writes may take to end once no more are begun; well within the 30 s that Kubernetes grants. */
const REST_MS = 20_000;

export class Replica {
  readonly operator: Operator;
  /** Rejects when it leads no more though nobody asked it to end: then the process has to. */
  readonly lost: Promise<never>;
  readonly #options: ReplicaOptions;
  readonly #elector: Elector | undefined;
  readonly #leading = Promise.withResolvers<void>();

  constructor(options: ReplicaOptions) {
    this.#options = options;
    const { cluster, clock, random, log, candidacy } = options;
    const lost = Promise.withResolvers<never>();
    this.lost = lost.promise;
    // Nobody need wait for it.
    this.lost.catch(() => {});
    this.#elector =
      candidacy &&
      new Elector({
        ...candidacy,
        clock: candidacy.steadyClock,
        wallClock: clock,
        random,
        log,
        onLeading: () => this.#leading.resolve(),
        onLost: (reason) => {
          lost.reject(new Error(`Leadership is lost: ${reason}`));
          void this.operator.rest();
        },
      });
    this.operator = options.createOperator(candidacy ? guarded(cluster, () => this.mayAct) : cluster);
  }

  /** Whether it may write at this moment. */
  get mayAct(): boolean {
    return this.#elector?.isLeading ?? true;
  }

  /** Identity of the replica that leads, as far as is known; undefined where none is elected. */
  get leader(): string | undefined {
    return this.#elector?.leader;
  }

  /** Resolves when it acts; rejects if it was stopped before its caches were filled. */
  async start(): Promise<void> {
    const { log } = this.#options;
    await this.operator.filled();
    log.info("all caches are filled");
    if (this.#elector) {
      this.#elector.campaign();
      await this.#leading.promise;
    }
    this.operator.act();
  }

  /** Takes nothing more on, finishes the writes under way, then lets others lead. The caches stay true. */
  async rest(): Promise<void> {
    const { clock, log } = this.#options;
    const isAtRest = await endsWithin(clock, REST_MS, this.operator.rest());
    if (isAtRest) await this.#elector?.release();
    else log.warn("writes are still under way; the lease is left to run out");
  }
}

/** Tells whether something ends in time; it goes on where it does not. */
async function endsWithin(clock: Clock, ms: number, work: Promise<void>): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const cancel = clock.after(ms, () => over.resolve(false));
  try {
    return await Promise.race([work.then(() => true), over.promise]);
  } finally {
    cancel();
  }
}
