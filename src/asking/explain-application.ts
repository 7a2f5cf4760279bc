/**
 * Why an application's pools are as they are. Pure.
 * @module
 */

import { notice } from "../act/notices.ts";
import { ANNOTATION } from "../api/names.ts";
import type { Pod } from "../api/pod.ts";
import type { Complaint } from "../observe/demand.ts";
import { workloadKey } from "../observe/workload.ts";
import { usersOf } from "./address-users.ts";
import type { AskedApplication } from "./applications.ts";
import type { Enquiry } from "./enquiry.ts";
import { explainPod } from "./explain-pod.ts";
import { waitersOf } from "./explain-subnet.ts";
import { type Explanation, healthOf, plainly, type Unwarned, type Waiter } from "./explanation.ts";
import { helpsFor, sparesFor } from "./help.ts";
import { type LifeView, viewLife } from "./life-view.ts";
import { addressCount, applicationLabel, counted } from "./naming.ts";
import { type Obstacle, obstacleOf } from "./obstacle.ts";
import { topOf } from "./top-of.ts";

/** Explains an application; `isPresent` says whether it is there where it is not native. */
export function explainApplication(enquiry: Enquiry, asked: AskedApplication): Unwarned {
  const { application, wish, lives } = asked;
  const base = plainly(application);
  const views = lives
    .filter(
      ({ poolFact, workloadFact }) => poolFact !== "gone" || (workloadFact !== "gone" && workloadFact !== undefined),
    )
    .map((life) => viewLife(enquiry.snapshot, enquiry.subnets, life));
  const complaints = uniqueComplaints(wish.complaints).map((complaint) => complaintObstacle(complaint, asked));
  const idle = idleReason(asked);
  const waiting = waitingPods(enquiry, asked);
  const ofPools = [...complaints, ...views.flatMap(({ obstacles }) => obstacles)];
  // What hinders the pools hinders the pods, too; and that they wait for a pool, the pool itself says better.
  const ofPods = ofPools.length === 0 && waiting[0] ? explainPod(enquiry, waiting[0]).obstacles : [];
  const obstacles = [...ofPools, ...ofPods.filter(({ reason }) => reason !== "WaitingForPool")];
  const pools = views.map(({ pool }) => pool);
  const blocked = new Set(obstacles.flatMap(({ reason, about }) => (isAboutUse(reason) && about ? [about] : [])));
  const health = idle !== undefined && obstacles.length === 0 ? "idle" : healthOf(obstacles);
  return {
    ...base,
    health,
    summary: summaryOf(asked, views, obstacles, idle),
    facts: factsOf(asked, waiting),
    obstacles,
    pools: views,
    users: [...enquiry.snapshot.pools.values()]
      .filter(({ metadata }) => blocked.has(metadata.name))
      .flatMap((pool) => usersOf(enquiry, pool)),
    spares: sparesFor(enquiry, obstacles),
    waiters: othersWaiting(enquiry, asked, obstacles),
    helps: helpsFor(enquiry, obstacles),
    toldOf: [
      ...base.toldOf,
      ...pools.filter((name) => name !== "").map((name) => ({ kind: "SpiderIPPool", name })),
      ...waiting.slice(0, 1).map(({ metadata }) => podOf(metadata.namespace, metadata.name)),
    ],
  };
}

/** Who else waits where this one lacks addresses: what comes free may go to them. */
function othersWaiting(enquiry: Enquiry, { application }: AskedApplication, obstacles: readonly Obstacle[]): Waiter[] {
  const short = new Set(obstacles.flatMap(({ missing, subnet }) => (missing !== undefined && subnet ? [subnet] : [])));
  const all = [...short].flatMap((subnet) => waitersOf(enquiry, subnet));
  return all.filter((waiter) => waiter.application !== applicationLabel(application));
}

function isAboutUse(reason: string): boolean {
  return reason === "ShrinkBlocked" || reason === "AddressesExhausted" || reason === "InUse";
}

const podOf = (namespace: string | undefined, name: string) => ({
  kind: "Pod",
  ...(namespace !== undefined && { namespace }),
  name,
});

/** Why it asks for no automatic pool; `undefined` where it does, or where that cannot be told. */
function idleReason({ native, wish, workload, application }: AskedApplication): string | undefined {
  const { demand } = wish;
  if (demand.kind !== "gone" && demand.kind !== "keeps") return undefined;
  if (!native) return demand.kind === "gone" ? "it is gone" : "no pod of it asks for an automatic pool";
  if (!workload) return "it is gone";
  if (workload.hostNetwork) return "its pods are on their nodes' network and have no addresses of their own";
  if (!workload.topmost) return "another workload controls it, and its pools are that one's";
  const manual = [ANNOTATION.pools, ANNOTATION.pool].find((key) => workload.annotations[key] !== undefined);
  if (manual) return `its pods ask for manual pools by "${manual}"; explain one of its pods`;
  return `${application.kind === "CronJob" ? "the pod template of its Jobs" : "its pod template"} has neither "${ANNOTATION.subnet}" nor "${ANNOTATION.subnets}", so it asks for no automatic pool`;
}

