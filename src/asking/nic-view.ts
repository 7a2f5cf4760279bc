/**
 * What one NIC of a pod draws its addresses from, and what hinders it: selection, filters and free addresses as the agent sees them.
 * @module
 */

import { notice } from "../act/notices.ts";
import { countOf, subtract, union } from "../address/range-set.ts";
import { familyOfPool, type SpiderIPPool } from "../api/ippool.ts";
import { usableRanges } from "../ipam/address-choice.ts";
import { notMade, poolsMadeFor } from "../ipam/auto-pool-wait.ts";
import { type AutoPoolWish, type Candidate, IpamError } from "../ipam/candidate.ts";
import { selectPools, usablePools } from "../ipam/selection.ts";
import type { SelectionRequest } from "../ipam/selection-request.ts";
import type { Enquiry } from "./enquiry.ts";
import { type LifeView, viewLife } from "./life-view.ts";
import { applicationLabel } from "./naming.ts";
import { type Obstacle, obstacleOf } from "./obstacle.ts";
import { usedRanges } from "./subnet-view.ts";

export interface NicView {
  readonly obstacles: readonly Obstacle[];
  /** Automatic pools that it wants. */
  readonly lives: readonly LifeView[];
  /** Pools that have nothing left, by name. */
  readonly full: readonly string[];
  readonly free: readonly { readonly pool: string; readonly count: bigint }[];
}

const nothing: NicView = { obstacles: [], lives: [], full: [], free: [] };

/** Looks at one NIC. */
export function explainNic(enquiry: Enquiry, request: SelectionRequest): NicView {
  try {
    const { candidates, wishes } = selectPools(request, enquiry.catalog);
    const views = [
      ...candidates.map((candidate) => viewCandidate(enquiry, request, candidate)),
      ...wishes.map((wish) => viewWish(enquiry, request, wish)),
    ];
    return views.reduce(joined, nothing);
  } catch (error) {
    return refused(error, request);
  }
}

function viewCandidate(enquiry: Enquiry, request: SelectionRequest, candidate: Candidate): NicView {
  try {
    const pools = usablePools(candidate, request, enquiry.catalog);
    const filtered = candidate.pools.length - pools.length;
    return viewPools(enquiry, pools, candidate, filtered);
  } catch (error) {
    return refused(error, request);
  }
}

/** The pool of its application, or what hinders that. */
function viewWish(enquiry: Enquiry, request: SelectionRequest, wish: AutoPoolWish): NicView {
  const { top } = request;
  const pools = poolsMadeFor(wish, top, enquiry.catalog);
  const asked = enquiry.applications.observe(top);
  const lives = asked.lives
    .filter(({ wanted }) => wanted?.interface === wish.nic && wanted.family === wish.family)
    .map((life) => viewLife(enquiry.snapshot, enquiry.subnets, life));
  if (pools.length > 0) return { ...viewPools(enquiry, pools, wish, 0), lives };
  const own = lives.flatMap(({ obstacles }) => obstacles);
  const complaints = asked.wish.complaints.map(({ reason, text }) =>
    reason === "InvalidAnnotation"
      ? obstacleOf(notice(reason, { reason: text }))
      : obstacleOf(notice(reason, { kind: top.kind, name: top.name, reason: text })),
  );
  const [complaint] = complaints;
  if (own.length > 0 || complaint)
    return { ...nothing, lives, obstacles: own.length > 0 ? own : [complaint as Obstacle] };
  const message = notMade(wish, top);
  const helps = [
    `autopool explain ${top.kind.toLowerCase()}/${top.name} -n ${top.namespace}`,
    "see that the operator runs",
  ];
  return { ...nothing, lives, obstacles: [{ reason: "WaitingForPool", message, passes: true, helps }] };
}

function viewPools(
  { snapshot }: Enquiry,
  pools: readonly SpiderIPPool[],
  { nic, family }: Pick<Candidate, "nic" | "family">,
  filtered: number,
): NicView {
  const counts = pools.map((pool) => ({
    pool,
    name: pool.metadata.name,
    ...countsOf(snapshot.reserved.of(family), pool),
  }));
  const free = counts.filter((count) => count.free > 0n).map(({ name, free: count }) => ({ pool: name, count }));
  if (free.length > 0) return { ...nothing, free };
  const names = counts.map(({ name }) => name);
  const each = counts.map(({ name, total, used }) => `${name} has ${total}, ${used} in use`).join(", ");
  const others = filtered > 0 ? `; ${filtered} more may not serve it` : "";
  const message = `all IP addresses used out: IPv${family} pools of ${nic}: ${each}${others}`;
  const helps = counts.map(({ pool }) => helpOf(pool));
  return {
    ...nothing,
    full: names,
    obstacles: [{ reason: "AddressesExhausted", message, about: names[0] ?? "", passes: false, helps }],
  };
}

function helpOf({ metadata, spec }: SpiderIPPool): string {
  const owner = spec.podAffinity?.matchLabels?.["ipam.spidernet.io/app-name"];
  if (owner === undefined)
    return `add addresses to spec.ips of SpiderIPPool ${metadata.name}, or end a pod that has one`;
  return `make pool ${metadata.name} larger with annotation "ipam.spidernet.io/ippool-ip-number" of ${owner}, or wait until one of its pods has ended`;
}

function countsOf(reserved: Parameters<typeof usableRanges>[2], pool: SpiderIPPool) {
  const family = familyOfPool(pool) ?? 4;
  try {
    const usable = union(...usableRanges(pool.spec, family, reserved));
    const used = usedRanges(pool, family);
    return { total: countOf(usable), used: countOf(used), free: countOf(subtract(usable, used)) };
  } catch {
    return { total: 0n, used: 0n, free: 0n };
  }
}

function refused(error: unknown, { top, pod }: SelectionRequest): NicView {
  if (!(error instanceof IpamError)) throw error;
  const isUnspecified = error.message.includes("no pool selection rules");
  const helps = isUnspecified
    ? [
        `annotate the pod template of ${top.kind === "Pod" ? `Pod ${pod.metadata.name}` : applicationLabel(top)} with "ipam.spidernet.io/subnet" or "ipam.spidernet.io/ippool"`,
        'or give its namespace, the CNI configuration of its node, or a pool ("spec.default: true") a default',
      ]
    : ["correct what the message names"];
  const text = isUnspecified
    ? `${error.message}; the CNI configuration of its node is not known here and may name pools`
    : error.message;
  return { ...nothing, obstacles: [{ reason: "NoPool", message: text, passes: false, helps }] };
}

function joined(a: NicView, b: NicView): NicView {
  return {
    obstacles: [...a.obstacles, ...b.obstacles],
    lives: [...a.lives, ...b.lives],
    full: [...a.full, ...b.full],
    free: [...a.free, ...b.free],
  };
}
