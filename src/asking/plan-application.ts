/**
 * What an application of a plan would get: automatic pools out of subnets, or addresses of the pools that it names.
 * @module
 */

import { planLedger } from "../act/ledger-plan.ts";
import { choose } from "../act/pool-addresses.ts";
import { countOf, EMPTY, formatRanges } from "../address/range-set.ts";
import type { Application } from "../api/application.ts";
import { keptSize } from "../api/auto-pool.ts";
import { rangesOf } from "../api/ippool.ts";
import { daemonSets, deployments, pods, replicaSets, statefulSets } from "../api/resources.ts";
import type { KubeObject, Resource } from "../cluster/cluster.ts";
import type { Life } from "../observe/pool-life.ts";
import { isNativeKind, workloadKey } from "../observe/workload.ts";
import type { AskedApplication } from "./applications.ts";
import { Enquiry } from "./enquiry.ts";
import { once } from "./explanation.ts";
import { helpsFor } from "./help.ts";
import { freeNameOf, viewLife, wantOf } from "./life-view.ts";
import { addressCount, counted } from "./naming.ts";
import { type PlannedObject, type PlannedPool, type PlanState, placeholderUid, templateOf, toldName } from "./plan.ts";
import { planPods } from "./plan-pods.ts";
import { SubnetView, usedRanges } from "./subnet-view.ts";

/** Plans a workload; `native` is its row's resource, absent for controllers that Kubernetes does not ship, and for pods. */
export function planApplication(state: PlanState, native: Resource | undefined, manifest: KubeObject): PlannedObject {
  const { namespace = "", name } = manifest.metadata;
  const { apiVersion = "", kind = "" } = manifest;
  const base = { kind, namespace, name, pools: [], helps: [] };
  const application = { apiVersion, kind, namespace, name };
  const before = state.snapshot.workloads.get(workloadKey(application));
  const uid = before?.uid ?? placeholderUid(state.count);
  const applied = { ...manifest, metadata: { ...manifest.metadata, uid } };
  if (native) state.snapshot.put(native, withDefaults(state, native, applied, before?.replicas ?? 1));
  else if (kind !== pods.kind) putPod(state, application, uid, manifest);
  const enquiry = new Enquiry(state);
  const asked = enquiry.applications.observe(application);
  const [complaint] = asked.wish.complaints;
  if (complaint) return { ...base, verdict: "refused", summary: `would get nothing: ${complaint.text}` };
  const { demand } = asked.wish;
  if (kind === pods.kind || demand.kind === "gone" || demand.kind === "keeps") {
    return { ...base, ...planPods(state, enquiry, application, manifest, asked) };
  }
  if (demand.kind === "unknown") {
    return { ...base, verdict: "unknown", summary: "how many pods it wants is known only when it is there" };
  }
  const planned = asked.lives.flatMap((life) => planLife(state, life));
  return { ...base, ...summed(planned, asked), pools: planned.map(({ pool }) => pool) };
}

/**
 * Returns a workload as the API server would have it: where nobody names the replicas, those that there are stay, else it is one. A
 * DaemonSet wants as many pods as there are nodes for it; who foretells takes all.
 */
function withDefaults({ snapshot }: PlanState, native: Resource, object: KubeObject, replicas: number): KubeObject {
  if (native === daemonSets) {
    return { ...object, status: { observedGeneration: 1, desiredNumberScheduled: snapshot.nodes.size } } as KubeObject;
  }
  const { spec } = object as { spec?: object };
  return { ...object, spec: { ...(isReplicated(native) && { replicas }), ...spec } } as KubeObject;
}

function isReplicated(native: Resource): boolean {
  return native === deployments || native === replicaSets || native === statefulSets;
}

/** Of other controllers the pods are what wants pools. */
function putPod(
  { snapshot }: PlanState,
  { apiVersion, kind, namespace, name }: Omit<Application, "uid">,
  uid: string,
  manifest: KubeObject,
): void {
  const template = templateOf(manifest);
  const owner = { apiVersion, kind, name, uid, controller: true };
  const metadata = {
    namespace,
    name: `${name}-planned`,
    uid: `${uid}-pod`,
    // Younger than any that is there: its number counts.
    creationTimestamp: "9999-12-31T23:59:59Z",
    annotations: { ...template?.metadata?.annotations },
    labels: { ...template?.metadata?.labels },
    ownerReferences: [owner],
  };
  snapshot.put(pods, { metadata });
}

interface Planned {
  readonly pool: PlannedPool;
  readonly missing?: bigint;
  readonly helps: readonly string[];
}