/** Several pods may say the same. */
function uniqueComplaints(complaints: readonly Complaint[]): Complaint[] {
  const byText = new Map(complaints.map((complaint) => [complaint.text, complaint]));
  return [...byText.values()];
}

function complaintObstacle({ reason, text }: Complaint, { application }: AskedApplication): Obstacle {
  const { kind, name } = application;
  const told =
    reason === "InvalidAnnotation"
      ? notice("InvalidAnnotation", { reason: text })
      : notice("FixedNumberRequired", { kind, name, reason: text });
  return obstacleOf(told);
}

function summaryOf(
  { wish }: AskedApplication,
  views: readonly LifeView[],
  obstacles: readonly Obstacle[],
  idle: string | undefined,
): string {
  const [first] = obstacles.toSorted((a, b) => Number(a.passes) - Number(b.passes));
  if (first) {
    const more = obstacles.length > 1 ? ` (and ${obstacles.length - 1} more)` : "";
    return `${first.message}${missingText(first)}${more}`;
  }
  const pending = views.filter(({ state }) => state === "pending" || state === "scaling");
  if (wish.demand.kind === "unknown") {
    return "what it wants is not known yet: its controller has not said how many pods it wants, or its owner cannot be looked up; its pools stay as they are";
  }
  if (pending.length > 0) {
    return `nothing hinders ${pending.map(({ pool }) => pool).join(", ")}; the operator has not done it yet, if it runs ("autopool run")`;
  }
  const orphans = views.filter(({ state }) => state.startsWith("orphaned"));
  if (idle !== undefined) return orphans.length > 0 ? `${idle}; ${keptText(orphans)}` : idle;
  if (orphans.length > 0) return `has what it wants; ${keptText(orphans)}`;
  return `has what it wants: ${views.map(({ pool, size, inUse }) => `${inUse} of ${addressCount(size)} of ${pool} in use`).join(", ")}`;
}

/** How many addresses are missing, to the last one. */
function missingText({ missing }: Obstacle): string {
  return missing === undefined ? "" : `; ${addressCount(missing)} missing`;
}

function keptText(orphans: readonly LifeView[]): string {
  const texts = orphans.map(({ pool, state, size }) => {
    if (state === "orphaned.reclaiming") return `pool ${pool} is being deleted`;
    return `pool ${pool} is kept for a successor, ${addressCount(size)} (kubectl delete sp ${pool} gives them back)`;
  });
  return texts.join(", ");
}

function factsOf({ native, workload, pods, wish }: AskedApplication, waiting: readonly Pod[]): Explanation["facts"] {
  const annotations = workload?.annotations ?? pods.at(-1)?.annotations ?? {};
  const asks = Object.entries(annotations).map(([key, value]) => `${key.replace(/^.*\//, "")} ${value}`);
  const wants = wish.demand.kind === "wants" ? wish.demand.pools[0] : undefined;
  return [
    ...(workload ? ([["replicas", String(workload.replicas ?? "not known yet")]] as const) : []),
    ...(native ? [] : ([["pods", counted(pods.length, "pod")]] as const)),
    ...(asks.length > 0 ? ([["asks for", asks.join(", ")]] as const) : []),
    ...(wants ? ([["number", `${wants.number}, so ${addressCount(wants.desired)}`]] as const) : []),
    ...(native ? [] : ([["pinned", "its pools are never scaled and never deleted"]] as const)),
    ...(waiting.length > 0 ? ([["waiting", `${counted(waiting.length, "pod")}: ${listOf(waiting)}`]] as const) : []),
  ];
}

function listOf(pods: readonly Pod[]): string {
  const names = pods.slice(0, 3).map(({ metadata }) => metadata.name);
  return `${names.join(", ")}${pods.length > 3 ? " …" : ""}`;
}

/** Pods of the application that have a node and no address. */
function waitingPods({ snapshot, pods }: Enquiry, { key }: AskedApplication): Pod[] {
  const namespace = key.slice(0, key.indexOf("/"));
  return [...snapshot.pods.values()].filter((pod) => {
    const { metadata, spec, status } = pod;
    if (metadata.namespace !== namespace || !spec?.nodeName || spec.hostNetwork || status?.podIPs?.length) return false;
    if (workloadKey(topOf(snapshot, pod)) !== key) return false;
    const holding = pods.holding(`${namespace}/${metadata.name}`, metadata.uid ?? "");
    return pods.endOf(holding).state === "alive";
  });
}
