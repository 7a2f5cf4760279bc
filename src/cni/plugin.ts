/**
 * The CNI IPAM plugin: from one call of a runtime to what it prints and its exit code.
 *
 * Nothing leaves it as an exception, and a failure is never an empty success (ipam §8 B26).
 * @module
 */

import type { Clock } from "../clock.ts";
import { add } from "./add.ts";
import { prepareCall } from "./call.ts";
import { check } from "./check.ts";
import { CniError, ERROR_CODE, formatError, formatJson } from "./cni-error.ts";
import { LATEST_VERSION, VERSIONS } from "./cni-version.ts";
import { del } from "./delete.ts";
import { checkEnvironment, type Environment } from "./environment.ts";
import { status } from "./health.ts";
import { parseConfiguration } from "./network-configuration.ts";

export interface Outcome {
  readonly exitCode: 0 | 1;
  /** For standard output. */
  readonly output: string;
}

/** What the plugin needs of the machine. */
export interface PluginSystem {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly processId: number;
  /** Reads standard input to its end. */
  readInput(): string;
}

/** Serves one call. */
export async function runPlugin(system: PluginSystem): Promise<Outcome> {
  let cniVersion: string = LATEST_VERSION;
  try {
    const { environment } = system;
    checkEnvironment(environment);
    // Standard input is not read, as other plugins do not: whoever asks by hand would wait for its end.
    if (environment.command === "VERSION") return success({ cniVersion, supportedVersions: VERSIONS });
    const configuration = parseConfiguration(readInput(system), environment.command);
    cniVersion = configuration.cniVersion;
    const call = prepareCall(environment, configuration, system);
    try {
      const result = await commands[environment.command]?.(call);
      return success(result);
    } catch (error) {
      call.log.error("call failed", { error });
      throw error;
    }
  } catch (error) {
    return failure(error, cniVersion);
  }
}

/** Returns the outcome of an exception. */
export function failure(error: unknown, cniVersion: string = LATEST_VERSION): Outcome {
  return { exitCode: 1, output: formatError(error, cniVersion) };
}

const commands: Readonly<Record<string, (call: ReturnType<typeof prepareCall>) => Promise<unknown>>> = {
  ADD: add,
  DEL: del,
  CHECK: check,
  STATUS: status,
  // Nothing to do: the operator frees addresses whose pods are gone, by their UIDs, and for every node; what a runtime lists
  // as valid are its own containers, which no record names.
  GC: async () => {},
};

function success(result: unknown): Outcome {
  return { exitCode: 0, output: result === undefined ? "" : formatJson(result) };
}

function readInput(system: PluginSystem): string {
  try {
    return system.readInput();
  } catch (error) {
    throw new CniError(ERROR_CODE.io, `error reading from stdin: ${(error as Error).message}`);
  }
}
