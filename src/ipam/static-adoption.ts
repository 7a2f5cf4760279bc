/**
 * How a pod takes over the addresses of the pod before it: a StatefulSet's ordinal, a virtual machine (ipam §3.3, §3.5).
 *
 * Pools first, endpoint second: each record is rewritten to the new UID, or written again where it was lost (ipam §8, B4), what the
 * pod no longer wants is given back, and then the endpoint gets the UID. The endpoint itself stays, so that what is kept is
 * never lost with it (B2). Repeating all of it comes to the same end; the old pod must be gone, by the API server's word.
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { EndpointInterface, SpiderEndpoint } from "../api/endpoint.ts";
import { addressesOf, type PooledAddress } from "./endpoint-addresses.ts";
import type { EndpointStep, EndpointStore } from "./endpoint-store.ts";
import type { PoolCommits } from "./pool-commits.ts";
import { changedMeanwhile, guarded, isOf, recordName, type Seeker, statusOf } from "./seeker.ts";
import { outdated, type WantedPools } from "./wanted-pools.ts";

export interface StaticAdoptionOptions {
  readonly store: EndpointStore;
  readonly commits: PoolCommits;
  readonly seeker: Seeker;
  /** What the pod wants; waits for automatic pools that are still to be made. */
  readonly wanted: () => Promise<WantedPools>;
  /** False for those whose addresses stay whatever the pod says: virtual machines. */
  readonly followsPools: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes an endpoint the pod's, with the items that stay; returns it as it is then.
 * @throws {IpamError} If somebody else changes the endpoint meanwhile.
 */
export async function adopt(endpoint: SpiderEndpoint, options: StaticAdoptionOptions): Promise<SpiderEndpoint> {
  const { seeker, followsPools, wanted } = options;
  const isFirst = !isOf(endpoint, seeker);
  const items = endpoint.status?.current?.ips ?? [];
  const unwanted = followsPools ? outdated(items, await wanted(), seeker.nic, isFirst) : [];
  const remaining = items.filter((item) => !unwanted.includes(item));
  if (!isFirst && unwanted.length === 0) return endpoint;
  const kept = isFirst ? await takeOver(endpoint, remaining, options) : remaining;
  const dropped = items.filter((item) => !kept.includes(item));
  // As long as the endpoint is the old pod's, the next attempt finds there what has been given back. Once it is this pod's,
  // it must list nothing that the pools do not say.
  if (isFirst) await letGo(endpoint, dropped, options);
  const adopted = await rewrite(endpoint, kept, options);
  if (!isFirst) await letGo(endpoint, dropped, options);
  return adopted;
}

/** Has the pools say of these items' addresses that they are this pod's; returns the items of which they do, for each address. */
export async function takeOver(
  endpoint: SpiderEndpoint,
  items: readonly EndpointInterface[],
  { commits, seeker, wanted, signal }: Omit<StaticAdoptionOptions, "store" | "followsPools">,
): Promise<readonly EndpointInterface[]> {
  const owner = { pod: recordName(seeker), podUid: seeker.uid };
  // What one of them has begun ends before anything else is done.
  const results = await Promise.allSettled(
    items.map((item) =>
      Promise.allSettled(
        heldBy(endpoint, item).map(({ pool, address }) => commits.rebind(pool, { ...owner, address }, signal)),
      ),
    ),
  );
  const isKept = results.map((result) => {
    const outcomes = result.status === "fulfilled" ? result.value : [];
    return outcomes.every((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value === "held";
    });
  });
  if (isKept.every(Boolean)) return items;
  // The items of a list without names are told by their places in it.
  return (await wanted()).naming === "unnamed" ? [] : items.filter((_, index) => isKept[index]);
}

async function rewrite(
  before: SpiderEndpoint,
  kept: readonly EndpointInterface[],
  { store, seeker, signal }: StaticAdoptionOptions,
): Promise<SpiderEndpoint> {
  const said = before.status?.current?.ips ?? [];
  const uid = before.status?.current?.uid;
  const decide = (current: SpiderEndpoint | undefined): EndpointStep => {
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) throw changedMeanwhile(seeker);
    const ips = current.status?.current?.ips ?? [];
    if (isOf(current, seeker) && isDeepStrictEqual(ips, kept)) return "done";
    if (current.status?.current?.uid !== uid || !isDeepStrictEqual(ips, said)) throw changedMeanwhile(seeker);
    return { patch: { ...guarded(current), status: statusOf(seeker, [...kept]) } };
  };
  const written = await store.revise(seeker.ref, before, decide, signal);
  if (written === undefined) throw changedMeanwhile(seeker);
  return written;
}

/** Gives back addresses that have left the endpoint, whichever of the two pods their records name by now. */
async function letGo(
  before: SpiderEndpoint,
  items: readonly EndpointInterface[],
  { commits, seeker, signal }: StaticAdoptionOptions,
): Promise<void> {
  const uids = new Set([before.status?.current?.uid || seeker.uid, seeker.uid]);
  const addresses = items.flatMap((item) => heldBy(before, item));
  for (const podUid of uids) {
    await Promise.all(
      addresses.map(({ pool, address }) => commits.release(pool, { podUid, addresses: [address] }, signal)),
    );
  }
}

function heldBy({ metadata, status }: SpiderEndpoint, item: EndpointInterface): PooledAddress[] {
  if (status === undefined) return [];
  return addressesOf({ metadata, status: { ...status, current: { ...status.current, ips: [item] } } });
}
