/**
 * The table of rules in `docs/admission.md`, made from the code.
 * @module
 */

import { RULES, type Rule } from "../../src/admission/rules/rule-table.ts";

export const DOCUMENT = "docs/admission.md";

const BEGIN = /^<!-- rules: .*-->$/m;
const END = "<!-- end of rules -->";

/**
 * Returns the document with the table as the code has it.
 * @throws {RangeError} If the document has no place for it.
 */
export function withRules(document: string): string {
  const begin = BEGIN.exec(document);
  const end = document.indexOf(END);
  if (!begin || end < begin.index)
    throw new RangeError(`Cannot write the rules into ${DOCUMENT}: the marks are missing`);
  return `${document.slice(0, begin.index + begin[0].length)}\n${table()}\n${document.slice(end)}`;
}

function table(): string {
  const rows = Object.entries<Rule>(RULES).map(([name, rule]) => row(name, rule));
  return [
    "",
    "| rule | kinds | field | what must hold | code | held by the definition |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function row(name: string, { kinds, field, text, byDefinition }: Rule): string {
  const short = kinds.map((kind) => kind.replace("Spider", "")).join(", ");
  const code = field === "metadata" ? 403 : 422;
  return `| \`${name}\` | ${kinds.length === 3 ? "all" : short} | \`${field}\` | ${text} | ${code} | ${byDefinition} |`;
}
