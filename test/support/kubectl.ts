/**
 * kubectl against the real API server of the tests: what a user sees, and manifests applied as they stand.
 *
 * The program is the one that `KUBECTL` names, else the test cluster's own, else the one on the PATH.
 * @module
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { realKubeconfig } from "./real.ts";

const run = promisify(execFile);

/** Returns what kubectl prints, without spaces at the ends of its lines. */
export async function kubectl(...words: string[]): Promise<string> {
  const { stdout } = await run(program(), ["--kubeconfig", realKubeconfig(), ...words]);
  return stdout.replace(/ +$/gm, "");
}

function program(): string {
  const { KUBECTL: chosen, AUTOPOOL_CLUSTER_STATE: state } = process.env;
  const own = state && join(state, "bin/kubectl");
  return chosen ?? (own && existsSync(own) ? own : "kubectl");
}
