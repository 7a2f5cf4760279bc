/**
 * Makes a test of a trace: the trace, and beside it a test file that replays it straight and disturbed.
 * @module
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { NumberedLine } from "../trace/trace-reader.ts";

/** What the tests of traces have in common, in a checkout of autopool. */
const SUPPORT = join("test", "support", "trace.ts");

/**
 * Writes `name.ndjson` and `name.test.ts`; returns a sentence on it.
 * @throws {Error} If it is not inside a checkout of autopool, which has what a test needs, or a file is there already.
 */
export function writeTest(name: string, lines: readonly NumberedLine[]): string {
  const path = resolve(name.replace(/\.(?:test\.ts|ndjson)$/, ""));
  const folder = dirname(path);
  const root = rootAbove(folder);
  if (root === undefined) {
    throw new Error(
      `Cannot write a test to "${folder}": it is not inside a checkout of autopool, which has "${SUPPORT}"`,
    );
  }
  const support = relative(folder, join(root, SUPPORT)).split(sep).join("/");
  mkdirSync(folder, { recursive: true });
  const trace = lines.map(({ line }) => `${JSON.stringify(line)}\n`).join("");
  for (const [file, text] of [
    [`${path}.ndjson`, trace],
    [`${path}.test.ts`, testText(basename(path), support.startsWith(".") ? support : `./${support}`)],
  ] as const) {
    try {
      writeFileSync(file, text, { flag: "wx" });
    } catch (error) {
      throw new Error(`Cannot write "${file}": ${(error as Error).message}`, { cause: error });
    }
  }
  return `wrote ${path}.ndjson and ${path}.test.ts`;
}

function rootAbove(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, SUPPORT))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function testText(name: string, support: string): string {
  return `/**
 * A life that was recorded: decided today as it was then, however it is disturbed.
 * @module
 */

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { faultsOf } from ${JSON.stringify(support)};

const recorded = suite(${JSON.stringify(`trace: ${name}`)});

recorded("is decided as it was recorded, and stands the same with restarts, lost and doubled events, and stale views", async () => {
  const file = new URL(${JSON.stringify(`./${name}.ndjson`)}, import.meta.url);
  assert.equal(await faultsOf(readFileSync(file, "utf8").trimEnd().split("\\n")), []);
});

recorded.run();
`;
}
