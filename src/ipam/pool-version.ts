/**
 * One version of a pool as requests are planned on it: its records and ranges, read when they are first needed.
 * @module
 */

import type { Family } from "../address/address.ts";
import { parseRanges, type RangeSet } from "../address/range-set.ts";
import { familyOfPool, type SpiderIPPool } from "../api/ippool.ts";
import { usableRanges } from "./address-choice.ts";
import { IpamError } from "./candidate.ts";
import type { PoolCommitsOptions } from "./pool-commits.ts";
import { type PoolRecords, parsePoolRecords } from "./pool-records.ts";
import type { PoolRanges, PoolState } from "./pool-transaction.ts";

type Options = Pick<PoolCommitsOptions, "reserved" | "recordsMax">;

export class PoolVersion {
  readonly pool: SpiderIPPool;
  readonly #options: Options;
  #records: PoolRecords | undefined;
  #ranges: (PoolRanges & { readonly reserved: RangeSet }) | undefined;

  /** @param records what stands in its status, where the caller has written that itself */
  constructor(pool: SpiderIPPool, options: Options, records?: PoolRecords) {
    this.pool = pool;
    this.#options = options;
    this.#records = records;
  }

  get resourceVersion(): string {
    return this.pool.metadata.resourceVersion ?? "";
  }

  /**
   * Returns what a transaction is planned on.
   * @throws {IpamError} If the pool cannot be read; its ranges, when they are asked for.
   */
  state(): PoolState {
    const { pool } = this;
    return this.#reading(() => {
      const family = familyOfPool(pool);
      if (family === undefined) throw new SyntaxError("it has neither ipVersion nor a subnet");
      this.#records ??= parsePoolRecords(pool.status?.allocatedIPs, family);
      const { recordsMax } = this.#options;
      return { pool, family, records: this.#records, ranges: () => this.#rangesOf(family), recordsMax };
    });
  }

  /** Returns the version that our own write has made of this one. */
  next(pool: SpiderIPPool, records: PoolRecords): PoolVersion {
    const next = new PoolVersion(pool, this.#options, records);
    next.#ranges = this.#ranges;
    return next;
  }

  #rangesOf(family: Family): PoolRanges {
    const reserved = this.#options.reserved(family);
    if (this.#ranges?.reserved === reserved) return this.#ranges;
    const { spec } = this.pool;
    this.#ranges = this.#reading(() => {
      return { reserved, listed: parseRanges(spec.ips, family), usable: usableRanges(spec, family, reserved) };
    });
    return this.#ranges;
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      const { name } = this.pool.metadata;
      throw new IpamError(`Cannot use IPPool "${name}": ${(error as Error).message}`, { cause: error });
    }
  }
}
