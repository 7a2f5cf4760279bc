/**
 * Why a subnet gives out addresses or none: how they are spread, who waits, who holds what could be freed. Pure.
 * @module
 */

import { countText } from "../address/int64.ts";
import { LABEL } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { Enquiry } from "./enquiry.ts";
import { type Explanation, healthOf, plainly, type Unwarned, type Waiter } from "./explanation.ts";
import { helpsFor } from "./help.ts";
import { viewLife } from "./life-view.ts";
import { applicationLabel, counted } from "./naming.ts";
import { type Obstacle, obstacleOf } from "./obstacle.ts";
import type { SubnetSums } from "./subnet-view.ts";

/** Explains a subnet. */
export function explainSubnet(enquiry: Enquiry, subnet: SpiderSubnet): Unwarned {
  const { name } = subnet.metadata;
  const base = plainly({ kind: "SpiderSubnet", name });
  const { refusal } = enquiry.subnets.situation(name);
  const sums = enquiry.subnets.sums(name);
  const waiters = waitersOf(enquiry, name);
  const own: Obstacle[] = refusal
    ? [obstacleOf(refusal, { subnet: name, helps: helpsOf(refusal.reason, enquiry, name) })]
    : [];
  const short = waiters.filter(({ missing }) => missing !== undefined);
  const most = short.reduce<Waiter | undefined>(
    (a, b) => (a && (a.missing ?? 0n) >= (b.missing ?? 0n) ? a : b),
    undefined,
  );
  const shortage = most ? [shortageOf(name, short, most)] : [];
  const obstacles = [...own, ...shortage];
  return {
    ...base,
    health: healthOf(obstacles),
    summary: summaryOf(subnet, own, sums, waiters),
    facts: factsOf(subnet, sums, enquiry),
    obstacles,
    spares: shortage.length > 0 ? enquiry.subnets.spares(name) : [],
    waiters,
    helps: helpsFor(enquiry, obstacles),
  };
}

/** Returns who wants addresses of a subnet and has not got them, for whatever reason. */
export function waitersOf({ applications, snapshot, subnets }: Enquiry, name: string): Waiter[] {
  const waiters: Waiter[] = [];
  for (const key of applications.keys()) {
    const asked = applications.observeKey(key);
    for (const life of asked?.lives ?? []) {
      if (life.subnet !== name || !life.wanted || !asked) continue;
      const view = viewLife(snapshot, subnets, life);
      const [obstacle] = view.obstacles.filter(({ reason }) => !passedOver.has(reason));
      const isOpen = view.state === "pending" || view.state === "scaling";
      if (!obstacle && !isOpen) continue;
      waiters.push({
        application: applicationLabel(asked.application),
        pool: view.pool,
        reason: obstacle?.reason ?? "NotDoneYet",
        wanted: life.wanted.desired,
        ...(obstacle?.missing !== undefined && { missing: obstacle.missing }),
      });
    }
  }
  return waiters;
}

/** What keeps nobody waiting. */
const passedOver: ReadonlySet<string> = new Set(["ScalingDisabled", "PoolNameTaken"]);

function shortageOf(subnet: string, short: readonly Waiter[], most: Waiter): Obstacle {
  const message = `${counted(short.length, "application")} wait${short.length === 1 ? "s" : ""} for addresses; ${most.application} lacks most, ${most.missing}`;
  const missing = most.missing ?? 0n;
  return { reason: "InsufficientAddresses", message, about: most.pool, passes: false, subnet, missing, helps: [] };
}

function helpsOf(reason: string, { snapshot }: Enquiry, name: string): string[] {
  if (reason !== "SubnetTerminating") return ["correct what the message names"];
  const book = [...(snapshot.subnets.book(name)?.entries.keys() ?? [])];
  const pools = [...snapshot.pools.values()].filter(({ metadata }) => metadata.labels?.[LABEL.ownerSubnet] === name);
  const names = new Set([...book, ...pools.map(({ metadata }) => metadata.name)]);
  const shown = [...names].slice(0, 5).join(", ");
  return names.size === 0
    ? ["nothing: it goes as soon as the operator lets it go"]
    : [
        `end the applications of its ${counted(names.size, "pool")}: it goes with the last of them (${shown}${names.size > 5 ? ", …" : ""})`,
      ];
}

function summaryOf(
  subnet: SpiderSubnet,
  own: readonly Obstacle[],
  sums: SubnetSums | undefined,
  waiters: readonly Waiter[],
): string {
  if (own[0]) return own[0].message;
  const free = sums
    ? `${countText(sums.free)} of ${countText(sums.total)} addresses are free`
    : "its addresses cannot be read";
  const waiting =
    waiters.length > 0
      ? `; ${counted(waiters.length, "pool")} wait${waiters.length === 1 ? "s" : ""}`
      : "; nobody waits";
  return `${subnet.spec.subnet}: ${free}${waiting}`;
}

function factsOf(
  { spec, metadata }: SpiderSubnet,
  sums: SubnetSums | undefined,
  { snapshot }: Enquiry,
): Explanation["facts"] {
  const records = snapshot.subnets.book(metadata.name)?.entries.size ?? 0;
  const excluded = spec.excludeIPs?.length ? ` without ${spec.excludeIPs.join(", ")}` : "";
  return [
    ["addresses", `${(spec.ips ?? []).join(", ") || "none"} of ${spec.subnet}${excluded}`],
    ...(sums
      ? ([
          ["recorded", `${countText(sums.recorded)} for ${counted(records, "pool")}`],
          ["free", countText(sums.free)],
        ] as const)
      : []),
    ...(sums && sums.reserved > 0n
      ? ([["reserved", `${countText(sums.reserved)} by ${sums.reservedBy.join(", ")}`]] as const)
      : []),
    ...(sums && sums.unrecorded > 0n
      ? ([["unrecorded", `${countText(sums.unrecorded)} in pools without a record`]] as const)
      : []),
  ];
}
