/** dist/autopool.mjs alone in a folder: what it is, that it starts fast, and that every runtime runs it without permissions. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../src/commands/command-table.ts";
import { AUTOPOOL_VERSION } from "../../src/version.ts";
import { root } from "../support/source.ts";
import { BUNDLE, run, runtimeNames } from "./runtimes.ts";

const MEBIBYTE = 2 ** 20;
const VERSION_SECONDS_MAX = 0.2;
const START_SECONDS_MAX = 0.6;
/** What a command that only works with its input may read under Deno: variables that would be settings. */
const SETTINGS = "--allow-env=AUTOPOOL_*,SPIDERPOOL_*,POD_NAMESPACE,NO_COLOR,TERM";

const test = suite<{ folder: string; file: string }>("the one file");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "autopool-bundle-"));
  context.file = join(context.folder, "autopool.mjs");
  copyFileSync(BUNDLE, context.file);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

/** Returns the seconds of processor time that the one file takes: of the clock's, others that use the machine have a part. */
function processorSeconds(args: readonly string[]): number {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1';
  const { stderr } = spawnSync("bash", ["-c", script, "bash", process.execPath, ...args], { encoding: "utf8" });
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(" ").map(Number);
  return user + system;
}

/** Returns the least of several runs. */
function least(args: readonly string[]): number {
  return Math.min(...Array.from({ length: 15 }, () => processorSeconds(args)));
}

test("is one, executable, of at most 8 MiB, and imports nothing", () => {
  const { size, mode } = statSync(BUNDLE);
  const text = readFileSync(BUNDLE, "utf8");

  assert.ok(size <= 8 * MEBIBYTE, `${size} bytes`);
  assert.is(mode & 0o111, 0o111);
  assert.match(text, /^#!\/usr\/bin\/env node\n/);
  assert.equal(text.match(/^import\b.*|^export\b.* from .*/gm), null);
  const builtins = [...text.matchAll(/getBuiltinModule\("([^"]*)"\)/g)].map(([, name]) => name ?? "");
  assert.ok(builtins.length > 10);
  assert.equal(
    builtins.filter((name) => !name.startsWith("node:")),
    [],
  );
});

test("has the page in it", () => {
  const text = readFileSync(BUNDLE, "utf8");

  for (const part of ["1-base.css", "6-map.css", "frame.html"]) {
    const line = readFileSync(join(root, "src/view/page", part), "utf8")
      .split("\n")
      .filter((each) => !/["\\]/.test(each))
      .sort((one, other) => other.length - one.length)[0];
    assert.ok(text.includes(line ?? "?"), `${part}: ${line}`);
  }
});

test("tells its version within 0.2 s, and is ready to work within 0.6 s", ({ file }) => {
  const version = least([file, "--version"]);
  const ready = least([file, "run", "--once", "--kubeconfig", "/nowhere"]);

  console.log(`--version takes ${version.toFixed(3)} s, run takes ${ready.toFixed(3)} s until it connects`);
  assert.ok(version > 0 && version <= VERSION_SECONDS_MAX, `--version takes ${version} s`);
  assert.ok(ready > 0 && ready <= START_SECONDS_MAX, `the start takes ${ready} s`);
});

for (const runtime of runtimeNames) {
  test(`says on ${runtime} what it is, and of each command what it does`, async ({ file, folder }) => {
    const version = await run(runtime, ["--version"], { file, cwd: folder });
    assert.equal(version, { code: 0, output: `autopool ${AUTOPOOL_VERSION}\n`, errors: "" });

    for (const name of Object.keys(commands)) {
      const help = await run(runtime, [name, "--help"], { file, cwd: folder });
      assert.is(help.code, 0, help.errors);
      assert.match(help.output, `Usage: autopool ${name}`);
    }
    const unknown = await run(runtime, ["fly"], { file, cwd: folder });
    assert.is(unknown.code, 2);
    assert.match(unknown.errors, 'Cannot run "fly": there is no such command');
  });

  test(`plays the demo on ${runtime}, draws the machine, and finds mistakes in a manifest`, async ({
    file,
    folder,
  }) => {
    const permissions = [SETTINGS, `--allow-read=${folder}`];
    const demo = await run(runtime, ["demo"], { file, cwd: folder, permissions });
    assert.is(demo.code, 0, demo.errors);
    assert.match(demo.output, /^db-2 +Running +172\.16\.41\.11 /m);

    const graph = await run(runtime, ["graph", "--format", "svg"], { file, cwd: folder, permissions });
    assert.is(graph.code, 0, graph.errors);
    assert.match(graph.output, /^<svg [\s\S]*<\/svg>\s*$/);

    const manifest = join(folder, "subnet.yaml");
    writeFileSync(
      manifest,
      "apiVersion: spiderpool.spidernet.io/v2beta1\nkind: SpiderSubnet\nmetadata: { name: wrong }\nspec: { subnet: 10.0.0.0/33 }\n",
    );
    const lint = await run(runtime, ["lint", manifest], { file, cwd: folder, permissions });
    assert.is(lint.code, 1, lint.errors);
    assert.match(lint.output, "10.0.0.0/33");
  });
}

test("has the definitions and manifests in it, and tells the same of them on every runtime", async ({
  file,
  folder,
}) => {
  const told: string[] = [];
  for (const runtime of runtimeNames) {
    const install = await run(runtime, ["install", "--dry-run"], { file, cwd: folder, permissions: [SETTINGS] });
    assert.is(install.code, 0, install.errors);
    told.push(install.output);
  }
  assert.match(told[0] ?? "", /^ {2}name: spiderippools\.spiderpool\.spidernet\.io$/m);
  for (const kind of ["CustomResourceDefinition", "ClusterRole", "Deployment", "DaemonSet", "NetworkPolicy"]) {
    assert.match(told[0] ?? "", new RegExp(`^kind: ${kind}$`, "m"));
  }
  assert.is(new Set(told).size, 1);
});

test("may touch nothing that Deno was not told of", async ({ file, folder }) => {
  const secret = join(folder, "secret.yaml");
  writeFileSync(secret, "kind: SpiderSubnet\n");

  const lint = await run("Deno 2", ["lint", secret], { file, cwd: folder, permissions: [SETTINGS] });

  assert.is.not(lint.code, 0);
  assert.match(lint.output + lint.errors, "Requires read access");
});

test.run();
