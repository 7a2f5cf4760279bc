/**
 * The requests of one subnet's ledger: the conditional write, and the read that settles what became of it.
 *
 * A write that ended without a definite answer is in doubt until the subnet has been read again: until then nothing that
 * it was about may be relied on.
 * @module
 */

import { asInt64 } from "../address/int64.ts";
import { countOf, type RangeSet } from "../address/range-set.ts";
import type { Book } from "../api/book.ts";
import { spiderSubnets } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { type Cluster, hasCode, isUnknownOutcome } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import type { LedgerView } from "./ledger-view.ts";
import type { RecordMarks } from "./record-marks.ts";

export interface LedgerWritesOptions {
  readonly cluster: Cluster;
  readonly view: LedgerView;
  readonly marks: RecordMarks;
}

export class LedgerWrites {
  readonly #name: string;
  readonly #cluster: Cluster;
  readonly #view: LedgerView;
  readonly #marks: RecordMarks;
  /** Pools that writes in doubt were about. */
  readonly #doubtful = new Set<string>();

  constructor(name: string, { cluster, view, marks }: LedgerWritesOptions) {
    this.#name = name;
    this.#cluster = cluster;
    this.#view = view;
    this.#marks = marks;
  }

  get hasDoubts(): boolean {
    return this.#doubtful.size > 0;
  }

  /** Whether a write about this pool is in doubt. */
  isUncertain(pool: string): boolean {
    return this.#doubtful.has(pool);
  }

  /**
   * Writes the ledger, conditional on the version of the subnet that it was planned with.
   * @param pools what the write is about
   * @throws {ApiError} The server's refusal; after a conflict the subnet has been read again.
   * @throws {UnknownOutcome} If no answer came.
   */
  async write(subnet: SpiderSubnet, book: Book, total: RangeSet, pools: Iterable<string>): Promise<void> {
    const { resourceVersion } = subnet.metadata;
    const status = {
      controlledIPPools: book.text ?? null,
      allocatedIPCount: asInt64(book.count),
      totalIPCount: asInt64(countOf(total)),
    };
    this.#view.expectBook(this.#name, book);
    const ref = { name: this.#name };
    try {
      const patch = { metadata: { resourceVersion }, status };
      // A large ledger need not come back: on this version of the object the patch alone says what it is now.
      const { metadata } = await this.#cluster.patch(spiderSubnets, ref, patch, {
        subresource: "status",
        metadataOnly: true,
      });
      this.#marks.wrote(resourceVersion, metadata.resourceVersion, book);
      this.#view.learnSubnet({ ...subnet, metadata, status: { ...subnet.status, ...status } });
    } catch (error) {
      if (hasCode(error, 409)) this.#view.learnSubnet(await this.#cluster.get<SpiderSubnet>(spiderSubnets, ref));
      if (isUnknownOutcome(error)) for (const pool of pools) this.#doubtful.add(pool);
      throw error;
    }
  }

  /** Reads the subnet if a write is in doubt; returns the pools that it was about. */
  async settle(): Promise<string[]> {
    if (this.#doubtful.size === 0) return [];
    const subnet = await find<SpiderSubnet>(this.#cluster, spiderSubnets, { name: this.#name });
    if (subnet) this.#view.learnSubnet(subnet);
    const pools = [...this.#doubtful];
    this.#doubtful.clear();
    return pools;
  }
}
