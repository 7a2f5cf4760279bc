/**
 * The house rules that a program can check: who may import whom, which words stand where, how long things may be.
 *
 * A rule that is broken twice becomes a line here. Each test compares the offenders with an empty list, so that a failure
 * names all of them.
 * @module
 */
import { globSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { longFunctions, readSources, root, type SourceFile } from "./support/source.ts";

const program = readSources("machines", "src");
const source = program.filter(({ path }) => path.startsWith("src/"));
const everything = [...program, ...readSources("bench", "test")];
const testFiles = everything.filter(({ path }) => path.endsWith(".test.ts"));

/** Fails with the whole list of offenders. */
function nobody(offenders: readonly string[]): void {
  assert.equal(offenders, []);
}

/** Returns `path:line` of every match in the code (not in comments nor strings) of the files. */
function naming(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, code }) =>
    code.split("\n").flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
}

/** All but what runs in a browser. */
const ours = program.filter(({ path }) => !path.startsWith("src/view/page/"));

const except = (files: readonly SourceFile[], ...paths: string[]): SourceFile[] =>
  files.filter(({ path }) => !paths.includes(path));

const rooms = suite("house: the rooms");

const SHARED = [/^src\/clock\.ts$/, /^src\/random\.ts$/, /^src\/back-off\.ts$/];
const PURE = [/^node:(?:crypto|assert|util)$/];
const PORT = [/^src\/cluster\/[^/]+\.ts$/];
const KNOWLEDGE = [/^machines\//, /^src\/api\//, /^src\/address\//, ...PORT, ...SHARED, ...PURE];

/** What each room may import beside itself; the first room that a path begins with counts. */
const MAY_IMPORT: readonly (readonly [room: string, allowed: readonly RegExp[]])[] = [
  ["machines/", [/^xstate$/, /^ip-address$/]],
  ["src/address/", [/^ip-address$/]],
  ["src/api/", [/^src\/address\//, /^src\/cluster\/cluster\.ts$/, /^node:crypto$/]],
  ["src/observe/", KNOWLEDGE],
  ["src/act/", [...KNOWLEDGE, /^p-queue$/]],
  ["src/view/graphviz.ts", [/^@viz-js\/viz$/]],
  ["src/view/page-files.ts", [/^src\/view\//, /^node:(?:fs|module|url)$/]],
  // What runs in a browser shows what is told, and takes no part in anything else.
  ["src/view/page/", [/^src\/view\//, /^src\/address\//, /^src\/trace\/trace-line\.ts$/, /^machines\//]],
  ["src/trace/", [...KNOWLEDGE, /^src\/observe\//, /^src\/(?:reconciler|version)\.ts$/, /^node:fs$/]],
  [
    "src/asking/",
    [
      ...KNOWLEDGE,
      /^src\/(?:observe|act|ipam|admission\/rules|view)\//,
      /^src\/(?:standing|holdings|defence-\w+)\.ts$/,
    ],
  ],
  ["src/view/", [...KNOWLEDGE, /^src\/trace\/trace-line\.ts$/]],
  ["src/simulation/", KNOWLEDGE],
  ["src/cluster/kubernetes/", [/^@kubernetes\/client-node$/, /^undici$/, /^node:(?!timers)/, ...PORT, ...SHARED]],
  ["src/cluster/memory/", [...PORT, ...SHARED, ...PURE]],
  ["src/cluster/", [...SHARED, ...PURE]],
  ["src/ipam/", KNOWLEDGE],
  ["src/leadership/", [...KNOWLEDGE, /^src\/(?:log|setting)\.ts$/]],
  ["src/admission/rules/", [/^src\/api\//, /^src\/address\//, /^src\/cluster\/cluster\.ts$/]],
  ["src/admission/certificates/", [...KNOWLEDGE, /^@peculiar\/x509$/, /^reflect-metadata$/]],
  ["src/admission/", [...KNOWLEDGE, /^src\/(?:log|listening)\.ts$/, /^src\/metrics\//, /^node:(?!timers)/]],
  // What is measured is told to it, or looked at through shapes of its own.
  [
    "src/metrics/",
    [...KNOWLEDGE, /^src\/agent\/ipam-service\.ts$/, /^src\/ipam\/candidate\.ts$/, /^prom-client$/, /^node:fs$/],
  ],
  ["src/agent/", [...KNOWLEDGE, /^src\/ipam\//, /^src\/(?:log|config|setting)\.ts$/, /^node:(?!timers)/]],
  // The plugin starts anew for every NIC: what it imports, every pod waits for.
  ["src/cni/", [/^src\/(?:address\/address|api\/agent-protocol|api\/go-json|clock|log)\.ts$/, /^node:(?:fs|path)$/]],
  ["src/installation/", [...KNOWLEDGE, /^node:(?:fs|url)$/, /^js-yaml$/]],
  ["src/commands/", [/^src\//, /^machines\//, /^node:(?!timers)/, /^js-yaml$/]],
  ["src/main.ts", [/^src\//, /^node:(?!timers)/]],
  [
    "src/config.ts",
    [/^src\/(?!commands\/|main\.ts|cluster\/(?:kubernetes|memory)\/)/, /^node:(?!timers)/, /^js-yaml$/],
  ],
  ["src/clock.ts", []],
  ["src/random.ts", []],
  // The rest of src/ joins the rooms: the only place where facts meet operations.
  ["src/", [/^src\/(?!commands\/|main\.ts|cluster\/(?:kubernetes|memory)\/)/, /^machines\//, /^node:(?!timers)/]],
];

rooms("open only inwards", () => {
  nobody(
    program.flatMap(({ path, imports }) => {
      const [room = "", allowed = []] = MAY_IMPORT.find(([begin]) => path.startsWith(begin)) ?? [];
      const isAllowed = (name: string): boolean =>
        (name.startsWith(room) && room !== "src/cluster/") || allowed.some((pattern) => pattern.test(name));
      const inPort = (name: string): boolean => room === "src/cluster/" && PORT.some((pattern) => pattern.test(name));
      return imports.filter((name) => !isAllowed(name) && !inPort(name)).map((name) => `${path} imports ${name}`);
    }),
  );
});

rooms("leave the Kubernetes client and its connections to one of them", () => {
  nobody(
    source
      .filter(({ path }) => !path.startsWith("src/cluster/kubernetes/"))
      .flatMap(({ path, imports }) =>
        imports.filter((name) => /^(?:@kubernetes\/|undici\b)/.test(name)).map((name) => `${path} imports ${name}`),
      ),
  );
});

rooms("leave timers and dates to src/clock.ts", () => {
  const time = /\b(?:Date|setTimeout|setInterval|setImmediate)\b|\bperformance\.now\b|\bAbortSignal\.timeout\b/;
  nobody(naming(except(ours, "src/clock.ts"), time));
});

rooms("leave chance to src/random.ts", () => {
  nobody(naming(except(program, "src/random.ts"), /\bMath\.random\b/));
});

// The CNI plugin is a program of its own, with an interface and an end of its own.
rooms("leave the environment and the arguments to src/config.ts", () => {
  nobody(naming(except(program, "src/config.ts", "src/cni/environment.ts"), /\bprocess\s*\.\s*(?:env|argv)\b/));
});

rooms("leave the end of the process to src/main.ts", () => {
  nobody(naming(except(program, "src/main.ts", "src/cni/main.ts"), /\bprocess\s*\.\s*exit\b/));
});

rooms.run();

const files = suite("house: files");

files("have a name of their own", () => {
  const names = /^(?:utils?|helpers?|common|managers?|types?|index)(?:\.test)?\.ts$/;
  nobody(everything.map(({ path }) => path).filter((path) => names.test(basename(path))));
});

files("open by saying what they are", () => {
  const opening = /^(?:#![^\n]*\n)?\/\*\*\n(?:(?! \*\/).*\n)* \* @module\n \*\/\n/;
  nobody(program.filter(({ text }) => !opening.test(text)).map(({ path }) => path));
});

files("are short: 250 lines, tests 400", () => {
  const max = ({ path }: SourceFile): number => (path.startsWith("test/") ? 400 : 250);
  const length = ({ text }: SourceFile): number => text.split("\n").length - 1;
  nobody(everything.filter((file) => length(file) > max(file)).map((file) => `${file.path} has ${length(file)} lines`));
});

files("have functions of 60 lines at most", () => {
  nobody(everything.flatMap((file) => longFunctions(file, 60)));
});

files("export by name", () => {
  nobody(naming(everything, /\bexport\s+default\b|\bas\s+default\b/));
});

files("have no enum, which Node cannot strip", () => {
  nobody(naming(everything, /\benum\s+\w+\s*\{/));
});

files("leave nothing to be done later", () => {
  const postponed = new RegExp(`\\b(?:${["TO", "DO"].join("")}|${["FIX", "ME"].join("")})\\b`);
  const texts = globSync("{machines,src,bench,test,crds,deploy,docs,.ci}/**/*{.ts,.sh,.md,.yaml,run}", { cwd: root });
  nobody(texts.filter((path) => postponed.test(readFileSync(`${root}/${path}`, "utf8"))));
});

files("make no markup of text in the page", () => {
  const markup =
    /\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|setHTMLUnsafe|document\.write)\b/;
  nobody(naming(everything, markup));
});

files.run();

const tests = suite("house: tests");

tests("run every suite that they declare, and each has a test", () => {
  nobody(
    testFiles.flatMap(({ path, code }) =>
      [...code.matchAll(/\bconst (\w+) = suite(?:<.*>)?\(/g)].flatMap(([, name = ""]) => [
        ...(new RegExp(`^${name}\\.run\\(\\);`, "m").test(code) ? [] : [`${path} does not run ${name}`]),
        ...(new RegExp(`\\b${name}(?:\\.skip\\))?\\(`).test(code) ? [] : [`${path} has no test in ${name}`]),
      ]),
    ),
  );
});

tests("declare a suite, or use one that is run elsewhere", () => {
  const running = new Set(everything.filter(({ code }) => /\.run\(\)/.test(code)).map(({ path }) => path));
  nobody(
    testFiles
      .filter(({ path, imports }) => !running.has(path) && !imports.some((name) => running.has(name)))
      .map(({ path }) => path),
  );
});

tests("are never run alone", () => {
  nobody(naming(everything, /\.only\(/));
});

tests("are found by their name", () => {
  nobody(
    everything
      .filter(({ path, imports }) => /^test\/(?!cluster-port\/conformance)/.test(path) && imports.includes("uvu"))
      .map(({ path }) => path)
      .filter((path) => !path.endsWith(".test.ts")),
  );
});

tests.run();

const repository = suite("house: the repository");

const ENTRIES = [
  ...[".ci", ".git", ".gitignore", "LICENSE", "README.md", "bench", "biome.json", "crds", "deploy", "docs"],
  ...["kind-config.yaml", "machines", "package-lock.json", "package.json", "src", "test", "tsconfig.json"],
];

repository("has at its top only what it should have", () => {
  const ignored = readFileSync(`${root}/.gitignore`, "utf8").split("\n");
  const isIgnored = (name: string): boolean =>
    ignored.includes(name) || ignored.includes(`${name}/`) || name.endsWith(".log");
  nobody(readdirSync(root).filter((name) => !ENTRIES.includes(name) && !isIgnored(name)));
});

repository("lacks nothing at its top", () => {
  const present = readdirSync(root);
  nobody(ENTRIES.filter((name) => name !== ".git" && !present.includes(name)));
});

repository("pins every dependency to one version", () => {
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
  const kinds = ["dependencies", "devDependencies", "optionalDependencies"];
  nobody(
    kinds
      .flatMap((kind) => Object.entries<string>(manifest[kind] ?? {}))
      .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${name}@${version}`),
  );
});

repository("declares what it imports", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
  const packageOf = (name: string): string =>
    name
      .split("/")
      .slice(0, name.startsWith("@") ? 2 : 1)
      .join("/");
  const undeclared = (sources: readonly SourceFile[], declared: Record<string, string>): string[] =>
    sources.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !/^(?:node:|machines\/|src\/|test\/|bench\/)/.test(name) && !(packageOf(name) in declared))
        .map((name) => `${path} imports ${name}`),
    );
  nobody([
    ...undeclared(program, dependencies),
    ...undeclared(except(everything, ...program.map(({ path }) => path)), { ...dependencies, ...devDependencies }),
  ]);
});

repository("names no registry in its lock file", () => {
  assert.not.match(readFileSync(`${root}/package-lock.json`, "utf8"), /"resolved"/);
});

repository.run();
