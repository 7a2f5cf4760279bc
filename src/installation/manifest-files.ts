/**
 * The manifests of crds/ and deploy/, which `autopool install` has with it.
 *
 * They are read where the program runs from its source; `npm run build` puts what this returns into the one file.
 * @module
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** In the order in which they are applied: what admits objects comes last. */
const FILES = [
  "deploy/base/namespace.yaml",
  "crds/spiderendpoint.yaml",
  "crds/spiderippool.yaml",
  "crds/spiderreservedip.yaml",
  "crds/spidersubnet.yaml",
  "deploy/base/rbac.yaml",
  "deploy/base/settings.yaml",
  "deploy/base/operator.yaml",
  "deploy/base/agent.yaml",
  "deploy/base/networkpolicy.yaml",
  "deploy/base/webhook.yaml",
  "deploy/host-network/operator.yaml",
] as const;

/** Returns the files' texts by their paths. */
export function manifestFiles(): Readonly<Record<string, string>> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  return Object.fromEntries(FILES.map((path) => [path, readFileSync(root + path, "utf8")]));
}
