/**
 * The files that the page is made of: its script out of modules with their types erased, its styles, its frame.
 *
 * They are read where the program runs from its source. `npm run build` puts what this returns into the one file
 * (`.ci/bundle.config.js`), which has no source beside it.
 * @module
 */

import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { link } from "./page-linker.ts";

export interface PageFiles {
  readonly frame: string;
  readonly style: string;
  readonly script: string;
}

/** In the page there is no library for addresses in unusual spelling; who reads them there does without. */
const STAND_INS: Readonly<Record<string, string>> = { "ip-address": "./page/plain-addresses.ts" };

/** Returns the page's files. */
export function pageFiles(): PageFiles {
  const folder = fileURLToPath(new URL("./page/", import.meta.url));
  const style = globSync("*.css", { cwd: folder }).sort();
  return {
    frame: readFileSync(`${folder}frame.html`, "utf8"),
    style: style.map((name) => readFileSync(folder + name, "utf8")).join("\n"),
    script: quietly(() =>
      link(new URL("./page/main.ts", import.meta.url).href, {
        load: (path) => stripTypeScriptTypes(readFileSync(fileURLToPath(path), "utf8")),
        resolve: (name, importer) =>
          name in STAND_INS ? new URL(STAND_INS[name] ?? "", import.meta.url).href : new URL(name, importer).href,
      }),
    ),
  };
}

/** Node says once on the standard error that erasing types on request is young; whoever runs us can do nothing about it. */
function quietly<T>(run: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}
