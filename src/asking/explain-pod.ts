/**
 * Why a pod has the addresses that it has, or none: the agent's own selection, NIC by NIC, on what was read. Pure.
 * @module
 */

import { ANNOTATION } from "../api/names.ts";
import type { Pod } from "../api/pod.ts";
import { parsePoolAnnotations } from "../api/pool-annotations.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { customRoutes } from "../ipam/custom-routes.ts";
import { parsePoolsOfNics } from "../ipam/ippool-annotations.ts";
import type { SelectionRequest } from "../ipam/selection-request.ts";
import { usersOf } from "./address-users.ts";
import type { Enquiry } from "./enquiry.ts";
import { type Explanation, healthOf, plainly, type Unwarned } from "./explanation.ts";
import { helpsFor, sparesFor } from "./help.ts";
import { applicationLabel } from "./naming.ts";
import { explainNic, type NicView } from "./nic-view.ts";
import type { Obstacle } from "./obstacle.ts";
import { topOf } from "./top-of.ts";

/** Where a pod without any annotation gets its address. */
const FIRST_NIC = "eth0";

/** Explains a pod. */
export function explainPod(enquiry: Enquiry, pod: Pod): Unwarned {
  const { namespace = "", name } = pod.metadata;
  const base = plainly({ kind: "Pod", namespace, name });
  const facts = factsOf(enquiry, pod);
  const settled = settledSummary(enquiry, pod);
  if (settled) return { ...base, ...settled, facts };
  const { nics, obstacles: unread } = nicsOf(pod);
  const request = requestOf(enquiry, pod);
  const views = unread.length > 0 ? [] : nics.map((nic) => explainNic(enquiry, { ...request, nic }));
  const obstacles = [...unread, ...views.flatMap((view) => view.obstacles)];
  const full = new Set(views.flatMap((view) => view.full));
  const top = topOf(enquiry.snapshot, pod);
  return {
    ...base,
    facts,
    health: obstacles.length === 0 ? "waiting" : healthOf(obstacles),
    summary: summaryOf(obstacles, views, pod),
    obstacles,
    pools: views.flatMap((view) => view.lives),
    users: [...enquiry.snapshot.pools.values()]
      .filter(({ metadata }) => full.has(metadata.name))
      .flatMap((pool) => usersOf(enquiry, pool)),
    spares: sparesFor(enquiry, obstacles),
    helps: helpsFor(enquiry, obstacles),
    toldOf: [...base.toldOf, ...(top.kind === "Pod" ? [] : [{ kind: top.kind, namespace, name: top.name }])],
  };
}

/** Explains a pod that is gone, of which an endpoint is left. */
export function explainGonePod(enquiry: Enquiry, namespace: string, name: string): Unwarned {
  const base = plainly({ kind: "Pod", namespace, name });
  const key = `${namespace}/${name}`;
  const endpoint = enquiry.snapshot.endpoints.get(key);
  const addresses = (endpoint?.status?.current?.ips ?? []).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter(Boolean));
  const isKept = endpoint !== undefined && enquiry.pods.waits(endpoint);
  const kept = `is gone; its next pod of this name gets ${addresses.join(", ") || "no address"} again`;
  const leaked = `is gone; its SpiderEndpoint still lists ${addresses.join(", ") || "no address"}, which the operator gives back`;
  return { ...base, health: "over", summary: isKept ? kept : leaked };
}

