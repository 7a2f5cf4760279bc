/**
 * The requests for one pool: those that wait, and the one write under way that serves all that waited when it began.
 *
 * What is answered has been confirmed: either by a write on that version of the pool, or, where there was nothing to write, by
 * a read after the request came.
 * @module
 */

import type { Family } from "../address/address.ts";
import { parseRanges, type RangeSet } from "../address/range-set.ts";
import { familyOfPool, type SpiderIPPool, type SpiderIPPoolStatus } from "../api/ippool.ts";
import { spiderIPPools } from "../api/resources.ts";
import { backOffMs } from "../back-off.ts";
import { sleep } from "../clock.ts";
import { hasCode, isUnknownOutcome } from "../cluster/cluster.ts";
import { isLater } from "../cluster/reflected-store.ts";
import { usableRanges } from "./address-choice.ts";
import { IpamError } from "./candidate.ts";
import type { PoolCommitsOptions } from "./pool-commits.ts";
import { formatPoolRecords, type PoolRecords, parsePoolRecords } from "./pool-records.ts";
import { type PoolRanges, type PoolState, PoolTransaction, PoolUnavailable } from "./pool-transaction.ts";

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
  failures: number;
  /** Each of the two takes it out of line. */
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** A version of the pool; `records` from the first time that they are needed. */
interface Version {
  readonly pool: SpiderIPPool;
  records?: PoolRecords;
  ranges?: PoolRanges & { readonly reserved: RangeSet };
}

const deadlineMsDefault = 90_000;
/** Several agents write one pool; the one that comes again first wins, so waiting long is of no use. */
const backOff = { firstMs: 10, maxMs: 500 };

export class PoolLine {
  readonly #name: string;
  readonly #options: PoolCommitsOptions;
  /** Called when nothing waits and nothing is known of the pool: it is gone, or could not be reached. */
  readonly #onUnknown: () => void;
  /** In the order in which they came, until they are answered. */
  readonly #waiting = new Set<Waiting>();
  /** Those whose write is under way: they hear what becomes of it even where they have gone away. */
  #writing: ReadonlySet<Waiting> = new Set();
  #isRunning = false;
  /** The newest version that we know. */
  #latest: Version | undefined;

  constructor(name: string, options: PoolCommitsOptions, onUnknown: () => void) {
    this.#name = name;
    this.#options = options;
    this.#onUnknown = onUnknown;
  }

  get isIdle(): boolean {
    return !this.#isRunning;
  }

  ask<T>(question: PoolQuestion<T>): Promise<T> {
    const { clock, deadlineMs = deadlineMsDefault } = this.#options;
    const { signal } = question;
    return new Promise<unknown>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener("abort", goneAway);
      };
      const waiting: Waiting = {
        question,
        deadline: clock.now() + deadlineMs,
        failures: 0,
        resolve: (answer) => [leave(), resolve(answer)],
        reject: (error) => [leave(), reject(error)],
      };
      const goneAway = (): void => {
        if (!this.#writing.has(waiting)) waiting.reject(signal?.reason);
      };
      if (signal?.aborted) return goneAway();
      signal?.addEventListener("abort", goneAway, { once: true });
      this.#waiting.add(waiting);
      if (!this.#isRunning) void this.#run();
    }) as Promise<T>;
  }

  /** Takes in a version of the pool, if it is news about one that we work with. */
  observe(pool: SpiderIPPool): void {
    const { resourceVersion } = pool.metadata;
    // The echo of our own write knows less than we do.
    if (this.#latest === undefined || this.#latest.pool.metadata.resourceVersion === resourceVersion) return;
    this.#learn({ pool });
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
    for (let failures = 0; this.#waiting.size > 0; ) {
      const open = [...this.#waiting];
      try {
        await this.#attempt(open);
        failures = 0;
      } catch (error) {
        this.#latest = undefined;
        failures += 1;
        if (hasCode(error, 404)) answerGone(open);
        else if (!hasCode(error, 409, 429) && !isUnknownOutcome(error))
          for (const waiting of open) waiting.reject(error);
        else {
          for (const waiting of open) waiting.failures += 1;
          await sleep(this.#options.clock, this.#pauseMs(error, failures));
        }
      }
      for (const waiting of this.#waiting) this.#rejectLate(waiting);
    }
    this.#isRunning = false;
    if (this.#latest === undefined) this.#onUnknown();
  }

  /** Plans all requests on one version of the pool and writes it; where nothing is to be written, on one that is read now. */
  async #attempt(open: readonly Waiting[]): Promise<void> {
    const isFresh = this.#latest === undefined;
    this.#latest ??= { pool: await this.#read() };
    const version = this.#latest;
    const state = this.#stateOf(version);
    const transaction = new PoolTransaction(state);
    const answers = open.map(({ question }) => {
      try {
        return { answer: question.run(transaction, state) };
      } catch (error) {
        return { error };
      }
    });
    if (transaction.isChanged) {
      this.#writing = new Set(open);
      try {
        this.#learn(await this.#write(version, transaction.records));
      } finally {
        this.#writing = new Set();
      }
    } else if (!isFresh) {
      this.#latest = undefined;
      return;
    }
    for (const [i, result] of answers.entries()) {
      if ("error" in result) open[i]?.reject(result.error);
      else open[i]?.resolve(result.answer);
    }
  }

  #stateOf(version: Version): PoolState {
    const { pool } = version;
    return this.#reading(() => {
      const family = familyOfPool(pool);
      if (family === undefined) throw new SyntaxError("it has neither ipVersion nor a subnet");
      version.records ??= parsePoolRecords(pool.status?.allocatedIPs, family);
      const { recordsMax } = this.#options;
      return { pool, family, records: version.records, ranges: () => this.#rangesOf(version, family), recordsMax };
    });
  }

  #rangesOf(version: Version, family: Family): PoolRanges {
    const reserved = this.#options.reserved(family);
    if (version.ranges?.reserved === reserved) return version.ranges;
    const { spec } = version.pool;
    version.ranges = this.#reading(() => {
      return { reserved, listed: parseRanges(spec.ips, family), usable: usableRanges(spec, family, reserved) };
    });
    return version.ranges;
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
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

  #rejectLate({ question: { signal }, deadline, failures, reject }: Waiting): void {
    if (signal?.aborted) reject(signal.reason);
    else if (this.#options.clock.now() > deadline) {
      const text = `exhaust all retries (${failures} times), failed to allocate IP from IPPool ${this.#name}`;
      reject(new PoolUnavailable("retries", text));
    }
  }

  #pauseMs(error: unknown, failures: number): number {
    const { random } = this.#options;
    const asked = hasCode(error, 429, 503) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return asked + backOffMs(backOff, failures, random);
  }
}

function answerGone(open: readonly Waiting[]): void {
  for (const { question, resolve, reject } of open) {
    try {
      resolve(question.whenGone());
    } catch (error) {
      reject(error);
    }
  }
}
