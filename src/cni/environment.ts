/**
 * What the runtime tells a CNI plugin in environment variables. The only file of the plugin that reads `process.env`.
 *
 * Which of them a command needs is the libraries' common understanding (skel); CNI_PATH is for plugins that call others.
 * @module
 */

import { CniError, ERROR_CODE } from "./cni-error.ts";

/** The runtime's variables; "" where one is absent. */
export interface Environment {
  readonly command: string;
  readonly containerId: string;
  /** Path of the pod's network namespace. */
  readonly netns: string;
  /** Name of the NIC inside the pod. */
  readonly interfaceName: string;
  /** `KEY=VALUE` pairs separated by semicolons. */
  readonly args: string;
}

const NAMES = {
  command: "CNI_COMMAND",
  containerId: "CNI_CONTAINERID",
  netns: "CNI_NETNS",
  interfaceName: "CNI_IFNAME",
  args: "CNI_ARGS",
} as const satisfies Record<keyof Environment, string>;

const REQUIRED: Readonly<Record<string, readonly (keyof Environment)[]>> = {
  ADD: ["containerId", "netns", "interfaceName"],
  // The namespace may be gone already.
  DEL: ["containerId", "interfaceName"],
  CHECK: ["containerId", "netns", "interfaceName"],
  GC: [],
  STATUS: [],
  VERSION: [],
};

/** Reads the variables as they are. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const entries = Object.entries(NAMES).map(([field, name]) => [field, variables[name] ?? ""]);
  return Object.fromEntries(entries) as Environment;
}

/**
 * Checks that all is there that the command needs, in a form that the CNI specification allows.
 * @throws {CniError} Of code 3 without a container, else of code 4.
 */
export function checkEnvironment(environment: Environment): void {
  const { command, containerId, interfaceName } = environment;
  if (command === "") throw invalid(`required env variables [${NAMES.command}] missing`);
  const required = Object.hasOwn(REQUIRED, command) ? REQUIRED[command] : undefined;
  if (required === undefined) throw invalid(`unknown CNI_COMMAND: ${command}`);
  const missing = required.filter((field) => environment[field] === "");
  if (missing.includes("containerId")) {
    throw new CniError(ERROR_CODE.unknownContainer, `required env variables [${NAMES.containerId}] missing`);
  }
  if (missing.length > 0) {
    throw invalid(`required env variables [${missing.map((field) => NAMES[field]).join(",")}] missing`);
  }
  if (!required.includes("containerId")) return;
  if (!/^[a-zA-Z0-9][\w.-]*$/.test(containerId)) throw invalid(`invalid characters in containerID: "${containerId}"`);
  const reason = mistakeInName(interfaceName);
  if (reason !== undefined) throw invalid(`invalid interface name "${interfaceName}": ${reason}`);
}

/** The kernel's rules for names of NICs. */
function mistakeInName(name: string): string | undefined {
  if (Buffer.byteLength(name) > 15) return "it is longer than 15 bytes";
  if (name === "." || name === "..") return "it is the name of a folder";
  return /[/:\s]/.test(name) ? "it has a slash, a colon or white space" : undefined;
}

function invalid(message: string): CniError {
  return new CniError(ERROR_CODE.invalidEnvironment, message);
}
