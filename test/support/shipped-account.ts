/**
 * The real API server as a deployed autopool reaches it: by its service account, with the rights of deploy/ and no others.
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load, loadAll } from "js-yaml";
import type { Cluster, KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { hasCode } from "../../src/cluster/cluster.ts";
import { type ConnectOptions, connect } from "../../src/cluster/kubernetes/connect.ts";
import { type Account, rbacObjects } from "./granted-rights.ts";
import { realKubeconfig } from "./real.ts";

interface Kubeconfig {
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

export const SYSTEM_NAMESPACE = "autopool-system";

/** Applies the namespace, the accounts and their roles, as they stand in deploy/; they stay. */
export async function grantRights(admin: Cluster): Promise<void> {
  const namespace = readFileSync(new URL("../../deploy/base/namespace.yaml", import.meta.url), "utf8");
  for (const object of [...(loadAll(namespace) as KubeObject[]), ...rbacObjects()]) {
    const resource = (await admin.resolve(object.apiVersion ?? "", object.kind ?? "")) as Resource;
    const { name, namespace } = object.metadata;
    await admin.create(resource, object).catch((error: unknown) => {
      if (!hasCode(error, 409)) throw error;
      return admin.patch(resource, { name, ...(namespace !== undefined && { namespace }) }, object);
    });
  }
}

/** A kubeconfig with which everything is done as this service account, until the returned function removes it. */
export function kubeconfigOf(account: string): { readonly path: string; remove(): void } {
  const config = load(readFileSync(realKubeconfig(), "utf8")) as Kubeconfig;
  const as = `system:serviceaccount:${SYSTEM_NAMESPACE}:${account}`;
  const users = config.users.map((entry) => ({ ...entry, user: { ...entry.user, as } }));
  const folder = mkdtempSync(join(tmpdir(), "autopool-account-"));
  const path = join(folder, "kubeconfig");
  writeFileSync(path, dump({ ...config, users }), { mode: 0o600 });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Connects as this service account. */
export async function connectAs(account: Account, options: Omit<ConnectOptions, "kubeconfig"> = {}): Promise<Cluster> {
  const { path, remove } = kubeconfigOf(account);
  try {
    return await connect({ ...options, kubeconfig: path });
  } finally {
    // It has been read.
    remove();
  }
}
