import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { graph } from "../../src/commands/graph.ts";
import { ConfigError } from "../../src/config.ts";

/** Runs the command and returns what it printed. */
async function draw(...args: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const code = await graph.execute(args, { signal: new AbortController().signal, print });
  assert.is(code, 0);
  return lines.join("\n");
}

/** Runs the command and returns what it throws. */
async function failureOf(...args: readonly string[]): Promise<unknown> {
  return draw(...args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

const command = suite("autopool graph");

let folder: string;
command.before(() => {
  folder = mkdtempSync(join(tmpdir(), "autopool-graph-"));
});
command.after(() => rmSync(folder, { recursive: true }));

command("draws the pool for Mermaid where nothing else is asked for", async () => {
  const text = await draw();

  assert.match(text, /^flowchart TB\n/);
  assert.is(await draw("pool", "--format", "mermaid"), text);
});

command("draws every format that its help names", async () => {
  const begins: readonly (readonly [string, RegExp])[] = [
    ["mermaid", /^flowchart/],
    ["dot", /^digraph "pool" \{/],
    ["svg", /^<svg /],
    ["json", /^\{\n {2}"id": "pool"/],
  ];
  for (const [format, begin] of begins) {
    assert.match(graph.help(), format);
    assert.match(await draw("pool", "-f", format), begin);
  }
});

command("writes to a file what it would print, and prints nothing then", async () => {
  const file = join(folder, "pool.json");

  assert.is(await draw("--format=json", "-o", file), "");

  assert.is(readFileSync(file, "utf8").trimEnd(), await draw("--format=json"));
});

command("refuses arguments that it cannot use, and says what would be right", async () => {
  const refusals: readonly (readonly [string[], RegExp])[] = [
    [["pol"], /machine "pol": there is only pool/],
    [["toString"], /machine "toString"/],
    [["pool", "subnet"], /"subnet" too: name one machine/],
    [["--format", "png"], /--format "png": it must be one of mermaid, dot, svg, json/],
    [["--format="], /--format ""/],
    [["--format"], /argument missing/],
    [["--output="], /--output: its value is missing/],
    [["--fromat", "svg"], /'--fromat'/],
  ];
  for (const [args, message] of refusals) {
    const error = await failureOf(...args);
    assert.instance(error, ConfigError);
    assert.match((error as Error).message, message);
  }
});

command("says which file it cannot write", async () => {
  const file = join(folder, "missing", "pool.svg");

  const error = await failureOf("-o", file);

  assert.not.instance(error, ConfigError);
  assert.match((error as Error).message, `Cannot write "${file}"`);
  assert.not.ok(existsSync(file));
});

command.run();
