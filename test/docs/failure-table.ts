/**
 * The tables of docs/troubleshooting.md: every Event and error text, what it means, what helps.
 * @module
 */

import { notices } from "../../src/act/notices.ts";
import { allocationFailures, poolFailures, selectionFailures } from "../../src/failures/address-failures.ts";
import type { Failure } from "../../src/failures/failure.ts";
import { pluginFailures } from "../../src/failures/plugin-failures.ts";
import { logWarnings, startFailures } from "../../src/failures/process-failures.ts";

/** All rows but Events, by the name of their table. */
export const failures: Readonly<Record<string, readonly Failure[]>> = {
  selection: selectionFailures,
  pools: poolFailures,
  allocation: allocationFailures,
  plugin: pluginFailures,
  start: startFailures,
  log: logWarnings,
};

const cell = (text: string): string => text.replaceAll("|", "\\|");
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** The generated parts of the document, by name. */
export function troubleshootingTables(): Record<string, string> {
  const events = Object.entries(notices)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([reason, { cause, cure }]) => [`\`${reason}\``, cell(cause), cell(cure)]);
  const others = Object.entries(failures).map(([name, rows]) => [
    name,
    table(
      ["it says", "because", "do"],
      rows.map(({ text, cause, cure }) => [`\`${cell(text)}\``, cell(cause), cell(cure)]),
    ),
  ]);
  return { events: table(["reason", "because", "do"], events), ...Object.fromEntries(others) };
}
