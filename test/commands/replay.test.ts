/**
 * `autopool replay` and `autopool trace` as their users call them.
 * @module
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Command } from "../../src/commands/command.ts";
import { replay } from "../../src/commands/replay.ts";
import { trace } from "../../src/commands/trace.ts";
import { ConfigError } from "../../src/config.ts";

const folder = new URL("../traces/", import.meta.url).pathname;
const [pinned, refused] = [`${folder}pinned.ndjson`, `${folder}writes-refused.ndjson`];
const directory = mkdtempSync(join(tmpdir(), "autopool-replay-"));

async function run(command: Command, ...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const code = await command.execute(args, { signal: new AbortController().signal, print });
  return { code, lines };
}

/** Returns what a command fails with. */
async function failure(command: Command, ...args: string[]): Promise<Error> {
  try {
    await run(command, ...args);
  } catch (error) {
    return error as Error;
  }
  throw new Error("It did not fail");
}

/** Writes the trace with one decision of it changed; returns the path, and the number of the line. */
function tampered(): { path: string; number: number } {
  const texts = readFileSync(pinned, "utf8").trimEnd().split("\n");
  const index = texts.findIndex((text) => text.includes('"to":"orphaned.pinned"'));
  texts[index] = texts[index]?.replace('"to":"orphaned.pinned"', '"to":"scaling"') ?? "";
  const path = join(directory, "tampered.ndjson");
  writeFileSync(path, texts.join("\n"));
  return { path, number: index + 1 };
}

const replaying = suite("autopool replay");

replaying("prints every step with its operations, and that all are as they were recorded", async () => {
  const { code, lines } = await run(replay, refused);
  assert.is(code, 0);
  assert.match(lines[0] ?? "", /^autopool \d.*, recorded since 20.*Z, from its start, redacted$/);
  assert.match(lines.join("\n"), /created\.managed → scaling {2}on workload\.observed: ensurePool 3/);
  assert.match(lines.at(-1) ?? "", /^\d+ lines: all \d+ decisions are as they were recorded$/);
});

replaying("shows the first step that is another one, side by side, and fails", async () => {
  const { path, number } = tampered();
  const { code, lines } = await run(replay, path);
  assert.is(code, 1);
  const end = lines.slice(lines.findIndex((line) => line.startsWith("Difference")));
  assert.match(end[0] ?? "", new RegExp(`^Difference at line ${number}, decided upon line \\d+:$`));
  assert.equal(
    end.filter((line) => /^≠| {14}recomputed/.test(line)),
    ["≠ to          recorded    scaling", "              recomputed  orphaned.pinned"],
  );
});

replaying("prints one JSON value a line on request", async () => {
  const { path, number } = tampered();
  const { lines } = await run(replay, path, "-o", "json");
  const values = lines.map((line) => JSON.parse(line));
  assert.is(values[0].line, "step");
  assert.is(values.at(-1).difference.number, number);
  assert.is(values.at(-1).difference.recomputed.to, "orphaned.pinned");
});

replaying("prints only what lies between two places and has a key in it, and where the machines stand", async () => {
  const all = await run(replay, refused, "-o", "json");
  const numbers = all.lines.slice(0, -1).map((line) => JSON.parse(line).number as number);
  const [from = 0, until = 0] = [numbers[3], numbers[9]];
  const { lines } = await run(replay, refused, "--from", String(from), "--until", String(until), "-o", "json");
  assert.equal(
    lines.slice(0, -1).map((line) => JSON.parse(line).number),
    numbers.slice(4, 10),
  );
  const none = await run(replay, refused, "--until", "50s", "--key", "nobody");
  assert.is(
    none.lines.some((line) => line.includes("→")),
    false,
  );
  const stands = await run(replay, refused, "--until", "50s");
  assert.ok(stands.lines.some((line) => / {2}pending$/.test(line)));
  const late = await run(replay, refused, "--from", "2199-01-01T00:00:00Z");
  assert.is(late.lines.length, 2);
});

replaying("lets the time between decisions pass, many times faster", async () => {
  const { code } = await run(replay, refused, "--speed", "1000000");
  assert.is(code, 0);
});

replaying("reads a past file and a present one, one after the other, and other names on request", async () => {
  const { code, lines } = await run(replay, pinned, refused, "--redact");
  assert.is(code, 0);
  assert.is(lines.filter((line) => line.startsWith("autopool ")).length, 2);
  assert.match(lines.join("\n"), /namespacex-/);
});

replaying("writes a trace as a test, once, and only where tests are", async () => {
  const checkout = join(directory, "checkout");
  mkdirSync(join(checkout, "test/support"), { recursive: true });
  writeFileSync(join(checkout, "test/support/trace.ts"), "");
  const { lines } = await run(replay, pinned, "--until", "1s", "--as-test", join(checkout, "test/bugs/mine"));
  assert.match(lines[0] ?? "", /^wrote .*mine\.ndjson and .*mine\.test\.ts$/);
  assert.equal(readdirSync(join(checkout, "test/bugs")), ["mine.ndjson", "mine.test.ts"]);
  assert.match(readFileSync(join(checkout, "test/bugs/mine.test.ts"), "utf8"), /from "\.\.\/support\/trace\.ts"/);
  const again = await failure(replay, pinned, "--as-test", join(checkout, "test/bugs/mine.test.ts"));
  assert.match(again.message, /Cannot write ".*mine\.ndjson": EEXIST/);
  const elsewhere = await failure(replay, pinned, "--as-test", join(directory, "mine"));
  assert.match(elsewhere.message, /it is not inside a checkout of autopool/);
});

for (const [args, said] of [
  [[], "Cannot replay nothing: name the file of a trace, or - for the input"],
  [
    [pinned, "--until", "soon"],
    'Cannot use --until: "soon" is neither a line such as 1200 nor a time such as 90s or 2026-01-01T10:00:00Z',
  ],
  [[pinned, "--speed", "fast"], 'Cannot use --speed "fast": it must be a number above 0'],
] as const) {
  replaying(`refuses ${args.slice(1).join(" ") || "no file"}`, async () => {
    const error = await failure(replay, ...args);
    assert.instance(error, ConfigError);
    assert.is(error.message, said);
  });
}

replaying("says which file cannot be read", async () => {
  assert.match((await failure(replay, "/none")).message, /Cannot read "\/none": ENOENT/);
});

replaying.after(() => rmSync(directory, { recursive: true }));
replaying.run();

const fetching = suite("autopool trace");

fetching("fetches from a running operator, and prints other names on request", async () => {
  const text = readFileSync(pinned);
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/trace" ? 200 : 404;
    response.end(request.url === "/trace" ? text : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { code, lines } = await run(trace, "--url", `${base}/trace`);
    assert.equal([code, `${lines.join("\n")}\n`], [0, text.toString()]);
    const other = await run(trace, "--url", `${base}/trace`, "--redact");
    assert.is(other.lines.length, lines.length);
    assert.not.match(other.lines.join("\n"), /namespace-1/);
    assert.match((await failure(trace, "--url", `${base}/none`)).message, /the answer is 404 Not Found/);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  const gone = await failure(trace, "--url", `${base}/trace`);
  assert.match(gone.message, /^Cannot fetch the trace from ".*": .+; "autopool run --view-port 5730" serves it$/);
});

fetching("reads files too, but not both", async () => {
  assert.is((await run(trace, pinned)).lines.length, readFileSync(pinned, "utf8").trimEnd().split("\n").length);
  assert.instance(await failure(trace, pinned, "--url", "http://x/"), ConfigError);
});

fetching.run();
