/**
 * Which pod a call is for: the variable CNI_ARGS (ipam §5.1).
 * @module
 */

import { CniError, ERROR_CODE } from "./cni-error.ts";

/** "" where the runtime does not tell; old ones leave the UID out. */
export interface PodArguments {
  readonly podNamespace: string;
  readonly podName: string;
  readonly podUID: string;
}

const KNOWN = ["IP", "K8S_POD_NAME", "K8S_POD_NAMESPACE", "K8S_POD_INFRA_CONTAINER_ID", "K8S_POD_UID", "IgnoreUnknown"];

/**
 * Parses `KEY=VALUE;KEY=VALUE`. A key that we do not know is refused, unless `IgnoreUnknown` is among them and true.
 * @throws {CniError} Of code 4.
 */
export function parsePodArguments(text: string): PodArguments {
  const pairs = new Map<string, string>();
  for (const pair of text === "" ? [] : text.split(";")) {
    const [key = "", value, ...rest] = pair.split("=");
    if (value === undefined || rest.length > 0) throw refuse(`ARGS: invalid pair "${pair}"`);
    pairs.set(key, value);
  }
  const unknown = [...pairs].filter(([key]) => !KNOWN.includes(key)).map((pair) => pair.join("="));
  if (unknown.length > 0 && !isTrue(pairs.get("IgnoreUnknown") ?? "false")) {
    throw refuse(`ARGS: unknown args ${JSON.stringify(unknown)}`);
  }
  return {
    podNamespace: pairs.get("K8S_POD_NAMESPACE") ?? "",
    podName: pairs.get("K8S_POD_NAME") ?? "",
    podUID: pairs.get("K8S_POD_UID") ?? "",
  };
}

function isTrue(text: string): boolean {
  const word = text.toLowerCase();
  if (word === "1" || word === "true") return true;
  if (word === "0" || word === "false") return false;
  throw refuse(`IgnoreUnknown must be true or false, not "${text}"`);
}

function refuse(reason: string): CniError {
  return new CniError(ERROR_CODE.invalidEnvironment, `failed to load CNI ENV args: ${reason}`);
}
