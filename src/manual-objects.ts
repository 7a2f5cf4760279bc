/**
 * What people write by hand and the operator looks after: manual pools, subnets, reserved addresses.
 *
 * Each is judged; a sound manual pool is recorded in the ledger of the subnet with its CIDR, then adopted by it, and goes with it.
 * Nothing is written here: the ledger, the keepers of pools and subnets, and the work queue do that, asked only where something
 * is to be done.
 * @module
 */

import { goesAlong, takeAlong } from "./act/cascade.ts";
import type { Told } from "./act/conditions.ts";
import type { Ledger } from "./act/ledger.ts";
import type { Holding } from "./act/manual-records.ts";
import { notice } from "./act/notices.ts";
import type { PoolStanding } from "./act/pool-keeper.ts";
import type { Recorder } from "./act/recorder.ts";
import type { Family } from "./address/address.ts";
import { type Adoption, adoptionOf } from "./api/adoption.ts";
import { isAutoPool, type SpiderIPPool } from "./api/ippool.ts";
import { API_VERSION } from "./api/names.ts";
import type { SpiderSubnet } from "./api/subnet.ts";
import type { Clock } from "./clock.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Defence, type DefendedKind } from "./defence.ts";
import type { Verdict } from "./defence-judge.ts";
import { Holdings } from "./holdings.ts";
import type { Observer } from "./observe/observer.ts";
import { standingOfPool, standingOfSubnet } from "./standing.ts";

export interface ManualObjectsOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly families: readonly Family[];
  readonly recorder: Recorder;
  readonly ledger: Ledger;
  /** The pool, the subnet, the record may need a write. */
  lookAtPool(name: string): void;
  lookAtSubnet(name: string): void;
  lookAtRecord(subnet: string, pool: string): void;
  submit(key: string, run: () => Promise<void>): void;
}

export class ManualObjects {
  readonly #options: ManualObjectsOptions;
  readonly #defence: Defence;
  readonly #holdings: Holdings;
  /** Subnets as they were at the last look. */
  readonly #seen = new Map<string, SpiderSubnet>();
  /** Pools whose record holds more than they have: it gets smaller when their pods end. */
  readonly #oversized = new Set<string>();
  /** Pools that are looked at again when what was let in has come, or never will. */
  readonly #arriving = new Set<string>();
  #isOpen = false;

