/**
 * `autopool agent`: the node side, which gives pods their addresses at the CNI plugin's word, until a signal ends it.
 * @module
 */

import { createPacedQueue } from "../act/paced-queue.ts";
import { warnPod } from "../act/pod-warning.ts";
import { createRecorder } from "../act/recorder.ts";
import { Agent } from "../agent/agent.ts";
import { type AgentConfig, agentSettings, readAgentConfig } from "../agent/agent-config.ts";
import { installPlugin } from "../agent/plugin-install.ts";
import { listenOnSocket, type SocketServer } from "../agent/socket-server.ts";
import { AgentMetrics } from "../agent-metrics.ts";
import { steadyClock, systemClock } from "../clock.ts";
import { settingsHelp } from "../config.ts";
import { serveMetrics } from "../metrics-server.ts";
import { systemRandom } from "../random.ts";
import type { Command } from "./command.ts";
import { type Service, withRealCluster } from "./real-cluster.ts";

const noticesPerSecond = 10;

export const agent: Command = {
  summary: "run the agent of a node",
  options: { settings: agentSettings },
  help: () => `Usage: autopool agent --node-name NAME [settings]

Gives the pods of one node their addresses, asked by the CNI plugin on a unix socket, and installs that plugin.

Settings, each also as environment variable, or in the file of --config:
${settingsHelp(agentSettings)}

Exit codes: 0 ended as asked, 1 failed, 2 wrong settings.
`,
  async execute(args, { signal }) {
    const config = readAgentConfig(args);
    const metrics = new AgentMetrics(systemClock, steadyClock);
    try {
      await withRealCluster(config, signal, (service) => serve(config, service, metrics), metrics.onRequest);
    } finally {
      metrics.stop();
    }
    return 0;
  },
};

async function serve(config: AgentConfig, service: Service, metrics: AgentMetrics): Promise<void> {
  const { cluster, log, signal, ended } = service;
  const notices = createPacedQueue({ clock: systemClock, concurrency: 2, perSecond: noticesPerSecond });
  const recorder = createRecorder({
    cluster,
    clock: systemClock,
    component: "autopool-agent",
    submit: (_, run) => notices.add({ priority: 0, isLive: () => true, run }),
    onFailure: (error, event) => log.warn("event not written", { event: event.name, error }),
  });
  const ipam = new Agent({
    cluster,
    clock: systemClock,
    random: systemRandom,
    settings: config.ipam,
    log,
    warn: (pod, reason, message) => {
      metrics.waited(reason);
      warnPod(recorder, pod, reason, message);
    },
    onReleased: (addresses) => metrics.released(addresses),
  });
  let server: SocketServer | undefined;
  metrics.observe({ watches: () => ipam.caches.watches(), active: () => server?.active ?? 0 });
  let look: Awaited<ReturnType<typeof serveLooks>> | undefined;
  try {
    look = await serveLooks(config, metrics, () => server !== undefined);
    if (config.plugin) log.info("plugin", { ...config.plugin, state: await installPlugin(config.plugin) });
    await Promise.race([ipam.start(), ended]);
    if (signal.aborted) return;
    server = await listenOnSocket({
      path: config.socket,
      service: metrics.measured(ipam),
      clock: systemClock,
      log,
    });
    log.info("ready", { socket: config.socket, node: config.ipam.nodeName });
    await ended;
    log.info("ending", { requests: server.active });
    await server.close();
  } finally {
    notices.close();
    await ipam.stop();
    await look?.close();
  }
}

/** Hardly anybody asks for it, and not every runtime has what it needs. */
async function lookInside(port: number): Promise<{ close(): Promise<void> }> {
  const { serveDebug } = await import("../debug-server.ts");
  return serveDebug({ port, clock: systemClock });
}

/** Serves metrics, health and what the debug port is for, as far as it is asked for. */
async function serveLooks(
  { metricsPort, debugPort }: AgentConfig,
  source: AgentMetrics,
  isServing: () => boolean,
): Promise<{ close(): Promise<void> }> {
  const health = {
    ailment: () => undefined,
    obstacle: () => (isServing() ? undefined : "The caches are not filled yet: nothing is served on the socket"),
  };
  const servers = await Promise.all([
    metricsPort === undefined ? undefined : serveMetrics({ port: metricsPort, source, health }),
    debugPort === undefined ? undefined : lookInside(debugPort),
  ]);
  return {
    async close() {
      await Promise.all(servers.map((server) => server?.close()));
    },
  };
}
