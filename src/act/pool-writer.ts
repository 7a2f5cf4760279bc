/**
 * Carries out what a machine wants of one pool: ensure, keep, remove, release.
 *
 * The order is that of DESIGN §3: a record is written before the pool grows, the pool before its record shrinks, and a record
 * goes after its pool. Nothing is remembered between runs: each looks at what the caches say now, does at most one write to
 * the pool, and asks the ledger for the rest. What the API server refuses is told; what nobody knows is read again.
 * @module
 */

import { countOf, EMPTY, includes, type RangeSet, union } from "../address/range-set.ts";
import { allocatedRanges } from "../api/allocated-ips.ts";
import { applicationText } from "../api/application.ts";
import { type AutoPoolOwner, keptSize, newPool } from "../api/auto-pool.ts";
import type { Book } from "../api/book.ts";
import { rangesOf, type SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { spiderIPPools } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { type Cluster, hasCode, isUnknownOutcome } from "../cluster/cluster.ts";
import type { Ledger } from "./ledger.ts";
import { isEnough } from "./ledger-plan.ts";
import { type Notice, notice } from "./notices.ts";
import { choose, isFor } from "./pool-addresses.ts";
import { PoolCorrections } from "./pool-corrections.ts";
import { PoolCreates } from "./pool-creates.ts";
import { PoolNames } from "./pool-names.ts";

/** One pool's life as its operations see it, always as of now. */
export interface Subject {
  readonly key: string;
  readonly native: boolean;
  readonly subnet: string;
  /** Whom the pool is for; absent where it is no longer wanted. */
  readonly wanted: AutoPoolOwner | undefined;
  /** Whom the pool that is there was made for. */
  readonly owner: AutoPoolOwner | undefined;
  readonly pool: SpiderIPPool | undefined;
}

export interface WriterWorld {
  subject(key: string): Subject | undefined;
  subnet(name: string): SpiderSubnet | undefined;
  book(name: string): Book | undefined;
  pool(name: string): SpiderIPPool | undefined;
  learnPool(pool: SpiderIPPool): void;
  /** Confirms, at this moment and by UID, that the pool is not wanted any more; false where that is not certain. */
  confirmUnwanted(key: string): Promise<boolean>;
}

export interface PoolWriterOptions {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly world: WriterWorld;
  /** The operation cannot be done now; the cause is for people. */
  onRefused(key: string, refusal: Notice): void;
  /** Nothing is in the way, but people should know. */
  onNotice(key: string, notice: Notice): void;
  /** A machine goes by another name now; the record of the former one may have no pool. */
  onNameGivenUp(subnet: string, name: string): void;
}

export class PoolWriter {
  readonly #options: PoolWriterOptions;
  readonly names: PoolNames;
  readonly creates: PoolCreates;
  readonly #corrections: PoolCorrections;
  /** Addresses with which the API server has refused a pool, by name: others are picked next time (DESIGN §3). */
  readonly #refusedWith = new Map<string, RangeSet>();

  constructor(options: PoolWriterOptions) {
    this.#options = options;
    this.#corrections = new PoolCorrections(options);
    this.names = new PoolNames(options.ledger, options.world, options.onNameGivenUp);
    this.creates = new PoolCreates(options.cluster, options.world, ({ spec }) => options.ledger.recheck(spec.subnet));
  }

  /** Record and pool exist, belong to the application and hold `asked` addresses; `undefined` keeps their number. */
  async ensure(key: string, asked: number | undefined): Promise<void> {
    const { ledger, world } = this.#options;
    const subject = world.subject(key);
    // Asked for while nobody knew that it is there already: a pinned pool is as large as it was made.
    const size = subject?.pool && !subject.native ? undefined : asked;
    // A pool that is only kept need not be wanted, but it must be there to stay.
    const isKept = size === undefined && subject?.pool?.metadata.deletionTimestamp === undefined;
    const wanted = subject?.wanted ?? (isKept && subject?.pool ? subject.owner : undefined);
    if (!subject || !wanted) return;
    const name = this.names.choose(subject, wanted);
    // Who asks for addresses says what it has.
    if (!subject.pool && this.creates.isUncertain(name)) await this.creates.isAbsent(name);
    if (subject.pool && !(await this.#isThere(subject, wanted, subject.pool))) return;
    // It was given another pool while we asked: a want under this name would be nobody's to withdraw.
    if (this.names.of(key) !== name) return;
    const entry = world.book(subject.subnet)?.entries.get(name);
    const pool = subject.pool && (world.pool(name) ?? subject.pool);
    const held = pool ? rangesOf(pool, wanted.family) : EMPTY;
    const inUse = this.#inUse({ ...subject, pool }, wanted);
    if (!inUse) return;
    const recorded = entry?.ranges ?? EMPTY;
    const target = size ?? keptSize(pool, Number(countOf(recorded)), Number(countOf(held)));
    const application = applicationText(wanted.application);
    const avoid = this.#refusedWith.get(name) ?? EMPTY;
    const isAbsent = !pool && !world.pool(name) && !this.creates.isUncertain(name);
    const want = { pool: name, key, application, family: wanted.family, size: target, inUse, held, isAbsent, avoid };
    const subnet = world.subnet(subject.subnet);
    const line = ledger.of(subject.subnet);
    // A record that is being cut just now is no longer what it was.
    if (!subnet || entry?.application !== application || !isEnough(recorded, want) || line.isCutting(name)) {
      line.want(want);
      return;
    }
    line.withdraw(name, key);
    if (countOf(inUse) > BigInt(target)) {
      const [before, count] = [countOf(held), countOf(inUse)];
      this.#options.onRefused(key, notice("ShrinkBlocked", { pool: name, size: before, wanted: target, inUse: count }));
      return;
    }
    const ips = choose(recorded, inUse, held, target);
    // A number that does not count is not written beside the one that does.
    const owner = subject.native ? wanted : { ...wanted, number: String(target) };
    // What was written long ago, or by somebody else, may be about to be cut by somebody else.
    if (!includes(held, ips) && !line.grants.has(name)) {
      line.want({ ...want, isRenewal: true });
      return;
    }
    const written = pool
      ? await this.#correct(subject, owner, pool, subnet, ips)
      : await this.#create(subject, wanted, name, subnet, ips);
    if (written && countOf(ips) < countOf(recorded)) line.cut({ pool: name, keep: ips });
  }

  /** The pool object with this UID is deleted. */
  async remove(key: string, uid: string): Promise<void> {
    const { cluster, ledger, world } = this.#options;
    const subject = world.subject(key);
    const pool = subject?.pool;
    if (!subject || subject.wanted || !subject.native || pool?.metadata.uid !== uid) return;
    if (pool.metadata.deletionTimestamp !== undefined) return; // it goes when its last address is free
    if (!(await world.confirmUnwanted(key))) return;
    const { name, resourceVersion } = pool.metadata;
    const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    try {
      await ledger.noting(pool, () => cluster.delete(spiderIPPools, { name }, { preconditions }));
    } catch (error) {
      if (hasCode(error, 404)) return;
      if (hasCode(error, 409)) await this.#corrections.read(name);
      if (hasCode(error, 403, 422)) return this.#refused(key, "delete", name, error);
      throw error;
    }
  }

  /** The pool object is gone for good: its addresses go back, and nothing waits for more. */
  async release(key: string, subnet: string, name: string): Promise<void> {
    const { ledger, world } = this.#options;
    if (world.subject(key)?.wanted) return;
    const line = ledger.of(subnet);
    line.withdraw(name, key);
    const isGone = (): boolean => world.pool(name)?.metadata.labels?.[LABEL.ownerSubnet] !== subnet;
    if (isGone() && (world.book(subnet)?.entries.has(name) || this.creates.isUncertain(name))) {
      await this.creates.isAbsent(name);
      // It is there after all: it has a life again.
      if (!isGone() || !(await world.confirmUnwanted(key))) return;
      // A successor may have taken the name over while we asked.
      if ((this.names.holder(subnet, name) ?? key) === key && isGone()) line.cut({ pool: name, keep: undefined });
    }
    this.#refusedWith.delete(name);
    if (!world.subject(key)) this.names.forget(key);
  }

  /** Addresses in use; `undefined`, and told, where the pool's record of use cannot be read: then nothing is touched. */
  #inUse({ key, pool }: Subject, { family }: AutoPoolOwner): RangeSet | undefined {
    try {
      return allocatedRanges(pool?.status?.allocatedIPs, family);
    } catch (error) {
      this.#refused(key, "change", pool?.metadata.name ?? "", error);
      return undefined;
    }
  }

  async #create(
    subject: Subject,
    wanted: AutoPoolOwner,
    name: string,
    subnet: SpiderSubnet,
    ips: RangeSet,
  ): Promise<boolean> {
    const { ledger, world } = this.#options;
    const line = ledger.of(subject.subnet);
    this.#tellTaken(subject.key, wanted, name);
    try {
      const object = newPool(name, wanted, subnet, ips);
      // No address, no right to it.
      if (ips.length === 0) await this.creates.create(object);
      else await line.grants.use(name, (signal) => this.creates.create(object, signal));
      this.#refusedWith.delete(name);
      return true;
    } catch (error) {
      if (isUnknownOutcome(error)) line.doubt(name);
      const found = world.pool(name);
      if (found && !isFor(found, wanted)) line.cut({ pool: name, keep: undefined });
      // An earlier request may have made it though this one is refused.
      if (hasCode(error, 403, 422) && !found) {
        // The addresses may be somebody's that we cannot see: they go back, and others are picked next time.
        if (hasCode(error, 422)) this.#refusedWith.set(name, union(ips, this.#refusedWith.get(name) ?? EMPTY));
        line.cut({ pool: name, keep: undefined });
        this.#refused(subject.key, "create", name, error);
        return false;
      }
      throw error;
    }
  }

  /** People look for the name that they know; they are told who has it. */
  #tellTaken(key: string, wanted: AutoPoolOwner, name: string): void {
    const first = this.names.first(wanted);
    const other = first === name ? undefined : this.#options.world.pool(first);
    if (other && !isFor(other, wanted)) this.#options.onNotice(key, notice("PoolNameTaken", { pool: first }));
  }

  async #correct(
    subject: Subject,
    wanted: AutoPoolOwner,
    pool: SpiderIPPool,
    subnet: SpiderSubnet,
    ips: RangeSet,
  ): Promise<boolean> {
    try {
      await this.#corrections.correct(pool, wanted, subnet, ips);
      return true;
    } catch (error) {
      if (!hasCode(error, 403, 422)) throw error;
      this.#refused(subject.key, "change", pool.metadata.name, error);
      return false;
    }
  }

  /** What a pool has beyond its record is recorded anew: only if it is there, whatever the caches say. */
  async #isThere({ subnet }: Subject, { family }: AutoPoolOwner, pool: SpiderIPPool): Promise<boolean> {
    const { uid, name } = pool.metadata;
    const book = this.#options.world.book(subnet);
    if (!book || includes(book.entries.get(name)?.ranges ?? EMPTY, rangesOf(pool, family))) return true;
    return (await this.#corrections.read(name))?.metadata.uid === uid;
  }

  #refused(key: string, action: string, pool: string, error: unknown): void {
    this.#options.onRefused(key, notice("Refused", { action, pool, text: (error as Error).message }));
  }
}
