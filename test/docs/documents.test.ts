/** Documents say what the code says: generated parts are fresh, every error is in its table, every link and setting exists. */
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { agentSettings } from "../../src/agent/agent-config.ts";
import { commands } from "../../src/commands/command-table.ts";
import { operatorSettings } from "../../src/operator-config.ts";
import { readSources, root } from "../support/source.ts";
import { errorTexts } from "./error-texts.ts";
import { failures } from "./failure-table.ts";
import { documents, read, withParts } from "./generated-parts.ts";

const test = suite("documents");

const all = ["README.md", ...globSync("docs/*.md", { cwd: root }).sort()];

/** The parts of a row that do not vary. */
const fixedParts = (text: string): string[] =>
  text
    .split("…")
    .map((part) => part.trim())
    .filter((part) => part.length >= 6);

for (const path of documents) {
  test(`${path} is as the tables in the code make it`, () => {
    assert.is(read(path), withParts(path), 'run "npm run docs"');
  });
}

test("tell only texts that are in the source", () => {
  const source = readSources("src")
    .filter(({ path }) => !path.startsWith("src/failures/"))
    .map(({ text }) => text.replaceAll('\\"', '"').replaceAll(/["`] \+\n\s*["`]/g, ""))
    .join("\n");
  const missing = Object.values(failures)
    .flat()
    .flatMap(({ text }) => fixedParts(text).filter((part) => !source.includes(part)));
  assert.equal(missing, []);
});

test("leave out no error that a pod's Events can have", () => {
  const rows = Object.values(failures).flatMap((table) => table.map(({ text }) => text));
  const untold = errorTexts().filter(({ parts }) => !rows.some((row) => parts.some((part) => row.includes(part))));
  assert.equal(untold, []);
});

test("have a cause and a cure for everything, and tell nothing twice", () => {
  for (const [name, table] of Object.entries(failures)) {
    for (const { text, cause, cure } of table) {
      assert.ok(cause.endsWith(".") && cure.length > 2, text);
    }
    assert.is(new Set(table.map(({ text }) => text)).size, table.length, name);
  }
});

/** Headings of a document as links name them. */
const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );

test("link only to what is there, headings included", () => {
  const dead = all.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([, target = "", anchor]) => {
      const file = target === "" ? path : join(dirname(path), target);
      const isThere = existsSync(join(root, file)) && (anchor === undefined || anchorsOf(read(file)).has(anchor));
      return isThere ? [] : [`${path}: ${target}#${anchor ?? ""}`];
    }),
  );
  assert.equal(dead, []);
});

test("name only settings and commands that there are", () => {
  const known = new Set([...operatorSettings, ...agentSettings].map(({ name }): string => name));
  const pattern = /`(?:autopool (?:run|agent) )?--([a-z0-9-]+)(?:[ =][^`]*)?`/g;
  const others = new Set(["once", "dry-run", "config"]);
  const settings = ["docs/concepts.md", "docs/operations.md", "docs/troubleshooting.md", "docs/compatibility.md"];
  const unknown = settings.flatMap((path) =>
    [...read(path).matchAll(pattern)]
      .map(([, name = ""]) => name)
      .filter((name) => !known.has(name) && !others.has(name) && !FLAGS.has(name))
      .map((name) => `${path}: --${name}`),
  );
  assert.equal(unknown, []);
  const verbs = all.flatMap((path) =>
    [...read(path).matchAll(/`autopool ([a-z][a-z-]+)/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !(name in commands)),
  );
  assert.equal(verbs, []);
});

/** Of other programs and of questions. */
const FLAGS = new Set([
  "repair",
  "redact",
  "as-test",
  "server-side",
  "cascade",
  "version",
  "output",
  "context",
  "max-old-space-size",
  "bump-revision",
]);

test.run();
