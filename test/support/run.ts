/**
 * Runs test files, each in a process of its own, and ends with one line `N passed, N failed`.
 *
 * `run.ts [real|nodes|browser|bundle] [part of a path…]`: without them everything under test/ but the folders of these names, two
 * files at a time; with one that folder alone, one file after the other, the first two against the cluster of KUBECONFIG_TEST. What
 * uvu would let pass fails here: a file without a test, a run with too few of them, a file that hangs, and in CI a test that is
 * skipped.
 * @module
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { dirname, relative } from "node:path";
import { missingRuntime } from "../bundle/runtimes.ts";
import { missingForBrowser, missingForNodes, missingForReal } from "./needs.ts";
import { readOutcome } from "./outcome.ts";

const root = dirname(dirname(import.meta.dirname));
const [first, ...rest] = process.argv.slice(2);
/** The folders that are run by name only: what they need is not everywhere. */
const CLUSTERS = {
  real: { folder: "test/real", testsMin: 20, missing: missingForReal },
  nodes: { folder: "test/nodes", testsMin: 10, missing: missingForNodes },
  browser: { folder: "test/browser", testsMin: 20, missing: missingForBrowser },
  bundle: { folder: "test/bundle", testsMin: 10, missing: missingRuntime },
} as const;
const isByName = (name: string | undefined): name is keyof typeof CLUSTERS => name !== undefined && name in CLUSTERS;
const cluster = isByName(first) ? CLUSTERS[first] : undefined;
const wanted = first === undefined || cluster ? rest : [first, ...rest];
const inContinuousIntegration = process.env["CI"] === "true";

/** Fewer tests than this mean that files were not found, not that all is well. */
const TESTS_MIN = wanted.length > 0 ? 1 : (cluster?.testsMin ?? 300);
const PARALLEL_MAX = cluster ? 1 : 2;
const SECONDS_MAX = Number(process.env["TEST_TIMEOUT_SECONDS"] ?? (cluster ? 900 : 300));

interface Result {
  readonly passed: number;
  readonly failed: number;
}

function testFiles(): string[] {
  const others = cluster ? [] : Object.values(CLUSTERS).map(({ folder }) => `${folder}/`);
  return globSync(`${cluster?.folder ?? "test"}/**/*.test.ts`, { cwd: root })
    .filter((file) => !others.some((folder) => file.startsWith(folder)))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort();
}

/** Runs one file to its end or to the time limit, and prints one line about it; all that it wrote where it failed. */
async function runFile(file: string): Promise<Result> {
  if (cluster) console.log(`…    ${file}`);
  const began = performance.now();
  const { output, code, signal } = await runNode(file);
  const outcome = readOutcome(output, { clean: code === 0, skippedIsFailed: inContinuousIntegration });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const count = `${outcome.passed + outcome.failed} tests, ${seconds} s`;
  if (outcome.failed === 0) {
    console.log(`ok   ${file}  ${count}${outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : ""}`);
    return outcome;
  }
  const ended = signal ? `, ended by ${signal} (the limit is ${SECONDS_MAX} s)` : `, exit code ${code}`;
  console.log(`${output.trimEnd()}\nFAIL ${file}  ${outcome.failed} of ${count}${ended}${outcome.complaint}`);
  return outcome;
}

interface Ended {
  readonly output: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function runNode(file: string): Promise<Ended> {
  const { FORCE_COLOR: _, ...environment } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "./test/support/tell-hooks.ts", file], {
      cwd: root,
      env: { ...environment, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: SECONDS_MAX * 1000,
      killSignal: "SIGKILL",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", reject).on("exit", (code, signal) => {
      const done = (): void => resolve({ output, code, signal });
      child.on("close", done);
      // Processes that a killed file leaves behind hold its pipes open.
      setTimeout(done, 1000).unref();
    });
  });
}

async function main(): Promise<Result> {
  const missing = cluster?.missing();
  if (missing !== undefined) {
    console.log(`Cannot run ${cluster?.folder}: ${missing}`);
    return { passed: 0, failed: 1 };
  }
  const files = testFiles();
  const total = { passed: 0, failed: 0 };
  const worker = async (): Promise<void> => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      const { passed, failed } = await runFile(file);
      total.passed += passed;
      total.failed += failed;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_MAX }, worker));
  const ran = total.passed + total.failed;
  if (ran >= TESTS_MIN) return total;
  console.log(
    `Too few tests under ${relative(process.cwd(), `${root}/test`)}: ${ran}, at least ${TESTS_MIN} are expected`,
  );
  return { ...total, failed: total.failed + 1 };
}

const { passed, failed } = await main();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
