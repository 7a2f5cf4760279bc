/**
 * What can be read as a trace, and what is said of what cannot.
 * @module
 */

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readTrace } from "../../src/trace/trace-reader.ts";
import { AUTOPOOL_VERSION } from "../../src/version.ts";

const header = JSON.stringify({
  line: "header",
  t: 0,
  format: "autopool-trace",
  version: 1,
  at: "2026-01-01T00:00:00.000000Z",
  autopool: "0.1.0",
  settings: { defaultNumber: "+1", families: [4, 6] },
  begins: "start",
});
const opened = '{"line":"opened","t":3}';

/** Returns the numbers and kinds of the lines, or the message of the error. */
async function read(...texts: string[]): Promise<string> {
  const found: string[] = [];
  try {
    for await (const { number, line } of readTrace(texts)) found.push(`${number} ${line.line}`);
  } catch (error) {
    return (error as Error).message;
  }
  return found.join(", ");
}

const reading = suite("trace: reading");

reading("numbers the lines, empty ones too", async () => {
  assert.is(await read(header, "", opened, ""), "1 header, 3 opened");
});

for (const [name, texts, said] of [
  ["an empty file", [], "Cannot read the trace: it is empty"],
  ["what is no trace", ["hello"], "Cannot read line 1 of the trace: it is no JSON: hello"],
  [
    "a log",
    ['{"msg":"x"}'],
    'Cannot read line 1 of the trace: it must be the header of an autopool trace: {"msg":"x"}',
  ],
  [
    "a later version",
    [header.replace('"version":1', '"version":2')],
    `Cannot read line 1 of the trace: its format has version 2, and this autopool reads version 1: ${header.replace('"version":1', '"version":2').slice(0, 80)}…`,
  ],
  [
    "half a line in between",
    [header, '{"line":"op', opened],
    'Cannot read line 2 of the trace: it is no JSON: {"line":"op',
  ],
  [
    "a kind that there is not",
    [header, '{"line":"x","t":1}'],
    'Cannot read line 2 of the trace: there is no kind of line "x": {"line":"x","t":1}',
  ],
  [
    "a line without time",
    [header, '{"line":"opened"}'],
    'Cannot read line 2 of the trace: "t" must be a number of milliseconds: {"line":"opened"}',
  ],
  [
    "a member that is missing",
    [header, '{"line":"synced","t":1}'],
    'Cannot read line 2 of the trace: "of" must be a text: {"line":"synced","t":1}',
  ],
  ["a list", [header, "[]"], "Cannot read line 2 of the trace: it is no JSON object: []"],
] as const) {
  reading(`says what is wrong with ${name}`, async () => {
    assert.is(await read(...texts), said);
  });
}

reading("passes over half a line where a process died: before the next header, and at the end", async () => {
  assert.is(await read(header, '{"line":"op', header, opened, '{"li'), "1 header, 3 header, 4 opened");
});

reading.run();

const version = suite("trace: version");

version("is the package's own", () => {
  const { version: expected } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  assert.is(AUTOPOOL_VERSION, expected);
});

version.run();