function planLife(state: PlanState, life: Life): Planned[] {
  const { snapshot, books } = state;
  const subnets = new SubnetView(snapshot, new Enquiry(state).verdicts, books);
  const { wanted, pool, poolFact, native } = life;
  const before = poolFact === "gone" ? 0 : poolFact.size;
  const base = {
    interface: (wanted ?? life.owner)?.interface ?? "",
    family: (wanted ?? life.owner)?.family ?? 4,
    subnet: life.subnet,
    before,
  } as const;
  if (!wanted) {
    const name = pool?.metadata.name ?? "";
    return pool ? [{ pool: { ...base, pool: name, action: "give up", size: 0, ips: [] }, helps: [] }] : [];
  }
  const name = pool?.metadata.name ?? freeNameOf(snapshot, subnets, life);
  const told = { ...base, pool: toldName(name, state.count) };
  if (pool && !native) {
    const record = subnets.book(life.subnet)?.entries.get(name)?.ranges ?? EMPTY;
    const size = keptSize(pool, Number(countOf(record)), before);
    const ips = formatRanges(rangesOf(pool, base.family), base.family);
    const hindered =
      size === wanted.desired
        ? undefined
        : `keeps its ${size} addresses: pools of ${wanted.application.kind}s are never scaled`;
    return [{ pool: { ...told, action: "pinned", size, ips, ...(hindered && { hindered }) }, helps: [] }];
  }
  const [obstacle] = viewLife(snapshot, subnets, life).obstacles.filter(({ reason }) => reason !== "PoolNameTaken");
  if (obstacle) {
    const enquiry = new Enquiry(state);
    const hindered = `${obstacle.message}${obstacle.missing === undefined ? "" : `; ${addressCount(obstacle.missing)} missing`}`;
    const ips = pool ? formatRanges(rangesOf(pool, base.family), base.family) : [];
    const { missing } = obstacle;
    const helps = once(helpsFor(enquiry, [obstacle]));
    return [
      {
        pool: { ...told, action: "wait", size: wanted.desired, ips, hindered },
        ...(missing !== undefined && { missing }),
        helps,
      },
    ];
  }
  return [grant(state, subnets, life, name, told)];
}

/** Takes the addresses out of the subnet, as the ledger would. */
function grant(
  { books }: PlanState,
  subnets: SubnetView,
  life: Life,
  name: string,
  told: Omit<PlannedPool, "action" | "size" | "ips">,
): Planned {
  const { wanted, pool, subnet } = life;
  const { situation } = subnets.situation(subnet);
  const desired = wanted?.desired ?? 0;
  if (!situation) return { pool: { ...told, action: "wait", size: desired, ips: [] }, helps: [] };
  const want = wantOf(life, name);
  const { book } = planLedger(situation, [want], []);
  const recorded = book.entries.get(name)?.ranges ?? EMPTY;
  const chosen = choose(recorded, pool ? usedRanges(pool, want.family) : EMPTY, want.held, desired);
  // What a smaller pool gives back is free for those after it.
  books.set(subnet, planLedger({ ...situation, book }, [], [{ pool: name, keep: chosen }]).book);
  const { before } = told;
  const action = !pool ? "create" : desired > before ? "grow" : desired < before ? "shrink" : "keep";
  return { pool: { ...told, action, size: desired, ips: formatRanges(chosen, want.family) }, helps: [] };
}

function summed(
  planned: readonly Planned[],
  { workload, application }: AskedApplication,
): Pick<PlannedObject, "verdict" | "summary" | "helps"> {
  const waiting = planned.filter(({ pool }) => pool.action === "wait");
  const helps = once(planned.flatMap((one) => one.helps));
  const [first] = waiting;
  if (first) {
    const isShort = waiting.every(({ missing }) => missing !== undefined);
    return { verdict: isShort ? "short" : "refused", summary: `would wait: ${first.pool.hindered}`, helps };
  }
  const pools = planned.filter(({ pool }) => pool.action !== "give up");
  const pinned = isNativeKind(application.apiVersion, application.kind) ? "" : ", for good: they are never scaled";
  const each = pools[0] ? ` of ${addressCount(pools[0].pool.size)}` : "";
  const forPods = workload?.replicas === undefined ? "" : ` for ${counted(workload.replicas, "pod")}`;
  const kept = pools.filter(({ pool }) => pool.hindered !== undefined);
  if (kept[0]) return { verdict: "short", summary: `${kept[0].pool.pool} ${kept[0].pool.hindered}`, helps };
  return { verdict: "fits", summary: `gets ${counted(pools.length, "pool")}${each}${forPods}${pinned}`, helps };
}
