/**
 * Runs test files, each in a process of its own, and ends with one line `N passed, N failed`.
 *
 * `run.ts [real] [part of a path…]`: without `real` everything under test/ but test/real, two files at a time; with it
 * test/real alone, one file after the other, against the cluster of KUBECONFIG_TEST. What uvu would let pass fails here: a
 * file without a test, a run with too few of them, a file that hangs, and in CI a test that is skipped.
 * @module
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { dirname, relative } from "node:path";
import { readOutcome } from "./outcome.ts";

const root = dirname(dirname(import.meta.dirname));
const [first, ...rest] = process.argv.slice(2);
const real = first === "real";
const wanted = first === undefined || real ? rest : [first, ...rest];
const inContinuousIntegration = process.env["CI"] === "true";

/** Fewer tests than this mean that files were not found, not that all is well. */
const TESTS_MIN = wanted.length > 0 ? 1 : real ? 20 : 300;
const PARALLEL_MAX = real ? 1 : 2;
const SECONDS_MAX = Number(process.env["TEST_TIMEOUT_SECONDS"] ?? (real ? 900 : 120));

interface Result {
  readonly passed: number;
  readonly failed: number;
}

function testFiles(): string[] {
  const files = globSync(real ? "test/real/**/*.test.ts" : "test/**/*.test.ts", { cwd: root });
  return files
    .filter((file) => real || !file.startsWith("test/real/"))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort();
}

/** Runs one file to its end or to the time limit, and prints one line about it; all that it wrote where it failed. */
async function runFile(file: string): Promise<Result> {
  if (real) console.log(`…    ${file}`);
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
    const child = spawn(process.execPath, [file], {
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
  if (real && !process.env["KUBECONFIG_TEST"]) {
    console.log('Cannot run test/real: KUBECONFIG_TEST is not set; try eval "$(test/cluster/up.sh --kruise)"');
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
