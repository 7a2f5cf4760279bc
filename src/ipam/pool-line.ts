/**
 * The requests for one pool: those that wait, and the one write under way that serves all that waited when it began.
 *
 * What is answered has been confirmed: either by a write on that version of the pool, or, where there was nothing to write, by
 * a read after the request came.
 * @module
 */

import type { SpiderIPPool, SpiderIPPoolStatus } from "../api/ippool.ts";
import { API_VERSION } from "../api/names.ts";
import { spiderIPPools } from "../api/resources.ts";
import { backOffMs } from "../back-off.ts";
import { sleep } from "../clock.ts";
import { askedPauseMs, hasCode, isUnknownOutcome } from "../cluster/cluster.ts";
import { isLater } from "../cluster/reflected-store.ts";
import type { PoolCommitsOptions } from "./pool-commits.ts";
import { PoolPace } from "./pool-pace.ts";
import { formatPoolRecords, type PoolRecords } from "./pool-records.ts";
import { type PoolState, PoolTransaction, PoolUnavailable } from "./pool-transaction.ts";
import { PoolVersion } from "./pool-version.ts";

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

const deadlineMsDefault = 90_000;
/** For an API server that does not answer, or asks for patience. */
const backOff = { firstMs: 10, maxMs: 500 };

export class PoolLine {
  readonly #name: string;
  readonly #options: PoolCommitsOptions;
  /** Called when nothing waits and nothing is to be remembered of the pool: it is gone, or could not be reached. */
  readonly #onUnknown: () => void;
  /** In the order in which they came, until they are answered. */
  readonly #waiting = new Set<Waiting>();
  /** Those whose write is under way: they hear what becomes of it even where they have gone away. */
  #writing: ReadonlySet<Waiting> = new Set();
  #isRunning = false;
  readonly #pace: PoolPace;
  /** The newest version that we know. */
  #latest: PoolVersion | undefined;
  /** The watch has shown its end: nothing need be remembered of it. */
  #isGone = false;
  /** Somebody has made a later version than this one; the watch may show it before we read. */
  #outdated: string | undefined;

