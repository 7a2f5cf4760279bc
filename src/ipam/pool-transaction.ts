/**
 * One change of a pool's records, planned on one version of the pool: claims, rebindings and releases in their order.
 *
 * Planning the same again on a later version comes to the same end, so a write whose outcome is unknown is planned anew and
 * never doubled: a claim finds the records that its pod has already (ipam §2.7, §3.5). Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import { contains, type RangeSet } from "../address/range-set.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { freeAddresses, type UsableRanges } from "./address-choice.ts";
import { IpamError } from "./candidate.ts";
import { type PoolRecordEntry, type PoolRecords, recordOf } from "./pool-records.ts";

/** Addresses for one pod. */
export interface Claim {
  /** `namespace/name`. */
  readonly pod: string;
  readonly podUid: string;
  /** How many; one for each NIC. */
  readonly count: number;
  /** What this pod has of the pool already for other NICs. A record of the pod that is not among them has lost its NIC, and is used first. */
  readonly known: readonly bigint[];
}

/** A fixed address goes over to its pod's successor of the same name. */
export interface Rebinding {
  readonly pod: string;
  readonly podUid: string;
  readonly address: bigint;
}

/** Addresses that a pod gives back. */
export interface Release {
  readonly podUid: string;
  readonly addresses: readonly bigint[];
}

/** Why a pool gives no address; the next pool may. */
export type Unavailability = "exhausted" | "threshold" | "gone" | "disabled" | "terminating" | "retries";

export class PoolUnavailable extends IpamError {
  override readonly name = "PoolUnavailable";
  readonly reason: Unavailability;

  constructor(reason: Unavailability, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The addresses of a pool. */
export interface PoolRanges {
  /** All that the pool lists. */
  readonly listed: RangeSet;
  /** What it may give out. */
  readonly usable: UsableRanges;
}

/** What is planned on. */
export interface PoolState {
  readonly pool: SpiderIPPool;
  readonly family: Family;
  readonly records: PoolRecords;
  /** @throws {IpamError} If a range of the pool is malformed: what is given back needs none of them. */
  readonly ranges: () => PoolRanges;
  readonly recordsMax: number;
}

export class PoolTransaction {
  readonly records: Map<bigint, PoolRecordEntry>;
  readonly #state: PoolState;
  /** Addresses by the UID of their pod; made when the first claim asks. */
  #byPod: Map<string, Set<bigint>> | undefined;
  /** What claims of this transaction were given, by UID. */
  readonly #given = new Map<string, Set<bigint>>();
  #free: Generator<bigint, void> | undefined;
  #isChanged = false;

  constructor(state: PoolState) {
    this.#state = state;
    this.records = new Map(state.records);
  }

  /** Whether there is anything to write. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /**
   * Gives a pod its addresses: those that it has already, then the lowest free ones; all that it asks for, or none.
   * @param tried what earlier plans of this very claim took: used first, so that two claims of one pod do not swap theirs
   * @throws {PoolUnavailable} If there are not enough.
   */
  claim(
    claim: Claim,
    tried: ReadonlySet<bigint> = new Set(),
  ): { readonly addresses: readonly bigint[]; readonly fresh: readonly bigint[] } {
    const { podUid, count, known } = claim;
    const given = this.#given.get(podUid) ?? new Set();
    const lost = [...(this.#addressesOf().get(podUid) ?? [])]
      .filter((address) => !known.includes(address) && !given.has(address) && this.#lists(address))
      .sort((a, b) => Number(tried.has(b)) - Number(tried.has(a)) || (a < b ? -1 : 1))
      .slice(0, count);
    const fresh = this.#pick(count - lost.length, known);
    for (const address of fresh) this.#put(address, claim);
    const addresses = [...lost, ...fresh];
    this.#given.set(podUid, new Set([...given, ...addresses]));
    return { addresses, fresh };
  }

  /** Returns "taken" where the address is another pod's, or the pool has it no more. A record that was lost is written again. */
  rebind(rebinding: Rebinding): "held" | "taken" {
    const { address, pod, podUid } = rebinding;
    const record = this.records.get(address);
    // What the pool lists no more may be another pool's by now.
    if ((record !== undefined && record.pod !== pod) || !this.#lists(address)) return "taken";
    if (record?.podUid === podUid) return "held";
    // A pool that is being deleted may be gone, with the new record, as soon as its last old one is.
    if (record === undefined && this.#state.pool.metadata.deletionTimestamp !== undefined) return "taken";
    this.#put(address, rebinding);
    return "held";
  }

  /** Takes out the records of this pod among the addresses, and returns those. */
  release({ podUid, addresses }: Release): readonly bigint[] {
    const freed = addresses.filter((address) => this.records.get(address)?.podUid === podUid);
    for (const address of freed) {
      this.records.delete(address);
      this.#byPod?.get(podUid)?.delete(address);
      this.#isChanged = true;
    }
    // What is free now may lie below where the search has come.
    if (freed.length > 0) this.#free = undefined;
    return freed;
  }

  #lists(address: bigint): boolean {
    return contains(this.#state.ranges().listed, address);
  }

  #pick(count: number, known: readonly bigint[]): bigint[] {
    if (count <= 0) return [];
    const { pool, recordsMax } = this.#state;
    const { name, deletionTimestamp } = pool.metadata;
    if (deletionTimestamp !== undefined) throw new PoolUnavailable("terminating", `terminating IPPool ${name}`);
    if (pool.spec.disable === true) throw new PoolUnavailable("disabled", `disabled IPPool ${name}`);
    if (this.records.size + count > recordsMax) {
      const text = `all IP addresses used out, threshold of IP records(<=${recordsMax}) for IPPool ${name} exceeded`;
      throw new PoolUnavailable("threshold", text);
    }
    const picked: bigint[] = [];
    while (picked.length < count) {
      this.#free ??= freeAddresses(this.#state.ranges().usable, (address) => this.records.has(address));
      const { value } = this.#free.next();
      // Listed ranges may overlap; and what a NIC of this pod has is not free, even where its record was lost.
      if (value !== undefined && (picked.includes(value) || known.includes(value))) continue;
      if (value === undefined) {
        // Those that were picked stay free, and the search begins anew.
        this.#free = undefined;
        throw new PoolUnavailable("exhausted", `all IP addresses used out`);
      }
      picked.push(value);
    }
    return picked;
  }

  #put(address: bigint, { pod, podUid }: { readonly pod: string; readonly podUid: string }): void {
    const before = this.records.get(address);
    if (before !== undefined) this.#byPod?.get(before.podUid)?.delete(address);
    this.records.set(address, recordOf(address, this.#state.family, { pod, podUid }));
    if (this.#byPod !== undefined) add(this.#byPod, podUid, address);
    this.#isChanged = true;
  }

  #addressesOf(): Map<string, Set<bigint>> {
    if (this.#byPod !== undefined) return this.#byPod;
    const byPod = new Map<string, Set<bigint>>();
    for (const [address, { podUid }] of this.records) add(byPod, podUid, address);
    this.#byPod = byPod;
    return byPod;
  }
}

function add(byPod: Map<string, Set<bigint>>, podUid: string, address: bigint): void {
  const addresses = byPod.get(podUid);
  if (addresses === undefined) byPod.set(podUid, new Set([address]));
  else addresses.add(address);
}
