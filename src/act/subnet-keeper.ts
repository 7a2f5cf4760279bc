/**
 * What every subnet needs: label, finalizer, family, its totals and conditions in `status`, and its end once its ledger is empty.
 *
 * A subnet that is being deleted gives out nothing more and waits for its pools to go: pools of living applications are not
 * taken from them.
 * @module
 */

import { parseCidr } from "../address/cidr.ts";
import { asInt64, isSameCount } from "../address/int64.ts";
import { countOf } from "../address/range-set.ts";
import { type Book, withRecords } from "../api/book.ts";
import { totalOf } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import { spiderSubnets } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { Clock } from "../clock.ts";
import { type Cluster, hasCode } from "../cluster/cluster.ts";
import { conditionsToWrite, type Told } from "./conditions.ts";
import { fillingPatch, lettingGoPatch, waitsForUs } from "./filled-in.ts";

export interface SubnetKeeperOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  subnet(name: string): SpiderSubnet | undefined;
  book(name: string): Book | undefined;
  /** Whether there are pools that were cut from the subnet, recorded or not. */
  hasPools(name: string): boolean;
  /** What is to be said of a subnet; `undefined` where there is nothing to say. */
  conditions(name: string): readonly Told[] | undefined;
  learnSubnet(subnet: SpiderSubnet): void;
}

export class SubnetKeeper {
  readonly #options: SubnetKeeperOptions;

  constructor(options: SubnetKeeperOptions) {
    this.#options = options;
  }

  /** Tells whether {@link SubnetKeeper.keep} would write. */
  isDue(name: string): boolean {
    return this.#objectPatch(name) !== undefined || this.#statusPatch(name) !== undefined;
  }

  /** Brings a subnet up to date by one write; the next look does the rest. */
  async keep(name: string): Promise<void> {
    const { cluster, subnet: lookUp, learnSubnet } = this.#options;
    const subnet = lookUp(name);
    if (!subnet) return;
    const ofObject = this.#objectPatch(name);
    const patch = ofObject ?? this.#statusPatch(name);
    if (!patch) return;
    const options = ofObject ? {} : ({ subresource: "status" } as const);
    try {
      const written = await cluster.patch<SpiderSubnet>(spiderSubnets, { name }, patch, options);
      if (subnet.metadata.deletionTimestamp === undefined) learnSubnet(written);
    } catch (error) {
      if (hasCode(error, 404)) return;
      if (hasCode(error, 409)) learnSubnet(await cluster.get<SpiderSubnet>(spiderSubnets, { name }));
      throw error;
    }
  }

  #objectPatch(name: string): object | undefined {
    const subnet = this.#options.subnet(name);
    if (!subnet) return undefined;
    if (subnet.metadata.deletionTimestamp === undefined) {
      return isReadable(subnet) ? fillingPatch(subnet, LABEL.subnetCidr) : undefined;
    }
    // Its pools would follow it, pinned ones too, and the addresses of those that cannot would be given out again.
    const isInUse = (this.#options.book(name)?.entries.size ?? 0) > 0 || this.#options.hasPools(name);
    return waitsForUs(subnet) && !isInUse ? lettingGoPatch(subnet) : undefined;
  }

  #statusPatch(name: string): object | undefined {
    const subnet = this.#options.subnet(name);
    const book = this.#options.book(name);
    if (!subnet || !book) return undefined;
    const { metadata, status } = subnet;
    const wanted = this.#options.conditions(name);
    const conditions = wanted && conditionsToWrite(wanted, status?.conditions ?? [], this.#options.clock.now());
    const sums = isReadable(subnet) ? this.#sumsPatch(subnet, book) : undefined;
    if (!conditions && !sums) return undefined;
    const { resourceVersion, generation } = metadata;
    return {
      metadata: { resourceVersion },
      status: {
        ...sums,
        ...(conditions && { conditions }),
        ...(generation !== undefined && { observedGeneration: generation }),
      },
    };
  }

  #sumsPatch({ spec, status }: SpiderSubnet, book: Book): object | undefined {
    const total = countOf(totalOf(spec));
    const isWhole = book.defects.length === 0;
    const isSame = isSameCount(status?.totalIPCount, total) && isSameCount(status?.allocatedIPCount, book.count);
    if (isWhole && isSame) return undefined;
    const counts = { totalIPCount: asInt64(total), allocatedIPCount: asInt64(book.count) };
    // What somebody made unreadable is dropped: pools record what they have anew.
    return isWhole ? counts : { ...counts, controlledIPPools: withRecords(book, new Map()).text ?? null };
  }
}

function isReadable(subnet: SpiderSubnet): boolean {
  try {
    parseCidr(subnet.spec.subnet);
    totalOf(subnet.spec);
    return true;
  } catch {
    return false;
  }
}
