/**
 * Mends who uses which address: gives back what nobody can use any more, and records what a living pod has.
 *
 * Leaks are judged by the operator's own reclaimer, past every cache; it is never allowed to take something from a living pod, and
 * not asked at all where another living pod shows the address.
 * @module
 */

import { formatAddress } from "../address/address.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { addressesOf } from "../ipam/endpoint-addresses.ts";
import { PoolCommits } from "../ipam/pool-commits.ts";
import { type FreedAddress, Reclaimer } from "../ipam/reclaimer.ts";
import { keepsAddresses } from "../ipam/static-holder.ts";
import { Suspect } from "../ipam/suspect.ts";
import type { Finding, FindingName, Holder } from "./finding.ts";
import { addressesOfPod, PodsAtHand } from "./pods-at-hand.ts";
import type { Remedy, Repair, RepairOptions } from "./repair.ts";
import { rereadPlaces } from "./snapshot-reader.ts";

const everyOwner = { enableStatefulSet: true, enableKubevirt: true };

const leave = (text: string): Remedy => ({ done: false, text });

/** What the reclaimer judges. */
const reclaimed: readonly FindingName[] = [
  "allocation-without-pod",
  "allocation-of-another-uid",
  "endpoint-without-pod",
  "endpoint-of-another-uid",
];

/** Findings that are mended here. */
export const useRepairNames: readonly FindingName[] = [...reclaimed, "endpoint-not-recorded"];

export class UseRepairs {
  readonly repairs: Partial<Record<FindingName, Repair>>;
  readonly #options: RepairOptions;
  readonly #commits: PoolCommits;
  readonly #reclaimer: Reclaimer;
  readonly #pods: PodsAtHand;
  #freed: FreedAddress[] = [];
  #removed: string[] = [];

