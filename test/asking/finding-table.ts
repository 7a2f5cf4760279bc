/**
 * The table of findings in `docs/questions.md`, made from the code that finds and mends them.
 * @module
 */

import { findingRows } from "../../src/asking/finding.ts";
import { mended } from "../../src/asking/repair.ts";

export const DOCUMENT = "docs/questions.md";

const [begin, end] = ["<!-- findings -->\n", "<!-- /findings -->"];

/** Returns the document with the table as it must be. */
export function withFindingTable(document: string): string {
  const [before = "", rest = ""] = document.split(begin, 2);
  const [, after = ""] = rest.split(end, 2);
  return `${before}${begin}${table()}${end}${after}`;
}

function table(): string {
  const rows = Object.entries(findingRows).map(([name, { holds, title, cure }]) => {
    const when = holds === "always" ? "always" : "soon";
    return `| \`${name}\` | ${title} | ${when} | ${mended.has(name) ? "yes" : "no"} | ${cure} |\n`;
  });
  return `| finding | what is wrong | holds | \`--repair\` | what helps |\n|---|---|---|---|---|\n${rows.join("")}`;
}
