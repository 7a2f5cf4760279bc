/**
 * What is looked after whatever applications want: statuses, subnets, records without pools, and what people write by hand.
 *
 * Each change of an object is handed to those whom it concerns; what they find to be done goes into the queue.
 * @module
 */

import type { Ledger, LedgerWorld } from "./act/ledger.ts";
import type { WriterWorld } from "./act/pool-writer.ts";
import { RecordSweeper, type RecordSweeperOptions } from "./act/record-sweeper.ts";
import type { Recorder } from "./act/recorder.ts";
import { SubnetKeeper } from "./act/subnet-keeper.ts";
import type { SpiderIPPool } from "./api/ippool.ts";
import type { Clock } from "./clock.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { ManualObjects } from "./manual-objects.ts";
import type { Observer } from "./observe/observer.ts";
import type { Life } from "./observe/pool-life.ts";
import { PoolStatuses } from "./pool-statuses.ts";
import type { Reconciler } from "./reconciler.ts";
import type { OperatorSettings } from "./settings.ts";
import type { priorityOf } from "./write-queue.ts";

export interface UpkeepOptions extends Pick<RecordSweeperOptions, "isAbsent" | "isAbsentNow" | "confirm"> {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly settings: Pick<OperatorSettings, "families">;
  readonly observer: Observer;
  readonly reconciler: Reconciler;
  readonly recorder: Recorder;
  readonly world: WriterWorld & LedgerWorld;
  readonly ledger: Ledger;
  isActive(): boolean;
  submit(key: string, run: () => Promise<void>, of: keyof typeof priorityOf): void;
}

export class Upkeep {
  readonly manual: ManualObjects;
  readonly #options: UpkeepOptions;
  readonly #statuses: PoolStatuses;
  readonly #subnets: SubnetKeeper;
  readonly #sweeper: RecordSweeper;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    const { world, cluster, clock, settings, observer, reconciler, recorder, ledger, submit } = options;
    this.manual = new ManualObjects({
      cluster,
      clock,
      observer,
      recorder,
      ledger,
      families: settings.families,
      lookAtPool: (name) => this.#statuses.look(name),
      lookAtSubnet: (name) => this.#lookAtSubnet(name),
      lookAtRecord: (subnet, pool) => this.lookAtRecord(subnet, pool),
      submit: (key, run) => submit(key, run, "pool"),
    });
    this.#statuses = new PoolStatuses({
      ...world,
      cluster,
      clock,
      entry: (key) => reconciler.entry(key),
      manualStanding: (name) => this.manual.poolStanding(name),
      adoption: (pool) => this.manual.adoption(pool),
      noting: (pool, send) => ledger.noting(pool, send),
      submit: (key, run, isEnd) => submit(key, run, isEnd ? "pool" : "status"),
    });
    this.#subnets = new SubnetKeeper({
      ...world,
      cluster,
      clock,
      hasPools: (name) => observer.pools.isOwner(name),
      conditions: (name) => this.manual.subnetConditions(name),
    });
    this.#sweeper = new RecordSweeper({
      ...world,
      ...options,
      ledger,
      clock,
      submit: (key, run) => submit(key, run, "tidy"),
    });
  }

  get isIdle(): boolean {
    return this.manual.isIdle;
  }

  /** Begins with what people write: what applications want is asked for by their machines. */
  start(): void {
    if (this.#options.isActive()) this.manual.start();
  }

  stop(): void {
    this.manual.stop();
    this.#sweeper.stop();
  }

  /** Takes in that the machines of these lives are up to date. */
  note(lives: readonly Life[]): void {
    this.#statuses.note(lives);
  }

  /** The pool's machine says something else now. */
  lookAtPool(name: string): void {
    this.#statuses.look(name);
  }

  /** A record may have lost its pool. */
  lookAtRecord(subnet: string, pool: string): void {
    this.#sweeper.look(subnet, pool);
  }

  /** A pool has changed, come or gone. */
  onPool(name: string, previous: SpiderIPPool | undefined): void {
    const { observer, ledger, isActive } = this.#options;
    const pool = observer.pools.get(name);
    this.#statuses.look(name);
    if (!isActive()) return;
    this.manual.onPool(name, previous);
    // What nobody has recorded is given back without a change of the ledger.
    if (previous && !isSameRange(previous, pool) && ledger.isStray(previous)) ledger.recheck(previous.spec.subnet);
    if (pool) return;
    for (const { metadata } of observer.subnets.values()) {
      if (metadata.deletionTimestamp !== undefined) this.onSubnet(metadata.name, false);
    }
  }

  /** A subnet has changed; `isForeign`: its ledger is not as we left it. */
  onSubnet(name: string, isForeign: boolean): void {
    // Also by who does not act yet: the longer it has been seen, the sooner it is certain.
    this.#options.ledger.see(name);
    if (!this.#options.isActive()) return;
    this.manual.onSubnet(name, isForeign);
    this.#lookAtSubnet(name);
    if (isForeign) this.#sweeper.sweep(name);
  }

  /** A reservation has changed. */
  onReserved(name: string): void {
    this.#options.ledger.recheck();
    if (this.#options.isActive()) this.manual.onReserved(name);
  }

  #lookAtSubnet(name: string): void {
    this.#options.ledger.of(name).recheck();
    if (this.#subnets.isDue(name)) this.#options.submit(`subnet/${name}`, () => this.#subnets.keep(name), "status");
  }
}

function isSameRange(a: SpiderIPPool, b: SpiderIPPool | undefined): boolean {
  const text = ({ spec }: SpiderIPPool): string => [spec.subnet, spec.ips, spec.excludeIPs].join(";");
  return b !== undefined && text(a) === text(b);
}
