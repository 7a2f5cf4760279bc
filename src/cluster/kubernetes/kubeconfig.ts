/**
 * Finds the configuration of the API server: a kubeconfig file, the pod's service account, or the default loading rules.
 *
 * Promises that a configuration which cannot work (no file, unknown context, no cluster) is refused here, in words, and
 * not by a failed request later. Knows nothing of requests; opens no connection.
 * @module
 */

import { existsSync } from "node:fs";
import { type DispatcherOptions, KubeConfig } from "@kubernetes/client-node";

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/** What the client falls back to when it finds nothing at all: a port that API servers have not served for years. */
const clientFallbackServer = "http://localhost:8080";

/** Where the configuration comes from. */
export interface KubeconfigSource {
  /** Path of a kubeconfig file; absent means the service account if there is one, else the default loading rules. */
  readonly kubeconfig?: string;
  /** Context to use in place of the file's current one. */
  readonly context?: string;
}

/**
 * A `KubeConfig` that tells how it would connect and builds no connection pool.
 *
 * The client builds a new pool, hence a new TLS connection, for every request; `createDispatcherOptions` is its public
 * seam from which the TLS options can be had without that.
 */
export class ConnectionConfig extends KubeConfig {
  connection: DispatcherOptions = { type: "none" };

  override createDispatcherOptions(
    ...settings: Parameters<KubeConfig["createDispatcherOptions"]>
  ): ReturnType<KubeConfig["createDispatcherOptions"]> {
    this.connection = super.createDispatcherOptions(...settings);
    return { type: "none" };
  }
}

/**
 * Loads the configuration and checks that it names a server and a user.
 *
 * @throws {Error} If there is no such file or context, the file is no kubeconfig, or no cluster is configured anywhere.
 */
export function loadKubeconfig(source: KubeconfigSource): ConnectionConfig {
  const config = new ConnectionConfig();
  const origin = load(config, source.kubeconfig);
  if (source.context !== undefined) config.setCurrentContext(source.context);
  check(config, origin);
  return config;
}

function load(config: ConnectionConfig, path: string | undefined): string {
  if (path === undefined && existsSync(serviceAccountToken)) {
    config.loadFromCluster();
    return "the pod's service account";
  }
  const origin = path === undefined ? "the default kubeconfig" : `kubeconfig "${path}"`;
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (cause) {
    // The first line only: what follows quotes the file, in which there are keys.
    const [reason] = String(cause instanceof Error ? cause.message : cause).split("\n");
    throw new Error(`Cannot load ${origin}: ${reason}`, { cause });
  }
  return origin;
}

function check(config: ConnectionConfig, origin: string): void {
  const name = config.getCurrentContext();
  if (!name) throw new Error(`Cannot use ${origin}: it has no current context and none was asked for`);
  if (!config.getContextObject(name)) {
    const known = config.getContexts().map((context) => `"${context.name}"`);
    throw new Error(`Cannot use context "${name}" of ${origin}: it has ${known.join(", ") || "none"}`);
  }
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`Cannot use context "${name}" of ${origin}: its cluster is not defined there`);
  if (!config.getCurrentUser())
    throw new Error(`Cannot use context "${name}" of ${origin}: its user is not defined there`);
  if (cluster.server === clientFallbackServer) {
    throw new Error("Cannot find an API server: there is no kubeconfig and no service account; name a kubeconfig");
  }
  if (!URL.canParse(cluster.server) || cluster.server.includes("//undefined")) {
    throw new Error(`Cannot use ${origin}: "${cluster.server}" is no server address`);
  }
}
