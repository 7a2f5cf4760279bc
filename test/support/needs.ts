/**
 * What runs of tests against a cluster or in a browser need, and how to get it where it is not there.
 * @module
 */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const NODES_MIN = 2;

/** Returns what test/real lacks; undefined where it can run. */
export function missingForReal(environment = process.env): string | undefined {
  if (environment["KUBECONFIG_TEST"]) return undefined;
  return 'KUBECONFIG_TEST is not set; try eval "$(test/cluster/up.sh --kruise)"';
}

/** Returns what test/nodes lacks; undefined where it can run. */
export function missingForNodes(environment = process.env): string | undefined {
  const { KUBECONFIG_TEST: kubeconfig, AUTOPOOL_CLUSTER_STATE: state } = environment;
  const up = `eval "$(test/cluster/up.sh --kruise --nodes ${NODES_MIN})"`;
  if (!kubeconfig) return `KUBECONFIG_TEST is not set; try ${up}`;
  if (!state) return "AUTOPOOL_CLUSTER_STATE is not set; it names the state folder of a test cluster with nodes";
  const settings = join(state, "settings");
  const nodes = existsSync(settings) ? /^nodes=(\d+)$/m.exec(readFileSync(settings, "utf8"))?.[1] : undefined;
  if (Number(nodes ?? 0) < NODES_MIN) return `the cluster in "${state}" has ${nodes ?? "no"} nodes; try ${up}`;
  const programs = { "dist/autopool.mjs": "npm run build", "dist/autopool-cni": "npm run build:cni" };
  const changedMs = Math.max(...["src", "machines", "crds"].map(lastChangeMs));
  for (const [program, command] of Object.entries(programs)) {
    const path = join(root, program);
    if (!existsSync(path)) return `${program} is not there; try ${command}`;
    if (statSync(path).mtimeMs < changedMs) return `${program} is older than what it is made of; try ${command}`;
  }
  return undefined;
}

/** When a file in a folder of ours was last written, in milliseconds. */
function lastChangeMs(folder: string): number {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  return Math.max(...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}

/** Returns what test/browser lacks; undefined where it can run. */
export function missingForBrowser(): string | undefined {
  return chromiumPath() === undefined ? 'there is no Chromium; try "apt-get install chromium"' : undefined;
}

/** Where Debian's package puts it, and where others do. */
const CHROMIUM_PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Returns the path of a Chromium; `undefined` where there is none. */
export function chromiumPath(environment = process.env): string | undefined {
  return environment["CHROMIUM"] ?? CHROMIUM_PLACES.find((path) => existsSync(path));
}
