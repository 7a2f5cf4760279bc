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
 * Writes `name.ndjson` and `name.test.ts`; returns their paths.
 * @throws {Error} If it is not inside a checkout of autopool, which has what a test needs, or a file is there already.
 */
export function writeTest(name: string, lines: readonly NumberedLine[]): string[] {
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
  const files = [
    [`${path}.ndjson`, lines.map(({ line }) => `${JSON.stringify(line)}\n`).join("")],
    [`${path}.test.ts`, testText(basename(path), support.startsWith(".") ? support : `./${support}`)],
  ] as const;
  for (const [file, text] of files) {
    try {
      writeFileSync(file, text, { flag: "wx" });
    } catch (error) {
      throw new Error(`Cannot write "${file}": ${(error as Error).message}`, { cause: error });
    }
  }
  return files.map(([file]) => file);
}

function rootAbove(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, SUPPORT))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function testText(name: string, support: string): string {
  const imports = [
    ["{ readFileSync }", "node:fs"],
    ["{ suite }", "uvu"],
    ["* as assert", "uvu/assert"],
    ["{ faultsOf }", support],
  ];
  return `/**
 * A life that was recorded: decided today as it was then, however it is disturbed.
 * @module
 */

${imports.map(([what, from]) => `import ${what} from ${JSON.stringify(from)};`).join("\n")}

const recorded = suite(${JSON.stringify(`trace: ${name}`)});

recorded("is decided as it was recorded, and ends the same however it is disturbed", async () => {
  const file = new URL(${JSON.stringify(`./${name}.ndjson`)}, import.meta.url);
  assert.equal(await faultsOf(readFileSync(file, "utf8").trimEnd().split("\\n")), []);
});

recorded.run();
`;
}