  constructor(name: string, options: PoolCommitsOptions, onUnknown: () => void) {
    this.#name = name;
    this.#options = options;
    this.#onUnknown = onUnknown;
    this.#pace = new PoolPace(options);
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
      this.#pace.joined();
      if (!this.#isRunning) void this.#run();
    }) as Promise<T>;
  }

  /** Takes in a version of the pool, if it is news about one that we work with. */
  observe(pool: SpiderIPPool): void {
    const { resourceVersion = "" } = pool.metadata;
    this.#pace.saw(resourceVersion);
    const known = this.#latest?.resourceVersion ?? this.#outdated;
    // The echo of our own write knows less than we do.
    if (known === undefined || known === resourceVersion) return;
    if (this.#latest !== undefined || isLater(resourceVersion, known))
      this.#learn(new PoolVersion(pool, this.#options));
  }

  /** Takes in that the pool is deleted; whoever waits is still told so by the API server, or served by the next pool of the name. */
  end(): void {
    this.#isGone = true;
    if (!this.#isRunning) this.#onUnknown();
  }

  #learn(version: PoolVersion): void {
    const known = this.#latest?.resourceVersion ?? "0";
    // The watch may have told of our own write already, but not what we know of it.
    if (isLater(known, version.resourceVersion) !== true) this.#latest = version;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    this.#isRunning = true;
    // What is asked for in the same breath goes together.
    await Promise.resolve();
    for (let failures = 0; this.#waiting.size > 0; ) {
      await this.#pace.turn(() => this.#waiting.size);
      const open = [...this.#waiting];
      try {
        if (open.length > 0) await this.#attempt(open);
        failures = 0;
      } catch (error) {
        failures += 1;
        for (const waiting of open) waiting.failures += 1;
        if (hasCode(error, 409)) this.#pace.refused();
        else this.#forget();
        if (hasCode(error, 404)) answerGone(open);
        else if (hasCode(error, 429) || isUnknownOutcome(error))
          await sleep(clock, askedPauseMs(error) + backOffMs(backOff, failures, random));
        else if (!hasCode(error, 409)) for (const waiting of open) waiting.reject(error);
      }
      for (const waiting of this.#waiting) this.#rejectLate(waiting);
    }
    this.#isRunning = false;
    if (this.#latest === undefined || this.#isGone) this.#onUnknown();
  }

  /** Plans all requests on one version of the pool and writes it; where nothing is to be written, on one that is read now. */
  async #attempt(asked: readonly Waiting[]): Promise<void> {
    const isFresh = this.#latest === undefined;
    this.#latest ??= new PoolVersion(await this.#read(), this.#options);
    // Who went away while the pool was read must be given nothing: nobody would give it back.
    const open = asked.filter((waiting) => this.#waiting.has(waiting));
    const version = this.#latest;
    const state = version.state();
    const transaction = new PoolTransaction(state);
    const answers = open.map(({ question }) => {
      try {
        return { answer: question.run(transaction, state) };
      } catch (error) {
        return { error };
      }
    });
    if (transaction.isChanged) await this.#commit(open, version, transaction.records);
    else if (!isFresh) return this.#forget();
    for (const [i, result] of answers.entries()) {
      if ("error" in result) open[i]?.reject(result.error);
      else open[i]?.resolve(result.answer);
    }
  }

  async #commit(open: readonly Waiting[], version: PoolVersion, records: PoolRecords): Promise<void> {
    const { clock } = this.#options;
    const beganAt = clock.now();
    this.#writing = new Set(open);
    try {
      const written = await this.#write(version, records);
      this.#learn(written);
      this.#pace.wrote(written.resourceVersion, clock.now() - beganAt, this.#waiting.size);
    } catch (error) {
      this.#outdated = version.resourceVersion;
      // Otherwise the watch has shown a later one meanwhile.
      if (this.#latest === version) this.#latest = undefined;
      throw error;
    } finally {
      this.#writing = new Set();
    }
  }

  /** What is known next is read from now on. */
  #forget(): void {
    this.#latest = undefined;
    this.#outdated = undefined;
  }

  #read(): Promise<SpiderIPPool> {
    return this.#options.cluster.get<SpiderIPPool>(spiderIPPools, { name: this.#name });
  }

  /**
   * Replaces the status, which costs the API server half of what a patch does. A count that a JavaScript number cannot hold
   * must not be sent back (ipam §11.3), so the status of such a pool is patched.
   */
  async #write(version: PoolVersion, records: PoolRecords): Promise<PoolVersion> {
    const { cluster } = this.#options;
    const { pool, resourceVersion } = version;
    const { apiVersion = API_VERSION, kind = spiderIPPools.kind } = pool;
    const allocatedIPs = formatPoolRecords(records);
    const status: SpiderIPPoolStatus = { ...pool.status, allocatedIPs, allocatedIPCount: records.size };
    const options = { subresource: "status", metadataOnly: true } as const;
    const { metadata } = Number.isSafeInteger(pool.status?.totalIPCount ?? 0)
      ? await cluster.update(
          spiderIPPools,
          { apiVersion, kind, metadata: { name: this.#name, resourceVersion }, status: withoutNull(status) },
          options,
        )
      : await cluster.patch(
          spiderIPPools,
          { name: this.#name },
          { metadata: { resourceVersion }, status: { allocatedIPs, allocatedIPCount: records.size } },
          options,
        );
    return version.next({ ...pool, metadata, status }, records);
  }

  #rejectLate({ question: { signal }, deadline, failures, reject }: Waiting): void {
    if (signal?.aborted) reject(signal.reason);
    else if (this.#options.clock.now() > deadline) {
      const text = `exhaust all retries (${failures} times), failed to allocate IP from IPPool ${this.#name}`;
      reject(new PoolUnavailable("retries", text));
    }
  }
}

/** The schema knows no null; in a replaced status a field that is not there is gone. */
function withoutNull({ allocatedIPs, ...status }: SpiderIPPoolStatus): SpiderIPPoolStatus {
  return typeof allocatedIPs === "string" ? { ...status, allocatedIPs } : status;
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