/** What there is to say where nothing is waited for; `undefined` where the pod waits for an address. */
function settledSummary({ snapshot, pods }: Enquiry, pod: Pod): Pick<Explanation, "health" | "summary"> | undefined {
  const key = storeKey(pod.metadata);
  const { uid = "" } = pod.metadata;
  const holding = pods.holding(key, uid);
  const end = pods.endOf(holding);
  const items = snapshot.endpoints.get(key)?.status?.current;
  const own = items?.uid === uid ? items.ips : [];
  const texts = own.flatMap(({ interface: nic, ipv4, ipv4Pool, ipv6, ipv6Pool }) =>
    [
      ipv4 && `${ipv4} of ${ipv4Pool} on ${nic || "a NIC without a name yet"}`,
      ipv6 && `${ipv6} of ${ipv6Pool} on ${nic || "a NIC without a name yet"}`,
    ].filter((text) => text !== undefined),
  );
  const has = texts.length > 0 ? `has ${texts.join(", ")}` : "has no address";
  if (end.state === "over") {
    return {
      health: "over",
      summary: `has ended (${end.reason}) and can use no address any more${texts.length > 0 ? "; what it had is given back" : ""}`,
    };
  }
  if (end.state === "ending")
    return { health: "over", summary: `${has} and is ending; the address is free when it has ended` };
  if (pod.spec?.hostNetwork)
    return { health: "idle", summary: "is on its node's network and has no address of its own" };
  if (texts.length > 0) return { health: "well", summary: has };
  if (!pod.spec?.nodeName) {
    return { health: "waiting", summary: "has no node yet: it is given addresses when the scheduler has found one" };
  }
  if (pod.status?.podIPs?.length) {
    const ips = pod.status.podIPs.map(({ ip }) => ip).join(", ");
    return { health: "idle", summary: `has ${ips} from elsewhere: no SpiderEndpoint of it is there` };
  }
  return undefined;
}

function requestOf({ snapshot, ipam }: Enquiry, pod: Pod): Omit<SelectionRequest, "nic"> {
  return {
    pod,
    top: topOf(snapshot, pod),
    namespace: snapshot.namespaces.get(`/${pod.metadata.namespace}`),
    node: snapshot.nodes.get(`/${pod.spec?.nodeName}`),
    // What the CNI configuration of the node names is not to be had from here.
    netconf: { cleanGateway: false },
    settings: { ...ipam, nodeName: pod.spec?.nodeName ?? "" },
  };
}

/** Returns the NICs that a pod's annotations name, and what is wrong with them. */
export function nicsOf(pod: Pod): { nics: string[]; obstacles: Obstacle[] } {
  const { annotations = {} } = pod.metadata;
  try {
    customRoutes(pod);
    const wanted = parsePoolAnnotations(annotations);
    if (wanted) return { nics: wanted.interfaces.map((item) => item.interface), obstacles: [] };
    const value = annotations[ANNOTATION.pools];
    if (value === undefined) return { nics: [FIRST_NIC], obstacles: [] };
    // All of them are served with the first one.
    parsePoolsOfNics(value, FIRST_NIC);
    return { nics: [FIRST_NIC], obstacles: [] };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { nics: [], obstacles: [annotationObstacle(error.message)] };
  }
}

function annotationObstacle(message: string): Obstacle {
  const helps = ["correct the annotation of the pod template; the agent tries again by itself with the next pod"];
  return { reason: "InvalidAnnotation", message, passes: false, helps };
}

function factsOf({ snapshot }: Enquiry, pod: Pod): Explanation["facts"] {
  const top = topOf(snapshot, pod);
  const { annotations = {} } = pod.metadata;
  const asks = Object.values(ANNOTATION).filter((key) => annotations[key] !== undefined);
  const node = pod.spec?.nodeName;
  return [
    ...(top.kind === "Pod" ? [] : ([["of", applicationLabel(top)]] as const)),
    ...(node ? ([["node", node]] as const) : []),
    ["phase", pod.metadata.deletionTimestamp === undefined ? (pod.status?.phase ?? "Pending") : "Terminating"],
    ...(asks.length > 0
      ? ([["asks for", asks.map((key) => `${key.replace(/^.*\//, "")} ${annotations[key]}`).join(", ")]] as const)
      : []),
  ];
}

function summaryOf(obstacles: readonly Obstacle[], views: readonly NicView[], { spec }: Pod): string {
  const [first] = obstacles.toSorted((a, b) => Number(a.passes) - Number(b.passes));
  if (first) {
    const missing = first.missing === undefined ? "" : `; ${first.missing} missing`;
    return `has no address: ${first.message}${missing}`;
  }
  const pools = views.flatMap(({ free }) => free.map(({ pool, count }) => `${pool} has ${count} free`));
  return `has no address yet, and nothing hinders it (${pools.join(", ")}): the agent of node ${spec?.nodeName} has not been asked, or does not run`;
}
