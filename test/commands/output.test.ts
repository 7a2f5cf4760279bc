/**
 * How answers are printed: every digit of a count, colours only where there is a terminal that has them.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type OutputFormat, type Printable, printAnswer } from "../../src/commands/output.ts";

const printing = suite("output of answers");

const answer: Printable = {
  data: { count: 18446744073709551616n, small: 3n, absent: undefined, list: [{ text: "a: b" }] },
  lines: ({ paint, wide }) => [paint("bad", "wrong"), wide ? "all" : "some"],
};

function printed(format: OutputFormat, terminal?: { hasColors: boolean }): string {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  printAnswer(answer, format, { signal: new AbortController().signal, print, ...(terminal && { terminal }) });
  return lines.join("\n");
}

printing("keeps every digit of a count in JSON", () => {
  assert.match(printed("json"), /"count": 18446744073709551616,\n {2}"small": 3,/);
  assert.equal(JSON.parse(printed("json")).list, [{ text: "a: b" }]);
});

printing("writes YAML, with large counts as text", () => {
  assert.is(printed("yaml"), `count: '18446744073709551616'\nsmall: 3\nlist:\n  - text: 'a: b'`);
});

printing("has colours only on a terminal that has them, and all of it only with wide", () => {
  assert.is(printed("text"), "wrong\nsome");
  assert.is(printed("wide", { hasColors: false }), "wrong\nall");
  assert.is(printed("text", { hasColors: true }), "\u001b[31mwrong\u001b[39m\nsome");
});

printing.run();
