/**
 * From an application as it stands in the caches to what it wants, and what is wrong with its wishes.
 *
 * Pure. A native application is one workload; any other is known by its pods and by whether its owner exists. What cannot be
 * read changes nothing: then the demand is unknown, existing pools stay, and a notice says why.
 * @module
 */

import type { Family } from "../address/address.ts";
import type { Application } from "../api/application.ts";
import {
  type AddressNumber,
  AnnotationError,
  formatNumber,
  type PoolAnnotations,
  parsePoolAnnotations,
} from "../api/pool-annotations.ts";
import type { PinnedPod } from "./pod-owner.ts";
import { checkPinned } from "./pod-owner.ts";
import type { Demand, WantedPool } from "./pool-life.ts";
import type { Workload } from "./workload.ts";

/** What the settings say about wishes. */
export interface DemandSettings {
  /** For native kinds without `ippool-ip-number`. */
  readonly defaultNumber: AddressNumber;
  /** Families that pools are made for; wishes for others are passed over. */
  readonly families: readonly Family[];
}

/** Something that the user has to be told about the application, on the application and on these other objects. */
export interface Complaint {
  readonly reason: "InvalidAnnotation" | "FixedNumberRequired";
  readonly text: string;
  /** The object that it is about. */
  readonly regarding: Application;
}

/** What an application wants, and what is wrong with it. */
export interface Wish {
  readonly demand: Demand;
  readonly complaints: readonly Complaint[];
}

/** Tells whether an application is there and asks for nothing, and nothing that it says is unreadable. */
export function isContent({ demand, complaints }: Wish): boolean {
  return demand.kind === "keeps" && complaints.length === 0;
}

/** Whether the owner of pods exists: its UID, "gone", or "unknown" where that cannot be found out. */
export type Existence = { readonly uid: string } | "gone" | "unknown";

/** Returns what a native application wants; absent, hidden under another one, or on the host's network it wants nothing. */
export function demandOfWorkload(workload: Workload | undefined, settings: DemandSettings): Wish {
  if (!workload?.topmost) return { demand: { kind: "gone" }, complaints: [] };
  const application: Application = workload;
  return reading(application, () => {
    const annotations = parsePoolAnnotations(workload.annotations);
    if (!annotations) return { kind: "gone" };
    const number = annotations.number ?? settings.defaultNumber;
    if (!number.fixed && workload.replicas === undefined) return { kind: "unknown", uid: workload.uid };
    const desired = number.fixed ? number.count : (workload.replicas ?? 0) + number.count;
    return { kind: "wants", pools: wantedPools(application, annotations, number, desired, settings) };
  });
}

/** Returns what a non-native application wants: every pool that one of its pods names, of the newest pod's number. */
export function demandOfPods(pods: readonly PinnedPod[], owner: Existence, settings: DemandSettings): Wish {
  if (owner === "gone") return { demand: { kind: "gone" }, complaints: [] };
  const asking = pods.filter((pod) => !pod.terminating).toSorted(byAge);
  if (asking.length === 0) {
    return { demand: owner === "unknown" ? { kind: "unknown" } : { kind: "keeps", uid: owner.uid }, complaints: [] };
  }
  const pools = new Map<string, WantedPool>();
  const complaints: Complaint[] = [];
  // From the oldest to the newest, so that the newest one's number counts.
  for (const pod of asking) {
    const wish = demandOfPod(pod, asking.length, settings);
    complaints.push(...wish.complaints);
    if (wish.demand.kind !== "wants") continue;
    for (const pool of wish.demand.pools) pools.set(`${pool.interface}/${pool.family}@${pool.subnet}`, pool);
  }
  const uid = asking.at(-1)?.owner.uid ?? "";
  if (complaints.length > 0 && pools.size === 0) return { demand: { kind: "keeps", uid }, complaints };
  return { demand: { kind: "wants", pools: [...pools.values()] }, complaints };
}

function demandOfPod(pod: PinnedPod, pods: number, settings: DemandSettings): Wish {
  const application: Application = { ...pod.owner, namespace: pod.namespace };
  const itself: Application = { apiVersion: "v1", kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid };
  const wish = reading(application, () => {
    const annotations = parsePoolAnnotations(pod.annotations);
    if (!annotations) return { kind: "gone" };
    const wrongNumber = checkPinned(pod.annotations);
    if (wrongNumber !== undefined) throw new NumberError(wrongNumber);
    const number = annotations.number as AddressNumber;
    const wanted = wantedPools(application, annotations, number, number.count, settings);
    return { kind: "wants", pools: wanted.map((pool) => ({ ...pool, pods })) };
  });
  return {
    demand: wish.demand,
    complaints: wish.complaints.flatMap((complaint) => [complaint, { ...complaint, regarding: itself }]),
  };
}

class NumberError extends Error {}

function reading(application: Application, read: () => Demand): Wish {
  try {
    return { demand: read(), complaints: [] };
  } catch (error) {
    if (!(error instanceof AnnotationError) && !(error instanceof NumberError)) throw error;
    const reason = error instanceof NumberError ? "FixedNumberRequired" : "InvalidAnnotation";
    const { uid } = application;
    return { demand: { kind: "unknown", uid }, complaints: [{ reason, text: error.message, regarding: application }] };
  }
}

function wantedPools(
  { apiVersion, kind, namespace, name, uid }: Application,
  annotations: PoolAnnotations,
  number: AddressNumber,
  desired: number,
  { families }: DemandSettings,
): WantedPool[] {
  const application = { apiVersion, kind, namespace, name, uid };
  const { reclaim } = annotations;
  return annotations.interfaces.flatMap((nic) =>
    families.flatMap((family) => {
      const subnet = family === 4 ? nic.ipv4 : nic.ipv6;
      if (subnet === undefined) return [];
      return [
        { application, interface: nic.interface, family, reclaim, number: formatNumber(number), subnet, desired },
      ];
    }),
  );
}

function byAge(a: PinnedPod, b: PinnedPod): number {
  return a.createdAt.localeCompare(b.createdAt) || a.name.localeCompare(b.name);
}
