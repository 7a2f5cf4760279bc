/**
 * The real API server that the tests in test/real run against, and places of their own on it.
 *
 * `KUBECONFIG_TEST` names its kubeconfig. Nothing here falls back to another cluster: tests write and delete.
 * @module
 */

import { randomBytes } from "node:crypto";
import type { Cluster, ObjectRef, Resource } from "../../src/cluster/cluster.ts";
import { hasCode } from "../../src/cluster/cluster.ts";
import { type ConnectOptions, connect } from "../../src/cluster/kubernetes/connect.ts";

export const namespaces: Resource = {
  group: "",
  version: "v1",
  plural: "namespaces",
  kind: "Namespace",
  namespaced: false,
};
export const configMaps: Resource = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

/**
 * Returns the path of the kubeconfig to test with.
 *
 * @throws {Error} If KUBECONFIG_TEST is not set.
 */
export function realKubeconfig(): string {
  const path = process.env["KUBECONFIG_TEST"];
  if (path) return path;
  throw new Error(
    "Cannot reach a real API server: KUBECONFIG_TEST names no kubeconfig; `npm run cluster:up` prints one",
  );
}

/** Connects to the real API server. */
export function realCluster(options: Omit<ConnectOptions, "kubeconfig"> = {}): Promise<Cluster> {
  return connect({ ...options, kubeconfig: realKubeconfig() });
}

/** A name that no other run uses, for objects outside namespaces too, e.g. "test-3f9a1c". */
export function uniqueName(prefix = "test"): string {
  return `${prefix}-${randomBytes(4).toString("hex")}`;
}

/** A namespace of one test's own. */
export interface TestNamespace {
  readonly name: string;
  /** Deletes it with all it holds; does not wait until that is done. */
  remove(): Promise<void>;
}

/** Creates a namespace with a name that no other run uses. */
export async function freshNamespace(cluster: Cluster, prefix = "test"): Promise<TestNamespace> {
  const name = uniqueName(prefix);
  await cluster.create(namespaces, { metadata: { name } });
  return { name, remove: () => removeObject(cluster, namespaces, { name }) };
}

/** Deletes an object; it may be gone already. */
export async function removeObject(cluster: Cluster, resource: Resource, ref: ObjectRef): Promise<void> {
  try {
    await cluster.delete(resource, ref, { propagationPolicy: "Background" });
  } catch (error) {
    if (!hasCode(error, 404)) throw error;
  }
}
