/**
 * What commands that serve a real cluster have in common: a connection, a log beside their output, and the signals that end them and
 * make them say more.
 * @module
 */

import { systemClock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type ConnectOptions, connect } from "../cluster/kubernetes/connect.ts";
import { createLog, type Log, LogLevel } from "../log.ts";
import type { SharedConfig } from "../setting.ts";

/** What such a command works with. */
export interface Service {
  readonly cluster: Cluster;
  /** Goes to standard error: the output is for what the command was asked for. */
  readonly log: Log;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Resolves when the signal aborts. */
  readonly ended: Promise<void>;
}

/** Connects to the cluster of a configuration, with so many connections of its own. */
export function connectAs(
  { kubeconfig, context }: Pick<SharedConfig, "kubeconfig" | "context">,
  connections: number,
  onRequest?: ConnectOptions["onRequest"],
): Promise<Cluster> {
  return connect({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    connections,
    ...(onRequest && { onRequest }),
  });
}

/**
 * Connects to the cluster of a configuration, serves it, and ends the connection, whatever comes of it.
 * @throws {Error} If there is no usable configuration, or what `serve` throws.
 */
export async function withRealCluster(
  config: SharedConfig & { readonly concurrency: number },
  signal: AbortSignal,
  serve: (service: Service) => Promise<void>,
  onRequest?: ConnectOptions["onRequest"],
): Promise<void> {
  const level = new LogLevel(config.logLevel);
  const log = createLog({
    clock: systemClock,
    level: () => level.current,
    format: config.logFormat,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const cluster = await connectAs(config, config.concurrency, onRequest);
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const toggle = (): void => {
    level.toggle();
    log.warn("log level changed, as SIGUSR2 asks", { to: level.current });
  };
  process.on("SIGUSR2", toggle);
  try {
    await serve({ cluster, log, signal, ended });
  } finally {
    process.off("SIGUSR2", toggle);
    await cluster.close();
  }
}
