/**
 * An explanation in words and tables, on one screen: what is long is cut, and `-o wide` shows all of it.
 * @module
 */

import { countText } from "../address/int64.ts";
import { fromTimestamp } from "../clock.ts";
import { type Cell, tableLines } from "../view/table.ts";
import type { Explanation, Health } from "./explanation.ts";
import type { Emphasis, TextStyle } from "./paint.ts";

const emphases: Readonly<Record<Health, Emphasis>> = {
  well: "good",
  waiting: "strong",
  stuck: "bad",
  idle: "strong",
  over: "weak",
};

/** Rows of each table without `-o wide`. */
const rowsMax = 5;
/** Characters of a warning without it. */
const messageMax = 200;

/** Returns the lines; `now` is in milliseconds since the epoch. */
export function explanationLines(told: Explanation, now: number, style: TextStyle): string[] {
  const { kind, namespace, name, summary, health, facts } = told;
  const title = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}: ${summary}`;
  const width = Math.max(0, ...facts.map(([label]) => label.length));
  return [
    style.paint(emphases[health], title),
    ...facts.map(([label, text]) => style.paint("weak", `  ${label.padEnd(width)}  ${text}`)),
    ...poolsPart(told, style),
    ...whyPart(told, style),
    ...usersPart(told, style),
    ...waitersPart(told, style),
    ...sparesPart(told, style),
    ...listPart("What would help", told.helps, style),
    ...listPart("What looks wrong (autopool check makes sure)", told.doubts, style),
    ...listPart("What could not be seen", told.unseen, style),
    ...warningsPart(told, now, style),
  ];
}

/** Of a pool itself everything is said above. */
function poolsPart({ pools, kind }: Explanation, style: TextStyle): string[] {
  if (kind === "SpiderIPPool") return [];
  const rows = pools.map(({ pool, exists, state, interface: nic, family, subnet, size, wanted, inUse }) => [
    exists ? pool : `(${pool})`,
    state,
    nic,
    `IPv${family}`,
    subnet,
    size,
    wanted ?? "?",
    inUse,
  ]);
  return table(["pool", "state", "nic", "family", "subnet", "size", "wanted", "in-use"], rows, style);
}

/** One obstacle is said in the title already. */
function whyPart({ obstacles }: Explanation, style: TextStyle): string[] {
  const rows = obstacles.map(({ reason, about, missing, message }) => [reason, about ?? "", missing ?? "", message]);
  return rows.length > 1 ? table(["why", "about", "missing", "message"], rows, style) : [];
}

function usersPart({ users }: Explanation, style: TextStyle): string[] {
  const rows = users.map(({ address, pool, pod, state, node }) => [address, pool, pod, state, node ?? ""]);
  return table(["in use", "of pool", "by pod", "state", "node"], rows, style);
}

function waitersPart({ waiters }: Explanation, style: TextStyle): string[] {
  const rows = waiters.map(({ application, pool, wanted, missing, reason }) => [
    application,
    pool,
    wanted,
    missing ?? "",
    reason,
  ]);
  return table(["waiting", "for pool", "wanted", "missing", "why"], rows, style);
}

function sparesPart({ spares }: Explanation, style: TextStyle): string[] {
  const rows = spares.map(({ pool, application, state, inUse, size, spare, how }) => [
    pool,
    application ?? "nobody",
    state ?? "",
    `${inUse} of ${countText(size)}`,
    countText(spare),
    how,
  ]);
  return table(["could give", "of", "state", "in-use", "spare", "how"], rows, style);
}

function warningsPart({ warnings }: Explanation, now: number, style: TextStyle): string[] {
  const rows = warnings.map(({ at, count, reason, object, message }) => [
    `${ageText(now - fromTimestamp(at))}${count > 1 ? ` (x${count})` : ""}`,
    reason,
    object,
    style.wide || message.length <= messageMax ? message : `${message.slice(0, messageMax)}…`,
  ]);
  return table(["last warned", "reason", "object", "message"], rows, style);
}

function table(headers: readonly string[], rows: readonly (readonly Cell[])[], { wide, paint }: TextStyle): string[] {
  if (rows.length === 0) return [];
  const shown = wide ? rows : rows.slice(0, rowsMax);
  const [head = "", ...lines] = tableLines(headers, shown);
  return ["", paint("strong", head), ...lines, ...rest(rows.length - shown.length, paint)];
}

function listPart(heading: string, texts: readonly string[], { wide, paint }: TextStyle): string[] {
  if (texts.length === 0) return [];
  const shown = wide ? texts : texts.slice(0, rowsMax);
  return [
    "",
    paint("strong", heading),
    ...shown.map((text) => `- ${text}`),
    ...rest(texts.length - shown.length, paint),
  ];
}

function rest(count: number, paint: TextStyle["paint"]): string[] {
  return count > 0 ? [paint("weak", `and ${count} more; -o wide shows all`)] : [];
}

function ageText(ms: number): string {
  if (!Number.isFinite(ms)) return "?";
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s ago`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m ago`;
  return `${Math.floor(seconds / 3600)}h ago`;
}
