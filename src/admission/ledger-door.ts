/**
 * The door of pools that have a subnet: their addresses are written into the subnet's ledger before they are let in.
 *
 * All writers of a ledger write on condition of the subnet's version, so of two that want one address one has to read what the other has
 * written. A record that is written here says when, and is left alone until its pool has come or never will. Requests for one
 * subnet that come together are written together.
 * @module
 */

import { asInt64 } from "../address/int64.ts";
import { countOf } from "../address/range-set.ts";
import { type Book, readBook } from "../api/book.ts";
import { totalOf } from "../api/ippool.ts";
import { FINALIZER } from "../api/names.ts";
import { spiderSubnets } from "../api/resources.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, KubeObject, ObjectMeta } from "../cluster/cluster.ts";
import { isLater } from "../cluster/reflected-store.ts";
import { stripped } from "../cluster/stripped.ts";
import type { LedgerState, LiveWorld } from "./live-world.ts";
import { type LedgerAnswer, planRecords } from "./record-plan.ts";
import type { HeldRequest, Judge } from "./request.ts";
import { WriteLine } from "./write-line.ts";

export interface LedgerDoorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly world: LiveWorld;
  readonly judge: Judge;
  /** Told of what was read and written, so that the caches need not wait for the watch. */
  readonly learnSubnet?: (subnet: SpiderSubnet) => void;
  /** Told of what is about to be written: the watch may be faster than the answer, and a thousand records take long to read. */
  readonly offerBook?: (subnet: string, book: Book) => void;
}

type Line = WriteLine<LedgerState, HeldRequest, LedgerAnswer>;

export class LedgerDoor {
  readonly #options: LedgerDoorOptions;
  readonly #lines = new Map<string, Line>();

  constructor(options: LedgerDoorOptions) {
    this.#options = options;
  }

  /**
   * Records what a pool gains in the ledger of a subnet.
   * @throws {ApiError} With 404 if there is no such subnet.
   */
  admit(subnet: string, request: HeldRequest, signal: AbortSignal): Promise<LedgerAnswer> {
    const line = this.#lines.get(subnet) ?? this.#createLine(subnet);
    this.#lines.set(subnet, line);
    return line.ask(request, signal);
  }

  /** Drops what is remembered of a subnet that is gone. */
  forget(subnet: string): void {
    if (this.#lines.get(subnet)?.isIdle) this.#lines.delete(subnet);
  }

  #createLine(name: string): Line {
    const { clock, random, world, judge } = this.#options;
    return new WriteLine({
      clock,
      random,
      read: () => this.#read(name),
      known: (last) => later(last, world.ledger(name)),
      plan: async (state, requests) => {
        const { answers, book } = planRecords(state, requests, { world, judge, now: clock.now() });
        return { answers, ...(book && { write: () => this.#write(state.subnet, book) }) };
      },
    });
  }

  async #read(name: string): Promise<LedgerState> {
    const subnet = stripped(await this.#options.cluster.get<SpiderSubnet>(spiderSubnets, { name }));
    this.#options.learnSubnet?.(subnet);
    return withBook(subnet);
  }

  async #write(before: SpiderSubnet, book: Book): Promise<LedgerState> {
    const { cluster, learnSubnet, offerBook } = this.#options;
    const subnet = await this.#guarded(before);
    const { name, resourceVersion } = subnet.metadata;
    offerBook?.(name, book);
    const { controlledIPPools: _, ...others } = subnet.status ?? {};
    const status = {
      ...others,
      ...(book.text !== undefined && { controlledIPPools: book.text }),
      allocatedIPCount: asInt64(book.count),
      totalIPCount: asInt64(countOf(totalOf(subnet.spec))),
    };
    // Whole, since a patch of a large ledger keeps the API server busy for twice as long; and it need not come back.
    const options = { subresource: "status", metadataOnly: true } as const;
    const metadata: ObjectMeta = { name, ...(resourceVersion !== undefined && { resourceVersion }) };
    const answer = stripped(
      await cluster.update<KubeObject & { status: object }>(spiderSubnets, { metadata, status }, options),
    );
    const written: SpiderSubnet = { ...subnet, metadata: answer.metadata, status };
    learnSubnet?.(written);
    return { subnet: written, book };
  }

  /** Without our finalizer a deletion would take the ledger away from under its pools. */
  async #guarded(subnet: SpiderSubnet): Promise<SpiderSubnet> {
    const { name, resourceVersion, finalizers = [] } = subnet.metadata;
    if (finalizers.includes(FINALIZER)) return subnet;
    const patch = { metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } };
    return stripped(await this.#options.cluster.patch<SpiderSubnet>(spiderSubnets, { name }, patch));
  }
}

function withBook(subnet: SpiderSubnet): LedgerState {
  return { subnet, book: readBook(subnet.status?.controlledIPPools, familyOfSubnet(subnet.spec)) };
}

function later(a: LedgerState | undefined, b: LedgerState | undefined): LedgerState | undefined {
  if (!a || !b) return a ?? b;
  const isBehind = isLater(b.subnet.metadata.resourceVersion ?? "", a.subnet.metadata.resourceVersion ?? "");
  return isBehind === true ? b : a;
}
