/**
 * The real API server as autopool's own operator reaches it: by the service account that the webhook configurations let pass.
 *
 * What is written this way no webhook is asked about, as with objects that came while none ran.
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { spiderSubnets } from "../../src/api/resources.ts";
import type { Cluster, KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { connect } from "../../src/cluster/kubernetes/connect.ts";
import { eventually } from "./eventually.ts";
import { realCluster, realKubeconfig, removeObject, uniqueName } from "./real.ts";

interface Kubeconfig {
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

type Binding = KubeObject & { readonly roleRef: object; readonly subjects: readonly object[] };

const clusterRoleBindings: Resource = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural: "clusterrolebindings",
  kind: "ClusterRoleBinding",
  namespaced: false,
};

export interface AutopoolAccount {
  readonly cluster: Cluster;
  /** Takes the account's rights away again. */
  remove(): Promise<void>;
}

/** Gives the account every right and resolves when it has them. */
export async function autopoolAccount(): Promise<AutopoolAccount> {
  const admin = await realCluster();
  const name = uniqueName("account");
  const folder = mkdtempSync(join(tmpdir(), "autopool-account-"));
  const cluster = await connect({
    kubeconfig: impersonating("system:serviceaccount:autopool-system:autopool", folder),
  });
  const remove = async (): Promise<void> => {
    rmSync(folder, { recursive: true });
    await removeObject(admin, clusterRoleBindings, { name });
    await Promise.all([cluster.close(), admin.close()]);
  };
  try {
    await admin.create<Binding>(clusterRoleBindings, {
      metadata: { name },
      roleRef: { apiGroup: clusterRoleBindings.group, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", namespace: "autopool-system", name: "autopool" }],
    });
    await eventually(() => cluster.list(spiderSubnets, { limit: 1 }));
  } catch (error) {
    await remove();
    throw error;
  }
  return { cluster, remove };
}

/** Writes a kubeconfig with which every user acts as this one, and returns its path. */
function impersonating(user: string, folder: string): string {
  const config = load(readFileSync(realKubeconfig(), "utf8")) as Kubeconfig;
  const users = config.users.map((entry) => ({ ...entry, user: { ...entry.user, as: user } }));
  const path = join(folder, "kubeconfig");
  writeFileSync(path, dump({ ...config, users }), { mode: 0o600 });
  return path;
}
