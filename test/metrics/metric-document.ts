/**
 * The tables of `docs/metrics.md`, made from the tables in the code.
 * @module
 */

import { admissionTable } from "../../src/metrics/admission-table.ts";
import { agentTable } from "../../src/metrics/agent-table.ts";
import type { Metric } from "../../src/metrics/metric.ts";
import { operatorTable } from "../../src/metrics/operator-table.ts";
import { processTable } from "../../src/metrics/process-table.ts";
import { referenceAgentTable, referenceOperatorTable } from "../../src/metrics/reference-table.ts";
import { OUTCOMES } from "../../src/metrics/request-outcome.ts";

export const DOCUMENT = "docs/metrics.md";

const parts: Readonly<Record<string, () => string[]>> = {
  both: () => table(processTable),
  operator: () => table(operatorTable),
  admission: () => table(admissionTable),
  agent: () => table(agentTable),
  outcomes: () => [
    "| outcome | means that |",
    "|---|---|",
    ...Object.entries(OUTCOMES).map(([outcome, meaning]) => `| \`${outcome}\` | ${meaning} |`),
  ],
  reference: () => referenceTable([...referenceOperatorTable, ...referenceAgentTable]),
};

/**
 * Returns the document with all tables as the code has them.
 * @throws {RangeError} If the document has no place for one of them.
 */
export function withMetrics(document: string): string {
  return Object.entries(parts).reduce((text, [name, make]) => {
    const begin = `<!-- metrics: ${name} -->`;
    const [at, end] = [text.indexOf(begin), text.indexOf(`<!-- end of ${name} -->`)];
    if (at < 0 || end < at)
      throw new RangeError(`Cannot write metrics into ${DOCUMENT}: the marks of ${name} are missing`);
    return `${text.slice(0, at + begin.length)}\n\n${make().join("\n")}\n\n${text.slice(end)}`;
  }, document);
}

function table(rows: readonly Metric[]): string[] {
  return [
    "| metric | type | labels | what it tells |",
    "|---|---|---|---|",
    ...rows.map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${listed(labels)} | ${escaped(help)} |`),
  ];
}

function referenceTable(rows: readonly Metric[]): string[] {
  return [
    "| metric | type | labels | what it tells | the same, by our own names |",
    "|---|---|---|---|---|",
    ...rows.map(({ name, type, labels, help, insteadOf = "" }) => {
      const same = insteadOf === "" ? "" : `\`${escaped(insteadOf)}\``;
      return `| \`${name}\` | ${type} | ${listed(labels)} | ${escaped(help)} | ${same} |`;
    }),
  ];
}

function listed(labels: readonly string[]): string {
  return labels.map((label) => `\`${label}\``).join(", ");
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}
