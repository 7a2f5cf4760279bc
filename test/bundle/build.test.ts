/** The build: the same bytes every time, and a true account of what is inside. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../support/source.ts";
import { BUNDLE } from "./runtimes.ts";

const OUTPUTS = ["dist/autopool.mjs", "dist/autopool.cdx.json", "dist/autopool.licences.txt"];

const test = suite("the build");

const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Builds in a folder that has the repository's files; packages are there as `npm ci` leaves them. */
function buildElsewhere(): string {
  const folder = mkdtempSync(join(root, "dist/build-"));
  for (const name of [".ci", "crds", "deploy", "LICENSE", "machines", "package.json", "package-lock.json", "src"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  execFileSync("cp", ["-al", join(root, "node_modules"), folder]);
  execFileSync(process.execPath, ["node_modules/rolldown/bin/cli.mjs", "-c", ".ci/bundle.config.js"], {
    cwd: folder,
    stdio: "pipe",
    env: { ...process.env, TZ: "Pacific/Auckland", LANG: "tr_TR.UTF-8" },
  });
  return folder;
}

test("makes the same bytes in another folder, at another time", () => {
  const folder = buildElsewhere();
  try {
    for (const output of OUTPUTS) assert.is(digest(join(folder, output)), digest(join(root, output)), output);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly { readonly expression: string }[];
  readonly hashes?: readonly unknown[];
}

test("names every package of which it has code, as the lock file has it, and no other", () => {
  const text = readFileSync(BUNDLE, "utf8");
  const bill = JSON.parse(readFileSync(join(root, "dist/autopool.cdx.json"), "utf8"));
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const components: readonly Component[] = bill.components;

  const regions = [...text.matchAll(/^\s*\/\/ (node_modules\/\S+)/gm)].map(
    ([, path = ""]) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1],
  );
  assert.equal([...new Set(components.map(({ name }) => name))].sort(), [...new Set(regions)].sort());
  for (const { name, version, purl, licenses, hashes } of components) {
    const locked = Object.entries<{ version?: string }>(lock).filter(([path]) => path.endsWith(`node_modules/${name}`));
    assert.ok(
      locked.some(([, each]) => each.version === version),
      `${name}@${version}`,
    );
    assert.is(purl, `pkg:npm/${name.replace("@", "%40")}@${version}`);
    assert.match(licenses[0]?.expression ?? "", /^(?:MIT|Apache-2\.0|BSD-[23]-Clause|0BSD|ISC)$/);
    assert.is(hashes?.length, 1, name);
  }
  assert.is(bill.metadata.component.hashes[0].content, digest(BUNDLE));
  const references = new Set(["autopool", ...components.map(({ purl }) => purl)]);
  for (const { ref, dependsOn } of bill.dependencies) {
    assert.ok(references.has(ref));
    for (const each of dependsOn) assert.ok(references.has(each));
  }
});

test("carries the licence of each of them, in the file itself and beside it", () => {
  const text = readFileSync(BUNDLE, "utf8");
  const licences = readFileSync(join(root, "dist/autopool.licences.txt"), "utf8");
  const bill = JSON.parse(readFileSync(join(root, "dist/autopool.cdx.json"), "utf8"));

  for (const { name, version } of bill.components as readonly Component[]) {
    assert.match(licences, `\n${name} ${version} (`);
    assert.match(text, `\n// ${name} ${version} (`);
  }
  assert.match(licences, "It contains graphviz ");
  assert.match(licences, readFileSync(join(root, "LICENSE"), "utf8").trim());
});

test.run();
