/**
 * Makes sure of records that somebody else may be about to use, before they are cut: waits until nothing can be on its way any more,
 * then touches the pool, or asks whether there is one.
 *
 * Touching is a conditional write that changes nothing but an annotation: whoever looked at the pool before it cannot grow it any
 * more. Only what another operator, or a run before this one, has written last needs it (docs/lifecycle.md).
 * @module
 */

import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import { ANNOTATION, LABEL } from "../api/names.ts";
import { spiderIPPools } from "../api/resources.ts";
import { steadyBackOffMs } from "../back-off.ts";
import type { Cancel, Clock } from "../clock.ts";
import { askedPauseMs, type Cluster, hasCode, isUnknownOutcome } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import type { Mark, RecordMarks } from "./record-marks.ts";

export interface RecordClaimsOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly subnet: string;
  readonly marks: RecordMarks;
  pool(name: string): SpiderIPPool | undefined;
  learnPool(pool: SpiderIPPool): void;
  /** Something may have become certain: who asked looks again, and asks again where it has not. */
  onNews(): void;
  onFailure(error: unknown, retryInMs: number): void;
}

const backOff = { firstMs: 500, maxMs: 30_000 };
const askingMax = 10;

export class RecordClaims {
  readonly #options: RecordClaimsOptions;
  readonly #waiting = new Map<string, Cancel>();
  readonly #asking = new Map<string, Promise<void>>();
  #failures = 0;
  #isStopped = false;

  constructor(options: RecordClaimsOptions) {
    this.#options = options;
  }

  /** Nothing is asked, and nothing waits to be. */
  get isIdle(): boolean {
    return this.#asking.size + this.#waiting.size === 0;
  }

  /** Asks for a record to be ours alone, which the marks will say; `isManual`: no operator gives its pool addresses. */
  request(pool: string, isManual: boolean): void {
    const { marks } = this.#options;
    const mark = marks.of(pool);
    if (!mark || this.#isStopped || this.#waiting.has(pool) || this.#asking.has(pool)) return;
    const leftMs = isManual ? 0 : marks.leftMs(mark);
    if (leftMs > 0) this.#wait(pool, leftMs);
    else if (this.#asking.size < askingMax) this.#asking.set(pool, this.#ask(pool, mark, isManual));
  }

  /** Asks nothing more; resolves when what was asked is answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
    await Promise.all(this.#asking.values());
  }

  #wait(pool: string, ms: number): void {
    const { clock, onNews } = this.#options;
    const again = (): void => {
      this.#waiting.delete(pool);
      onNews();
    };
    this.#waiting.set(pool, clock.after(ms, again));
  }

  async #ask(pool: string, mark: Mark, isManual: boolean): Promise<void> {
    const { onNews, onFailure, random } = this.#options;
    try {
      if (await this.#isCertain(pool, isManual)) this.#options.marks.drop(pool, mark);
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      const retryInMs = Math.max(askedPauseMs(error), steadyBackOffMs(backOff, this.#failures, random));
      onFailure(error, retryInMs);
      if (!this.#isStopped) this.#wait(pool, retryInMs);
    }
    this.#asking.delete(pool);
    onNews();
  }

  async #isCertain(name: string, isManual: boolean): Promise<boolean> {
    const { cluster, pool: lookUp, learnPool } = this.#options;
    const known = lookUp(name);
    if (!isManual && known && this.#isOurs(known)) return this.#touch(known);
    const found = await find<SpiderIPPool>(cluster, spiderIPPools, { name });
    if (found) learnPool(found);
    return isManual || !found || !this.#isOurs(found);
  }

  async #touch(pool: SpiderIPPool): Promise<boolean> {
    const { cluster, learnPool } = this.#options;
    const { name, resourceVersion, annotations = {} } = pool.metadata;
    const fence = String((Number.parseInt(annotations[ANNOTATION.fence] ?? "", 10) || 0) + 1);
    const patch = { metadata: { resourceVersion, annotations: { [ANNOTATION.fence]: fence } } };
    try {
      learnPool(await cluster.patch<SpiderIPPool>(spiderIPPools, { name }, patch));
      return true;
    } catch (error) {
      if (hasCode(error, 409) || isUnknownOutcome(error)) {
        const found = await find<SpiderIPPool>(cluster, spiderIPPools, { name });
        if (found) learnPool(found);
      }
      throw error;
    }
  }

  /** A pool of this name may belong to another subnet, or to a person. */
  #isOurs(pool: SpiderIPPool): boolean {
    return isAutoPool(pool) && pool.metadata.labels?.[LABEL.ownerSubnet] === this.#options.subnet;
  }
}
