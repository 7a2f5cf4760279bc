/**
 * One call of the plugin, put together from environment and configuration: what each command is given.
 * @module
 */

import type { PodArgs } from "../api/agent-protocol.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { AgentClient } from "./agent-client.ts";
import type { Environment } from "./environment.ts";
import { openLog } from "./log-file.ts";
import type { NetworkConfiguration } from "./network-configuration.ts";
import { type PodArguments, parsePodArguments } from "./pod-arguments.ts";

/** The agent has this long to say that it is there. */
export const healthTimeoutMs = 30_000;

/**
 * A new agent has this long to take over from the one before, so that no pod's start fails for an update of the agents. Not longer: a
 * node whose agent is gone for good is to say so.
 */
export const absenceMs = 15_000;

/** The agent's time for a request; the runtime's own is two minutes (ipam §5.2). */
export const requestTimeoutMs = 100_000;

export interface Call {
  readonly environment: Environment;
  readonly configuration: NetworkConfiguration;
  readonly pod: PodArguments;
  readonly agent: AgentClient;
  readonly log: Log;
}

/**
 * Makes the call ready.
 * @throws {CniError} If the log's level or CNI_ARGS cannot be used.
 */
export function prepareCall(
  environment: Environment,
  configuration: NetworkConfiguration,
  system: { clock: Clock; processId: number },
): Call {
  const { command, containerId, interfaceName, args } = environment;
  const log = openLog(configuration.log, system.clock, system.processId);
  const pod = parsePodArguments(args);
  const about = { command, containerId, interfaceName, ...pod };
  const agent = new AgentClient(configuration.socketPath, system.clock);
  return { environment, configuration, pod, agent, log: withFields(log, about) };
}

/** The part of a request's body that names the pod. */
export function podArgs({ environment, pod }: Call): PodArgs {
  return { containerID: environment.containerId, ...pod };
}

function withFields(log: Log, about: object): Log {
  return {
    debug: (message, fields) => log.debug(message, { ...about, ...fields }),
    info: (message, fields) => log.info(message, { ...about, ...fields }),
    warn: (message, fields) => log.warn(message, { ...about, ...fields }),
    error: (message, fields) => log.error(message, { ...about, ...fields }),
  };
}
