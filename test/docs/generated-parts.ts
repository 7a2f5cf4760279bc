/**
 * Parts of documents that are made from tables in the code, between two comments that name them.
 * @module
 */

import { readFileSync } from "node:fs";
import { root } from "../support/source.ts";
import { annotationTables } from "./annotation-table.ts";
import { troubleshootingTables } from "./failure-table.ts";
import { runtimeTables } from "./runtime-table.ts";
import { settingTables } from "./setting-table.ts";

/** Documents with such parts, and what makes them. */
const makers: Readonly<Record<string, () => Record<string, string>>> = {
  "docs/annotations.md": annotationTables,
  "docs/runtimes.md": runtimeTables,
  "docs/settings.md": settingTables,
  "docs/troubleshooting.md": troubleshootingTables,
};

/** Paths of the documents, relative to the repository. */
export const documents = Object.keys(makers);

export const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");

/**
 * Returns a document with its generated parts made anew.
 * @throws {Error} If a part has no place in it.
 */
export function withParts(path: string): string {
  return Object.entries(makers[path]?.() ?? {}).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- made by npm run docs: ${name} -->`, "<!-- end -->"];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`Cannot write part "${name}" of ${path}: it has no "${begin}" … "${end}"`);
    return `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`;
  }, read(path));
}
