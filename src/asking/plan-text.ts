/**
 * A plan in words and one table.
 * @module
 */

import { tableLines } from "../view/table.ts";
import { counted } from "./naming.ts";
import type { Emphasis, TextStyle } from "./paint.ts";
import { labelOf, type PlannedObject, type PlanVerdict } from "./plan.ts";

/** What is printed of a plan; plain data. */
export interface PlanReport {
  /** Every object would be taken, and get all that it asks for. */
  readonly fits: boolean;
  readonly objects: readonly PlannedObject[];
  /** What could not be read, and why: the plan may be another one with it. */
  readonly unseen: readonly string[];
}

const emphases: Readonly<Record<PlanVerdict, Emphasis>> = {
  fits: "good",
  short: "bad",
  refused: "bad",
  idle: "weak",
  unknown: "strong",
};

/** Returns whether nothing is in the way of an object. */
export function isFine({ verdict }: PlannedObject): boolean {
  return verdict === "fits" || verdict === "idle" || verdict === "unknown";
}

/** Returns the lines. */
export function planLines({ objects, unseen }: PlanReport, { paint }: TextStyle): string[] {
  const lines = objects.flatMap((object) => [
    paint(emphases[object.verdict], `${labelOf(object)}: ${object.summary}`),
    ...object.helps.map((help) => paint("weak", `  - ${help}`)),
  ]);
  const rows = objects.flatMap((object) =>
    object.pools.map(({ pool, action, interface: nic, family, subnet, before, size, ips }) => [
      labelOf(object),
      pool,
      action,
      nic,
      `IPv${family}`,
      subnet,
      before === size || before === 0 ? size : `${before} -> ${size}`,
      ips.join(", ") || "-",
    ]),
  );
  const headers = ["application", "pool", "action", "nic", "family", "subnet", "size", "addresses"];
  const fine = objects.filter(isFine).length;
  const isUnnamed = rows.some(([, pool]) => String(pool).includes("-xxxxx"));
  return [
    ...lines,
    ...(rows.length > 0 ? ["", ...tableLines(headers, rows)] : []),
    ...(isUnnamed
      ? [paint("weak", "xxxxx: five characters of the application's UID, which it gets when it is created")]
      : []),
    ...unseen.map((what) => paint("weak", `could not be seen: ${what}`)),
    "",
    fine === objects.length
      ? paint("good", `All of ${counted(objects.length, "object")} fit`)
      : paint(
          "bad",
          `${objects.length - fine} of ${counted(objects.length, "object")} ${objects.length - fine === 1 ? "does" : "do"} not fit`,
        ),
  ];
}
