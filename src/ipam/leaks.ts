/**
 * The decision about one record of a pool: is its address leaked, or does somebody still have it?
 *
 * A table over what the API server says at that moment: pod, node, endpoint, and whether the owner of a fixed address still
 * wants it. Nothing is released on a guess; what nobody can tell is kept. Pure.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import { addressesOf, addressOf, type PooledAddress } from "./endpoint-addresses.ts";
import { judgePodEnd, type PodAsRead, type PodEndReason, type PodEndSettings } from "./pod-end.ts";
import { isStaticEndpoint } from "./static-holder.ts";

/** Why an address is released. */
export type ReleaseReason = PodEndReason | "owner-gone" | "not-in-endpoint";

/** Why it is not. */
export type KeepReason = "pod-alive" | "pod-ending" | "in-endpoint" | "owner-waits" | "unsettled";

/** `againAt`: when to look again, in milliseconds since the epoch; absent where only a change could make a difference. */
export type Verdict = { readonly release: ReleaseReason } | { readonly keep: KeepReason; readonly againAt?: number };

export interface LeakSettings extends PodEndSettings {
  /** How long an endpoint must have been without an address, unchanged, before the address of a living pod is taken back. */
  readonly settleMs: number;
}

/** What is known about the holder of a record, all of it read at this moment. */
export interface Holding extends PodAsRead {
  /** The endpoint of that pod's name, read after the pod. */
  readonly endpoint: SpiderEndpoint | undefined;
  /** The endpoint is one of those that outlive their pods, and its StatefulSet or virtual machine still wants the addresses. */
  readonly ownerWaits: boolean;
}

/**
 * Decides about the record of one address.
 *
 * @param unchangedSince when it was first seen that this version of the endpoint lacks the address; absent if not before
 */
export function judgeRecord(
  record: PooledAddress,
  holding: Holding,
  settings: LeakSettings,
  now: number,
  unchangedSince?: number,
): Verdict {
  const end = judgePodEnd(holding, settings, now);
  if (end.state === "ending") return { keep: "pod-ending", ...(end.againAt && { againAt: end.againAt }) };
  if (end.state === "alive") return judgeOfLiving(record, holding, settings, now, unchangedSince);
  if (end.reason === "pod-replaced") return judgeOfPredecessor(record, holding);
  return judgeOfEnded(holding, end.reason);
}

/** For the reason's name alone; whether such an owner counts is asked where it is read. */
const everyOwner = { enableStatefulSet: true, enableKubevirt: true };

function judgeOfEnded({ endpoint, ownerWaits }: Holding, reason: PodEndReason): Verdict {
  if (ownerWaits) return { keep: "owner-waits" };
  return { release: endpoint && isStaticEndpoint(endpoint, everyOwner) ? "owner-gone" : reason };
}

/** A pod of the same name is there: the address may be its own already, or be waiting for it. */
function judgeOfPredecessor(record: PooledAddress, holding: Holding): Verdict {
  const { pod, endpoint } = holding;
  const isOfSuccessor = endpoint?.status?.current.uid === pod?.metadata.uid;
  const addresses = podAddresses(holding);
  if (isOfSuccessor && endpoint && lists(endpoint, record)) return { keep: "in-endpoint" };
  if (addresses.includes(record.address)) return { keep: "in-endpoint" };
  // Its network is complete without this address: it came from another pool this time, or not from us at all (G00010).
  if (addresses.length > 0) return { release: "pod-replaced" };
  return judgeOfEnded(holding, "pod-replaced");
}

/**
 * Only what an ADD took and never wrote down is taken back from a living pod. Its network must be complete, and the endpoint
 * unchanged for longer than any ADD takes: one that is under way might be about to use the record.
 */
function judgeOfLiving(
  record: PooledAddress,
  holding: Holding,
  { settleMs }: LeakSettings,
  now: number,
  unchangedSince = now,
): Verdict {
  const { pod, podUid, endpoint } = holding;
  const addresses = podAddresses(holding);
  const isComplete = addresses.length > 0 && pod?.spec?.hostNetwork !== true;
  if (!endpoint || endpoint.status?.current.uid !== podUid || endpoint.metadata.deletionTimestamp || !isComplete) {
    return { keep: "pod-alive" };
  }
  if (lists(endpoint, record) || addresses.includes(record.address)) return { keep: "in-endpoint" };
  if (now - unchangedSince < settleMs) return { keep: "unsettled", againAt: unchangedSince + settleMs };
  return { release: "not-in-endpoint" };
}

function lists(endpoint: SpiderEndpoint, { pool, address }: PooledAddress): boolean {
  return addressesOf(endpoint).some((held) => held.address === address && held.pool === pool);
}

function podAddresses({ pod }: Holding): bigint[] {
  const { podIP, podIPs = [] } = pod?.status ?? {};
  const texts = [...podIPs.map(({ ip }) => ip), ...(podIP ? [podIP] : [])];
  return texts.map((ip) => addressOf(ip)).filter((address) => address !== undefined);
}
