/**
 * The requests for one pool: those that wait, and the one write under way that serves all that waited when it began.
 *
 * What is answered has been confirmed: either by a write on that version of the pool, or, where there was nothing to write, by
 * a read after the request came.
 * @module
 */

import type { RangeSet } from "../address/range-set.ts";
import { familyOfPool, type SpiderIPPool, type SpiderIPPoolStatus } from "../api/ippool.ts";
import { spiderIPPools } from "../api/resources.ts";
import { backOffMs } from "../back-off.ts";
import { sleep } from "../clock.ts";
import { hasCode, isUnknownOutcome } from "../cluster/cluster.ts";
import { isLater } from "../cluster/reflected-store.ts";
import { type UsableRanges, usableRanges } from "./address-choice.ts";
import { IpamError } from "./candidate.ts";
import type { PoolCommitsOptions } from "./pool-commits.ts";
import { formatPoolRecords, type PoolRecords, parsePoolRecords } from "./pool-records.ts";
import { type PoolState, PoolTransaction, PoolUnavailable } from "./pool-transaction.ts";

/** What is wanted of the pool. */
export interface PoolQuestion<T> {
  /** Plans it; called anew for every version of the pool that is tried. */
  run(transaction: PoolTransaction, state: PoolState): T;
  /** Answers where there is no such pool. */
  whenGone(): T;
  readonly signal: AbortSignal | undefined;
}

interface Waiting {
  readonly question: PoolQuestion<unknown>;
  readonly deadline: number;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** A version of the pool; `records` from the first time that they are needed. */
interface Version {
  readonly pool: SpiderIPPool;
  records?: PoolRecords;
  usable?: { readonly reserved: RangeSet; readonly ranges: UsableRanges };
}

const deadlineMsDefault = 90_000;
/** Several agents write one pool; the one that comes again first wins, so waiting long is of no use. */
const backOff = { firstMs: 10, maxMs: 500 };

export class PoolLine {
  readonly #name: string;
  readonly #options: PoolCommitsOptions;
  readonly #onGone: () => void;
  #waiting: Waiting[] = [];
  #isRunning = false;
  /** The newest version that we know. */
  #latest: Version | undefined;

  constructor(name: string, options: PoolCommitsOptions, onGone: () => void) {
    this.#name = name;
    this.#options = options;
    this.#onGone = onGone;
  }

  get isIdle(): boolean {
    return !this.#isRunning;
  }

  ask<T>(question: PoolQuestion<T>): Promise<T> {
    const { clock, deadlineMs = deadlineMsDefault } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const deadline = clock.now() + deadlineMs;
      this.#waiting.push({ question, deadline, resolve: resolve as Waiting["resolve"], reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Takes in a version of the pool, if it is news about one that we work with. */
  observe(pool: SpiderIPPool): void {
    if (this.#latest !== undefined) this.#learn({ pool });
  }

  #learn(version: Version): void {
    const known = this.#latest?.pool.metadata.resourceVersion ?? "0";
    // The watch may have told of our own write already, but not what we know of it.
    if (isLater(known, version.pool.metadata.resourceVersion ?? "") !== true) this.#latest = version;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What is asked for in the same breath goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#serve(batch);
    }
    this.#isRunning = false;
  }

  /** Tries until every request of the batch is answered. */
  async #serve(batch: Waiting[]): Promise<void> {
    let isFresh = false;
    let open = batch;
    for (let failures = 0; ; ) {
      open = open.filter((waiting) => !this.#isOver(waiting, failures));
      if (open.length === 0) return;
      try {
        if (this.#latest === undefined) {
          this.#latest = { pool: await this.#read() };
          isFresh = true;
        }
        if (await this.#attempt(open, this.#latest, isFresh)) return;
        this.#latest = undefined;
      } catch (error) {
        this.#latest = undefined;
        isFresh = false;
        if (hasCode(error, 404)) return this.#answerGone(open);
        if (!hasCode(error, 409, 429) && !isUnknownOutcome(error)) return reject(open, error);
        failures += 1;
        await sleep(this.#options.clock, this.#pauseMs(error, failures));
      }
    }
  }

  /** Plans all requests on one version and writes it; returns false where it must be done on a version that is read now. */
  async #attempt(open: readonly Waiting[], version: Version, isFresh: boolean): Promise<boolean> {
    const state = this.#stateOf(version);
    const transaction = new PoolTransaction(state);
    const answers = open.map(({ question }) => {
      try {
        return { answer: question.run(transaction, state) };
      } catch (error) {
        return { error };
      }
    });
    if (transaction.isChanged) this.#learn(await this.#write(version, transaction.records));
    else if (!isFresh) return false;
    for (const [i, result] of answers.entries()) {
      if ("error" in result) open[i]?.reject(result.error);
      else open[i]?.resolve(result.answer);
    }
    return true;
  }

  #stateOf(version: Version): PoolState {
    const { pool } = version;
    try {
      const family = familyOfPool(pool);
      if (family === undefined) throw new SyntaxError("it has neither ipVersion nor a subnet");
      version.records ??= parsePoolRecords(pool.status?.allocatedIPs, family);
      const reserved = this.#options.reserved(family);
      if (version.usable?.reserved !== reserved) {
        version.usable = { reserved, ranges: usableRanges(pool.spec, family, reserved) };
      }
      const { recordsMax } = this.#options;
      return { pool, family, records: version.records, usable: version.usable.ranges, recordsMax };
    } catch (error) {
      throw new IpamError(`Cannot use IPPool "${this.#name}": ${(error as Error).message}`, { cause: error });
    }
  }

  #read(): Promise<SpiderIPPool> {
    return this.#options.cluster.get<SpiderIPPool>(spiderIPPools, { name: this.#name });
  }

  /** A merge patch of just the records: totalIPCount may be larger than a JavaScript number can be (ipam §11.3). */
  async #write({ pool, ...known }: Version, records: PoolRecords): Promise<Version> {
    const { resourceVersion } = pool.metadata;
    const status: SpiderIPPoolStatus = { allocatedIPs: formatPoolRecords(records), allocatedIPCount: records.size };
    const { metadata } = await this.#options.cluster.patch<SpiderIPPool>(
      spiderIPPools,
      { name: this.#name },
      { metadata: { resourceVersion }, status },
      { subresource: "status", metadataOnly: true },
    );
    return { ...known, pool: { ...pool, metadata, status: { ...pool.status, ...status } }, records };
  }

  #isOver({ question, deadline, reject }: Waiting, failures: number): boolean {
    const { signal } = question;
    if (signal?.aborted) reject(signal.reason);
    else if (this.#options.clock.now() > deadline) {
      const text = `exhaust all retries (${failures} times), failed to allocate IP from IPPool ${this.#name}`;
      reject(new PoolUnavailable("retries", text));
    } else return false;
    return true;
  }

  #pauseMs(error: unknown, failures: number): number {
    const { random } = this.#options;
    const asked = hasCode(error, 429, 503) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return asked + backOffMs(backOff, failures, random);
  }

  #answerGone(open: readonly Waiting[]): void {
    for (const { question, resolve, reject } of open) {
      try {
        resolve(question.whenGone());
      } catch (error) {
        reject(error);
      }
    }
    this.#onGone();
  }
}

function reject(open: readonly Waiting[], error: unknown): void {
  for (const waiting of open) waiting.reject(error);
}