  constructor(options: RepairOptions) {
    this.#options = options;
    const { cluster, clock, random, gcDelayMs, snapshot } = options;
    this.#pods = new PodsAtHand(snapshot, { now: clock.now(), gcDelayMs, families: [4, 6] });
    // It hands out nothing that is free: what is reserved and how many records there may be does not matter.
    const recordsMax = Number.POSITIVE_INFINITY;
    this.#commits = new PoolCommits({ cluster, clock, random, reserved: () => [], recordsMax, deadlineMs: 10_000 });
    this.#reclaimer = new Reclaimer({
      cluster,
      clock,
      settings: {
        delayMs: gcDelayMs,
        releaseOnNotReadyNode: false,
        // What a living pod has stays, however long its endpoint has lacked it.
        settleMs: Number.POSITIVE_INFINITY,
        enableKubevirt: true,
      },
      release: (pool, what, signal) => this.#commits.release(pool, what, signal),
      keepsAddresses: (endpoint) => keepsAddresses(cluster, endpoint, everyOwner),
      onFreed: (freed) => this.#freed.push(freed),
      onEndpointRemoved: (namespace, name) => this.#removed.push(`${namespace}/${name}`),
    });
    const reclaim: Repair = (finding) => this.#reclaim(finding);
    this.repairs = {
      ...Object.fromEntries(reclaimed.map((name) => [name, reclaim])),
      "endpoint-not-recorded": (finding) => this.#record(finding),
    };
  }

  async #reclaim({ holder, pool, address, places }: Finding): Promise<Remedy> {
    const { cluster, snapshot, signal } = this.#options;
    if (!holder) return leave("whose it is cannot be told");
    const suspect = new Suspect(holder);
    if (pool !== undefined && address !== undefined) suspect.note(pool, [address]);
    await rereadPlaces(cluster, snapshot, places, signal);
    for (const held of this.#addressesOf(suspect)) {
      const user = this.#livingUser(held, holder);
      if (user) return leave(`Pod ${user}, which lives, has ${textOf(held)}; delete the pod that must not have it`);
    }
    this.#freed = [];
    this.#removed = [];
    const { kept } = await this.#reclaimer.look(suspect, signal);
    const done = [
      ...this.#freed.map(
        (freed) => `gave ${textOf(freed.address)} back to SpiderIPPool ${freed.pool} (${freed.reason})`,
      ),
      ...this.#removed.map((name) => `removed SpiderEndpoint ${name}`),
    ];
    if (done.length > 0) return { done: true, text: done.join(" and ") };
    if (kept.some(({ keep }) => keep === "in-endpoint")) return this.#handOver(suspect, pool, address);
    const why = kept.map(({ keep }) => keep).join(", ");
    return why === "" ? { done: true, text: "it is gone by now" } : leave(`it may still be used: ${why}`);
  }

  /** Addresses that would be given back: the record's, and what the endpoint of the same pod lists. */
  #addressesOf(suspect: Suspect): bigint[] {
    const endpoint = this.#options.snapshot.endpoints.get(suspect.pod);
    const isOwn = endpoint?.status?.current?.uid === suspect.podUid;
    const listed = isOwn ? addressesOf(endpoint) : [];
    return [...suspect.records.values(), ...listed].map(({ address }) => address);
  }

  /** Name of another living pod that shows the address, or whose endpoint lists it; a namesake is the reclaimer's business. */
  #livingUser(address: bigint, { namespace, name, podUid }: Holder): string | undefined {
    const { snapshot } = this.#options;
    for (const pod of snapshot.pods.values()) {
      const { uid = "" } = pod.metadata;
      const key = storeKey(pod.metadata);
      if (uid === podUid || key === `${namespace}/${name}` || pod.spec?.hostNetwork === true) continue;
      const endpoint = snapshot.endpoints.get(key);
      const isListed =
        endpoint?.status?.current?.uid === uid &&
        (endpoint.status.current.ips ?? []).some(({ ipv4, ipv6 }) =>
          [ipv4, ipv6].some((text) => text?.split("/")[0] === textOf(address)),
        );
      if (!isListed && !addressesOfPod(pod).includes(address)) continue;
      if (this.#pods.endOf(this.#pods.holding(key, uid)).state !== "over") return key;
    }
    return undefined;
  }

  /** Makes a record that names a predecessor the present pod's, whose endpoint lists the address already. */
  async #handOver(suspect: Suspect, pool: string | undefined, address: bigint | undefined): Promise<Remedy> {
    const { snapshot, signal } = this.#options;
    const uid = snapshot.pods.get(suspect.pod)?.metadata.uid ?? "";
    const isListed = snapshot.endpoints.get(suspect.pod)?.status?.current?.uid === uid;
    if (pool === undefined || address === undefined || !isListed) return leave("its next pod has it; delete that pod");
    const outcome = await this.#commits.rebind(pool, { pod: suspect.pod, podUid: uid, address }, signal);
    if (outcome === "taken") return leave(`SpiderIPPool ${pool} has it no more; delete Pod ${suspect.pod}`);
    return { done: true, text: `recorded ${textOf(address)} in SpiderIPPool ${pool} for UID ${uid}` };
  }

  /** Records an address for the living pod whose endpoint lists it; a pool that has recorded it for another keeps that. */
  async #record({ holder, pool = "", address, places }: Finding): Promise<Remedy> {
    const { cluster, snapshot, signal } = this.#options;
    if (!holder || address === undefined) return leave("whose it is cannot be told");
    await rereadPlaces(cluster, snapshot, places, signal);
    const key = `${holder.namespace}/${holder.name}`;
    const holding = this.#pods.holding(key, holder.podUid);
    if (this.#pods.endOf(holding).state === "over" && !holding.ownerWaits)
      return leave("its pod is over by now; check again");
    if (holding.endpoint?.status?.current?.uid !== holder.podUid) return leave("its endpoint has changed; check again");
    const user = this.#livingUser(address, holder);
    if (user)
      return leave(`Pod ${user}, which lives, has ${textOf(address)}, too; delete the pod that must not have it`);
    const outcome = await this.#commits.rebind(pool, { pod: key, podUid: holder.podUid, address }, signal);
    if (outcome === "held")
      return { done: true, text: `recorded ${textOf(address)} in SpiderIPPool ${pool} for Pod ${key}` };
    return leave(`SpiderIPPool ${pool} has it no more, or has recorded it for another pod; delete Pod ${key}`);
  }
}

function textOf(address: bigint): string {
  return formatAddress(address, address >> 32n === 0n ? 4 : 6);
}
