/**
 * The real API server as autopool's own operator reaches it: by the service account that the webhook configurations let pass.
 *
 * What is written this way no webhook is asked about, as with objects that came while none ran.
 * @module
 */

import { spiderSubnets } from "../../src/api/resources.ts";
import type { Cluster, KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { eventually } from "./eventually.ts";
import { realCluster, removeObject, uniqueName } from "./real.ts";
import { connectAs } from "./shipped-account.ts";

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
  const cluster = await connectAs("autopool");
  const remove = async (): Promise<void> => {
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
