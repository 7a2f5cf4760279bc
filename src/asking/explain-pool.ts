/**
 * Why a pool is as it is: whose it is, what its machine waits for, who uses it, and what is wrong with it. Pure.
 * @module
 */

import { notice } from "../act/notices.ts";
import { countOf, parseRanges, type RangeSet, subtract } from "../address/range-set.ts";
import { familyOfPool, isAutoPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { usersOf } from "./address-users.ts";
import type { AskedApplication } from "./applications.ts";
import type { Enquiry } from "./enquiry.ts";
import { type AddressUser, type Explanation, healthOf, plainly, type Unwarned } from "./explanation.ts";
import { helpsFor, sparesFor } from "./help.ts";
import { type LifeView, viewLife } from "./life-view.ts";
import { addressCount, applicationLabel } from "./naming.ts";
import { cureOf, type Obstacle, obstacleOf } from "./obstacle.ts";

/** Explains a pool. */
export function explainPool(enquiry: Enquiry, pool: SpiderIPPool): Unwarned {
  const { name } = pool.metadata;
  const base = plainly({ kind: "SpiderIPPool", name });
  const key = isAutoPool(pool) ? enquiry.snapshot.pools.applicationOf(name) : undefined;
  const asked = key === undefined ? undefined : enquiry.applications.observeKey(key);
  const life = asked?.lives.find((one) => one.pool?.metadata.name === name);
  const view = life && viewLife(enquiry.snapshot, enquiry.subnets, life);
  const users = usersOf(enquiry, pool);
  const obstacles = [
    ...objections(enquiry, pool),
    ...leaving(pool, users),
    ...(view?.obstacles ?? []),
    ...told(pool, view),
  ];
  const owner = asked
    ? [{ kind: asked.application.kind, namespace: asked.application.namespace, name: asked.application.name }]
    : [];
  return {
    ...base,
    health: healthOf(obstacles),
    summary: summaryOf(enquiry, pool, asked, view, obstacles, users),
    facts: factsOf(pool, asked, view),
    obstacles,
    pools: view ? [view] : [],
    users,
    spares: sparesFor(enquiry, obstacles),
    helps: helpsFor(enquiry, obstacles),
    toldOf: [...base.toldOf, ...owner],
  };
}

/** What the operator has against a manual pool. */
function objections({ verdicts }: Enquiry, pool: SpiderIPPool): Obstacle[] {
  if (isAutoPool(pool) || pool.metadata.deletionTimestamp !== undefined) return [];
  const verdict = verdicts.ofPool(pool);
  if (!verdict) return [];
  return [
    obstacleOf(notice(verdict.reason, { text: verdict.message }), {
      about: pool.metadata.name,
      passes: verdict.reason === "ForeignOwner",
    }),
  ];
}

function leaving(pool: SpiderIPPool, users: readonly AddressUser[]): Obstacle[] {
  const { name, deletionTimestamp, finalizers = [] } = pool.metadata;
  if (deletionTimestamp === undefined || isOrphanLife(pool)) return [];
  const foreign = finalizers.filter((finalizer) => finalizer !== "spiderpool.spidernet.io");
  if (users.length > 0) {
    const message = `Pool ${name} is being deleted and goes when its ${addressCount(users.length)} in use are free`;
    return [{ reason: "InUse", message, about: name, passes: true, helps: ["end the pods that have its addresses"] }];
  }
  if (foreign.length === 0) return [];
  const message = `Pool ${name} is being deleted and waits for the finalizers ${foreign.join(", ")}`;
  return [
    {
      reason: "Finalizers",
      message,
      about: name,
      passes: false,
      helps: ["find out who set these finalizers, and why they stay"],
    },
  ];
}

/** The machine says it of those already. */
function isOrphanLife(pool: SpiderIPPool): boolean {
  return isAutoPool(pool) && pool.status?.state === "orphaned";
}

/** What only the operator knows, since the API server told it: it stands in the pool's conditions. */
function told(pool: SpiderIPPool, view: LifeView | undefined): Obstacle[] {
  const stalled = pool.status?.conditions?.find(({ type, status }) => type === "Ready" && status === "False");
  const isKnown = stalled && (view?.obstacles ?? []).some(({ reason }) => reason === stalled.reason);
  if (!stalled || isKnown || stalled.reason !== "Refused") return [];
  return [
    {
      reason: stalled.reason,
      message: stalled.message,
      about: pool.metadata.name,
      passes: false,
      helps: cureOf(stalled.reason),
    },
  ];
}

function summaryOf(
  enquiry: Enquiry,
  pool: SpiderIPPool,
  asked: AskedApplication | undefined,
  view: LifeView | undefined,
  obstacles: readonly Obstacle[],
  users: readonly AddressUser[],
): string {
  const [first] = obstacles.toSorted((a, b) => Number(a.passes) - Number(b.passes));
  if (first) return first.message;
  const use = `${users.length} of ${addressCount(sizeOf(pool))} in use`;
  const disabled = pool.spec.disable === true ? "; it is disabled and gives out nothing" : "";
  if (pool.metadata.deletionTimestamp !== undefined)
    return "is being deleted, and nothing of it is in use: the operator lets it go";
  if (!asked || !view) return `${use}; ${home(enquiry, pool)}${disabled}`;
  const label = applicationLabel(asked.application);
  switch (view.state) {
    case "created.managed":
      return `is what ${label} wants, ${use}${disabled}`;
    case "created.pinned":
      return `is pinned to ${label}: never scaled, never deleted; ${use}${disabled}`;
    case "orphaned.retained":
    case "orphaned.pinned":
      return `is kept though ${label} ${asked.workload ? "wants it no more" : "is gone"}, for a successor of that name${view.state === "orphaned.pinned" ? "" : ' (ippool-reclaim "false")'}; ${use}; kubectl delete sp ${pool.metadata.name} gives it back`;
    case "orphaned.reclaiming":
      return `goes, since ${label} wants it no more; ${use}`;
    case "scaling":
      return `has ${addressCount(view.size)} and is to have ${view.wanted}; nothing hinders that, the operator has not done it yet`;
    default:
      return `${use}; what ${label} wants is not known, so it stays as it is${disabled}`;
  }
}

function home({ verdicts }: Enquiry, pool: SpiderIPPool): string {
  if (isAutoPool(pool)) return "its labels do not say whose it is, so nobody looks after it";
  const subnet = verdicts.homeOf(pool);
  if (!subnet) return "a manual pool that belongs to no SpiderSubnet, for whoever names it";
  const isRecorded = verdicts.holdings.isRecorded(pool, subnet);
  return `a manual pool of SpiderSubnet ${subnet.metadata.name}${isRecorded ? "" : ", which has not recorded it yet"}, for whoever names it`;
}

function factsOf(
  pool: SpiderIPPool,
  asked: AskedApplication | undefined,
  view: LifeView | undefined,
): Explanation["facts"] {
  const { spec, status } = pool;
  const limits = [
    spec.nodeName?.length && `nodes ${spec.nodeName.join(", ")}`,
    spec.nodeAffinity && "nodes by label",
    spec.namespaceName?.length && `namespaces ${spec.namespaceName.join(", ")}`,
    spec.namespaceAffinity && "namespaces by label",
    !isAutoPool(pool) && spec.podAffinity && "pods by label",
    spec.multusName?.length && `networks ${spec.multusName.join(", ")}`,
    spec.default && "everybody by default",
  ].filter(Boolean);
  const state = view?.state ?? status?.state;
  return [
    ...(asked ? ([["for", `${applicationLabel(asked.application)}, NIC ${view?.interface ?? "?"}`]] as const) : []),
    ["addresses", `${(spec.ips ?? []).join(", ") || "none"} of ${spec.subnet}${excluded(pool)}`],
    ...(state ? ([["state", state]] as const) : []),
    ...(limits.length > 0 ? ([["only for", limits.join(", ")]] as const) : []),
  ];
}

function excluded({ spec }: SpiderIPPool): string {
  return spec.excludeIPs?.length ? ` without ${spec.excludeIPs.join(", ")}` : "";
}

function sizeOf(pool: SpiderIPPool): bigint {
  try {
    return countOf(isAutoPool(pool) ? readRanges(pool) : totalOf(pool.spec));
  } catch {
    return 0n;
  }
}

function readRanges({ spec }: SpiderIPPool): RangeSet {
  const family = familyOfPool({ metadata: { name: "" }, spec }) ?? 4;
  return subtract(parseRanges(spec.ips, family), parseRanges(spec.excludeIPs, family));
}
