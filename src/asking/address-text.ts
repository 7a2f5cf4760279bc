/**
 * The answer to "who has this address" in words and one table.
 * @module
 */

import { countText } from "../address/int64.ts";
import { type Cell, tableLines } from "../view/table.ts";
import type { AddressAnswer, AddressPlace, AddressPool, Verdict } from "./address-answer.ts";
import type { AddressHolder } from "./address-holders.ts";
import type { Standing } from "./address-places.ts";
import { addressCount } from "./naming.ts";
import type { TextStyle } from "./paint.ts";

const bad: ReadonlySet<Verdict> = new Set<Verdict>(["leaked", "contested", "unmanaged"]);

const standings: Readonly<Record<Exclude<Standing, "offered">, string>> = {
  excluded: "excludes it",
  gateway: "has it as its gateway",
  "in-cidr": "does not list it",
};

/** Returns the lines. */
export function addressLines(answer: AddressAnswer, { paint, wide }: TextStyle): string[] {
  const { summary, verdict, holders, subnets, records, pools, reservedBy } = answer;
  const rows: Cell[][] = [
    ...subnets.map((subnet) => ["SpiderSubnet", subnet.name, placeText(subnet)]),
    ...records.map(({ subnet, pool, application }) => [
      "record",
      pool,
      `in the ledger of ${subnet}, ${application === undefined ? "of a manual pool" : `for ${application}`}`,
    ]),
    ...pools.map((pool) => ["SpiderIPPool", pool.name, poolText(pool)]),
    ...reservedBy.map((name) => ["SpiderReservedIP", name, "nobody is given what it lists"]),
    ...holders.flatMap((holder) => holderRows(holder, wide)),
  ];
  const lines = [paint(bad.has(verdict) ? "bad" : "strong", summary)];
  if (rows.length > 0) lines.push("", ...tableLines(["where", "name", "how"], rows));
  if (verdict === "leaked" || verdict === "contested") {
    lines.push("", `"autopool check" says what is wrong, "autopool check --repair" mends what is safe`);
  }
  return lines;
}

function placeText({ cidr, standing, total, isTerminating }: AddressPlace): string {
  const given = standing === "offered" ? `one of ${countText(total)} that it gives out` : standings[standing];
  return `${cidr}, ${given}${isTerminating ? "; being deleted" : ""}`;
}

function poolText(pool: AddressPool): string {
  const { cidr, standing, application, state, inUse, total, isDisabled, isTerminating } = pool;
  const about = [
    cidr,
    application !== undefined && `of ${application}`,
    standing !== "offered" && standings[standing],
    total > 0n && `${inUse} of ${addressCount(total)} in use`,
  ];
  const marks = [state, isDisabled && "disabled", isTerminating && "being deleted"].filter(Boolean).join(", ");
  return `${about.filter(Boolean).join(", ")}${marks === "" ? "" : ` (${marks})`}`;
}

function holderRows(holder: AddressHolder, wide: boolean): Cell[][] {
  const { pod, uid, state, end, pools, nics, phase, node, controller, since, isShown } = holder;
  const states = {
    alive: phase ?? "alive",
    ending: "ending",
    over: `over (${end})`,
    kept: `gone (${end}), address kept`,
  };
  const about = [
    states[state],
    node && `on ${node}`,
    controller && `of ${controller}`,
    wide && `UID ${uid}`,
    wide && since && `since ${since}`,
    wide && state === "alive" && !isShown && "not in its status",
  ];
  const nicText = nics.map((nic) => nic || "a NIC without a name yet").join(", ");
  return [
    ...pools.map((pool) => ["allocation", pod, `in SpiderIPPool ${pool}`]),
    ...(nics.length > 0 ? [["SpiderEndpoint", pod, `for ${nicText}`]] : []),
    ["Pod", pod, about.filter(Boolean).join(", ")],
  ];
}