  constructor(options: ManualObjectsOptions) {
    this.#options = options;
    const { observer, clock, families } = options;
    const { pools, subnets, reservations } = observer;
    this.#defence = new Defence({
      caches: { pools, subnets, reservedObject: (name) => reservations.get(name) },
      families,
      clock,
      onJudged: (kind, name, verdict, isNews) => this.#onJudged(kind, name, verdict, isNews),
    });
    this.#holdings = new Holdings({
      clock,
      book: (name) => subnets.book(name),
      homeOf: (pool) => this.#homeOfSound(pool),
    });
  }

  /** Looks at everything once, and from now on at what changes. */
  start(): void {
    const { pools, subnets, reservations } = this.#options.observer;
    const objects: [DefendedKind, string][] = [];
    for (const subnet of subnets.values()) {
      this.#seen.set(subnet.metadata.name, subnet);
      objects.push(["SpiderSubnet", subnet.metadata.name]);
    }
    for (const pool of pools.values()) if (!isAutoPool(pool)) objects.push(["SpiderIPPool", pool.metadata.name]);
    for (const name of reservations.names()) objects.push(["SpiderReservedIP", name]);
    this.#isOpen = true;
    this.#defence.open(objects);
  }

  stop(): void {
    this.#isOpen = false;
    this.#defence.close();
  }

  get isIdle(): boolean {
    return this.#defence.isIdle;
  }

  onPool(name: string, previous: SpiderIPPool | undefined): void {
    const isJudged = this.#defence.onPool(name, previous);
    if (!isJudged && this.#oversized.has(name)) this.#settle(name);
    const { pools, subnets } = this.#options.observer;
    if (!previous || isAutoPool(previous) || pools.get(name)) return;
    for (const { metadata } of subnets.ofCidr(previous.spec.subnet)) this.#options.lookAtRecord(metadata.name, name);
  }

  /** `isForeign`: somebody else has written the ledger. */
  onSubnet(name: string, isForeign: boolean): void {
    const { subnets } = this.#options.observer;
    const [subnet, previous] = [subnets.get(name), this.#seen.get(name)];
    if (subnet) this.#seen.set(name, subnet);
    else this.#seen.delete(name);
    if (!subnet && !previous) return;
    this.#defence.onSubnet(name, previous);
    if (isForeign && subnet) this.#defence.markPoolsOf(subnet.spec.subnet);
  }

  onReserved(name: string): void {
    this.#defence.onReserved(name);
  }

  /** The ledger has recorded what it could: pools may be adopted now, and are told that they are well. */
  onReviewed(subnet: string): void {
    const { observer, lookAtPool, lookAtRecord } = this.#options;
    for (const { metadata } of this.#poolsOf(subnet)) lookAtPool(metadata.name);
    // A pool may have gone while its record was being written.
    for (const name of observer.subnets.book(subnet)?.entries.keys() ?? []) {
      if (!observer.pools.get(name)) lookAtRecord(subnet, name);
    }
  }

  /** Why nothing may be given out of a subnet; `undefined` where it may. */
  subnetRefusal(name: string): string | undefined {
    return this.#defence.ofSubnet(name)?.message;
  }

  /** The manual pools of a subnet's CIDR, as its ledger has to know them. */
  holdings(subnet: string): Holding[] {
    const object = this.#options.observer.subnets.get(subnet);
    return object ? this.#poolsOf(subnet).map((pool) => this.#holdings.of(pool, object)) : [];
  }

  /** What a manual pool gets by adoption: only once all of it that the subnet has is recorded (reserve → apply). */
  adoption(pool: SpiderIPPool): Adoption | undefined {
    const home = this.#isOpen ? this.#homeOfSound(pool) : undefined;
    return home && this.#holdings.isRecorded(pool, home) ? adoptionOf(pool, home) : undefined;
  }

  poolStanding(name: string): PoolStanding | undefined {
    const pool = this.#options.observer.pools.get(name);
    if (!this.#isOpen || !pool || isAutoPool(pool) || pool.metadata.deletionTimestamp !== undefined) return undefined;
    const verdict = this.#defence.ofPool(name);
    const home = verdict ? undefined : this.#defence.homeOf(pool);
    const isPassing = home && (!this.#holdings.isRecorded(pool, home) || adoptionOf(pool, home) !== undefined);
    return isPassing || this.#defence.isWaiting(name) ? undefined : standingOfPool(verdict, home?.metadata.name);
  }

  subnetConditions(name: string): readonly Told[] | undefined {
    const subnet = this.#options.observer.subnets.get(name);
    if (!this.#isOpen || !subnet || subnet.metadata.deletionTimestamp !== undefined) return undefined;
    return standingOfSubnet(this.#defence.ofSubnet(name));
  }

  #onJudged(kind: DefendedKind, name: string, verdict: Verdict | undefined, isNews: boolean): void {
    const { observer, lookAtPool, lookAtSubnet, ledger } = this.#options;
    if (isNews && verdict) this.#tell(kind, name, verdict);
    if (kind === "SpiderIPPool") {
      this.#settle(name);
      lookAtPool(name);
    } else if (kind === "SpiderSubnet") {
      lookAtSubnet(name);
      const subnet = observer.subnets.get(name);
      if (!isNews || !subnet) return;
      ledger.of(name).review();
      this.#defence.markPoolsOf(subnet.spec.subnet);
    }
  }

  #tell(kind: DefendedKind, name: string, { reason, message }: Verdict): void {
    const { pools, subnets, reservations } = this.#options.observer;
    const cache = { SpiderIPPool: pools, SpiderSubnet: subnets, SpiderReservedIP: reservations }[kind];
    const uid = cache.get(name)?.metadata.uid;
    if (uid === undefined) return;
    const told = notice(reason, { text: message });
    this.#options.recorder.record({ regarding: { apiVersion: API_VERSION, kind, name, uid }, ...told });
  }

  /** Has the ledger look at a pool whose record is not what it should be, and has the pool go with its subnet. */
  #settle(name: string): void {
    const { observer, ledger, lookAtSubnet } = this.#options;
    const pool = observer.pools.get(name);
    this.#oversized.delete(name);
    if (!pool || isAutoPool(pool)) return;
    for (const subnet of observer.subnets.ofCidr(pool.spec.subnet)) {
      if (this.#holdings.isReviewDue(pool, subnet)) ledger.of(subnet.metadata.name).review();
      const isWaiting = this.#holdings.isOversized(pool, subnet) || this.#holdings.arrivesInMs(pool, subnet) > 0;
      if (isWaiting) this.#settleLater(pool, subnet);
      if (subnet.metadata.deletionTimestamp === undefined) continue;
      lookAtSubnet(subnet.metadata.name);
      if (goesAlong(pool, subnet)) this.#submitEnd(name, subnet.metadata.name);
    }
  }

  /** A record that holds more than its pool gets smaller when pods have ended, or when what was let in has come, or never will. */
  #settleLater(pool: SpiderIPPool, subnet: SpiderSubnet): void {
    const { name } = pool.metadata;
    this.#oversized.add(name);
    const waitMs = this.#holdings.arrivesInMs(pool, subnet);
    if (waitMs === 0 || this.#arriving.has(name)) return;
    this.#arriving.add(name);
    this.#options.clock.after(waitMs, () => {
      this.#arriving.delete(name);
      if (this.#isOpen) this.#settle(name);
    });
  }

  #submitEnd(name: string, subnet: string): void {
    const { cluster, observer, submit } = this.#options;
    submit(`along/${name}`, async () => {
      const [pool, owner] = [observer.pools.get(name), observer.subnets.get(subnet)];
      if (pool && owner && goesAlong(pool, owner)) await takeAlong(cluster, pool);
    });
  }

  #poolsOf(subnet: string): SpiderIPPool[] {
    const { pools, subnets } = this.#options.observer;
    const cidr = subnets.get(subnet)?.spec.subnet;
    return cidr === undefined ? [] : [...pools.manualOfCidr(cidr)];
  }

  /** The subnet that a pool belongs to, or would; `undefined` where the pool or every such subnet is refused. */
  #homeOfSound(pool: SpiderIPPool): SpiderSubnet | undefined {
    const verdict = this.#defence.ofPool(pool.metadata.name);
    return verdict && verdict.reason !== "ForeignOwner" ? undefined : this.#defence.homeOf(pool);
  }
}
