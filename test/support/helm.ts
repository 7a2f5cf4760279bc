/**
 * Helm against the real API server of the tests.
 *
 * The program is the one that `HELM` names, else the one that the test cluster's scripts build.
 * @module
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { realKubeconfig } from "./real.ts";
import { root } from "./source.ts";

const run = promisify(execFile);

/** Returns what Helm prints. */
export async function helm(...words: string[]): Promise<string> {
  const environment = { ...process.env, KUBECONFIG: realKubeconfig() };
  const { stdout } = await run(await program(), words, { env: environment, maxBuffer: 2 ** 26 });
  return stdout;
}

let found: Promise<string> | undefined;

/** Looked for once: the script sums up its sources. */
function program(): Promise<string> {
  found ??= process.env["HELM"] ? Promise.resolve(process.env["HELM"]) : built();
  return found;
}

async function built(): Promise<string> {
  const { stdout } = await run("bash", [join(root, "test/cluster/build.sh"), "helm"]);
  return join(stdout.trim().replace(/^helm /, ""), "bin/helm");
}
