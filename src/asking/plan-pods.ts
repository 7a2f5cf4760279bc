/**
 * What an application that names manual pools, or none, would get for its pods: whether those pools may serve them, and have enough.
 * @module
 */

import type { Application } from "../api/application.ts";
import { ANNOTATION } from "../api/names.ts";
import type { Pod } from "../api/pod.ts";
import { pods } from "../api/resources.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { nativeKinds, workloadKey } from "../observe/workload.ts";
import type { AskedApplication } from "./applications.ts";
import type { Enquiry } from "./enquiry.ts";
import { nicsOf } from "./explain-pod.ts";
import { addressCount, counted } from "./naming.ts";
import { explainNic } from "./nic-view.ts";
import { type PlannedObject, type PlanState, templateOf } from "./plan.ts";
import { topOf } from "./top-of.ts";

type Outcome = Pick<PlannedObject, "verdict" | "summary" | "helps">;

/** Plans the pods of an application without automatic pools. */
export function planPods(
  state: PlanState,
  enquiry: Enquiry,
  application: Omit<Application, "uid">,
  manifest: KubeObject,
  asked: AskedApplication,
): Outcome {
  const pod = podOf(application, manifest);
  if (pod.spec?.hostNetwork) return { verdict: "idle", summary: "its pods are on their nodes' network", helps: [] };
  if (asked.workload?.topmost === false)
    return { verdict: "idle", summary: "another workload controls it, which is what counts", helps: [] };
  const isAsking = Object.values(ANNOTATION).some((key) => pod.metadata.annotations?.[key] !== undefined);
  const { nics, obstacles } = nicsOf(pod);
  const top = { ...application, uid: "" };
  const request = {
    pod,
    top: application.kind === pods.kind ? { ...top, apiVersion: "v1" } : top,
    namespace: state.snapshot.namespaces.get(`/${application.namespace}`) ?? {
      metadata: { name: application.namespace },
    },
    node: undefined,
    netconf: { cleanGateway: false },
    settings: { ...state.ipam, nodeName: "" },
  };
  const views = obstacles.length > 0 ? [] : nics.map((nic) => explainNic(enquiry, { ...request, nic }));
  const [first] = [...obstacles, ...views.flatMap((view) => view.obstacles)];
  if (first && !isAsking && first.reason === "NoPool") {
    return { verdict: "idle", summary: "asks for no pool; the CNI configuration of its nodes decides", helps: [] };
  }
  const wanted = podsWanted(asked, manifest) - holdersOf(state, application);
  if (first) {
    const isFull = first.reason === "AddressesExhausted";
    if (isFull && wanted <= 0) return { verdict: "fits", summary: "its pods have their addresses already", helps: [] };
    return {
      verdict: isFull ? "short" : "refused",
      summary: `its pods would get no address: ${first.message}`,
      helps: first.helps,
    };
  }
  for (const { free } of views) {
    const left = free.map(({ pool, count }) => ({ pool, count: count - (state.promised.get(pool) ?? 0n) }));
    const total = left.reduce((sum, { count }) => sum + (count > 0n ? count : 0n), 0n);
    const names = left.map(({ pool }) => pool).join(", ");
    if (total < BigInt(Math.max(0, wanted))) {
      const summary = `its pods need ${addressCount(wanted)}, ${names} ${left.length === 1 ? "has" : "have"} ${total} free; ${BigInt(wanted) - total} missing`;
      return { verdict: "short", summary, helps: [`add addresses to spec.ips of ${names}`] };
    }
    promise(state, left, BigInt(Math.max(0, wanted)));
  }
  const from = [...new Set(views.flatMap(({ free }) => free.map(({ pool }) => pool)))].join(", ");
  return { verdict: "fits", summary: `its ${counted(Math.max(wanted, 0), "pod")} get addresses of ${from}`, helps: [] };
}

/** Pods draw from the first pool that has something left. */
function promise({ promised }: PlanState, left: readonly { pool: string; count: bigint }[], wanted: bigint): void {
  let missing = wanted;
  for (const { pool, count } of left) {
    const taken = count < missing ? (count > 0n ? count : 0n) : missing;
    promised.set(pool, (promised.get(pool) ?? 0n) + taken);
    missing -= taken;
  }
}

function podOf({ namespace, name, kind }: Omit<Application, "uid">, manifest: KubeObject): Pod {
  const native = nativeKinds.find(({ resource }) => resource.kind === kind);
  const template = (native?.template(manifest) ?? templateOf(manifest)) as Pod | undefined;
  const { hostNetwork } = template?.spec ?? {};
  return {
    metadata: {
      namespace,
      name,
      annotations: { ...template?.metadata?.annotations },
      labels: { ...template?.metadata?.labels },
    },
    spec: { ...(hostNetwork !== undefined && { hostNetwork }) },
  };
}

function podsWanted({ workload }: AskedApplication, manifest: KubeObject): number {
  const { replicas } = (manifest as { spec?: { replicas?: number } }).spec ?? {};
  return workload?.replicas ?? replicas ?? 1;
}

/** Pods of the application that have addresses already. */
function holdersOf({ snapshot }: PlanState, application: Omit<Application, "uid">): number {
  const key = workloadKey(application);
  return [...snapshot.pods.values()].filter(
    (pod) => workloadKey(topOf(snapshot, pod)) === key && (pod.status?.podIPs?.length ?? 0) > 0,
  ).length;
}
