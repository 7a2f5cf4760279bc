/**
 * kubectl against the real API server of the tests: what a user sees, and manifests applied as they stand.
 *
 * `KUBECTL` names another program than the one on the PATH.
 * @module
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { realKubeconfig } from "./real.ts";

const run = promisify(execFile);

/** Returns what kubectl prints, without spaces at the ends of its lines. */
export async function kubectl(...words: string[]): Promise<string> {
  const command = process.env["KUBECTL"] ?? "kubectl";
  const { stdout } = await run(command, ["--kubeconfig", realKubeconfig(), ...words]);
  return stdout.replace(/ +$/gm, "");
}
