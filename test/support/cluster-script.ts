/**
 * The scripts of the test cluster, as tests call them.
 * @module
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** Runs a script of test/cluster in the repository's root, and returns what it prints. */
export async function clusterScript(name: "node.sh" | "process.sh", ...words: readonly string[]): Promise<string> {
  return program("bash", join(root, "test/cluster", name), ...words);
}

/** Runs a program in the repository's root, and returns what it prints. */
export async function program(name: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(name, words, { cwd: root, maxBuffer: 2 ** 26 });
  return stdout;
}
