/**
 * The network configuration on standard input, as far as an IPAM plugin reads it (ipam §5.1).
 *
 * Names and defaults are the reference's. Where its documents and its program disagree we take both: the three numbers of
 * the log may be quoted, and without them the documented 100 MB, 30 days and 7 files hold.
 * @module
 */

import { SOCKET_PATH } from "../api/agent-protocol.ts";
import { decodeBoolean, decodeObject, decodeText, decodeTexts, type Members, parseJson } from "../api/go-json.ts";
import { CniError, ERROR_CODE } from "./cni-error.ts";
import { agreeOnVersion, type CniVersion } from "./cni-version.ts";

/** How the plugin logs. */
export interface LogSettings {
  /** As it was written; checked where the log is opened. */
  readonly level: string;
  readonly path: string;
  /** In MB of 2^20 bytes. */
  readonly sizeMax: number;
  /** In days; 0 keeps old files of any age. */
  readonly ageMax: number;
  /** Number of old files; 0 keeps all. */
  readonly countMax: number;
}

/** An address of an earlier ADD's result, and the NIC that has it where the result tells. */
export interface PreviousAddress {
  readonly address: string;
  readonly interfaceName: string | undefined;
}

export interface NetworkConfiguration {
  readonly cniVersion: CniVersion;
  readonly socketPath: string;
  readonly ipv4Pools: readonly string[];
  readonly ipv6Pools: readonly string[];
  readonly cleanGateway: boolean;
  readonly matchMasterSubnet: boolean;
  readonly log: LogSettings;
  /** Undefined where no result was passed. */
  readonly previousAddresses: readonly PreviousAddress[] | undefined;
}

/** Largest integer that a log setting may have, so that sizes in bytes stay exact. */
const NUMBER_MAX = 1_000_000;

/**
 * Reads the configuration for a command.
 * @throws {CniError} Of code 6 if it is no JSON object, 1 if the version does not fit, 7 if a value cannot be used.
 */
export function parseConfiguration(text: string, command: string): NetworkConfiguration {
  const undecodable = (reason: string): CniError =>
    new CniError(ERROR_CODE.decoding, `failed to load CNI network configuration: ${reason}`);
  const members = decodeObject(parseJson(text, undecodable), "the network configuration", undecodable);
  const cniVersion = agreeOnVersion(decodeText(members, "cniversion", refuse), command);
  checkName(decodeText(members, "name", refuse));
  const ipam = decodeObject(members.get("ipam") ?? {}, '"ipam"', refuse);
  const pools = (name: string): string[] =>
    decodeTexts(ipam.get(name), `"${name}" must be an array of names of pools`, refuse);
  return {
    cniVersion,
    socketPath: decodeText(ipam, "ipam_unix_socket_path", refuse) || SOCKET_PATH,
    ipv4Pools: pools("default_ipv4_ippool"),
    ipv6Pools: pools("default_ipv6_ippool"),
    cleanGateway: decodeBoolean(ipam, "clean_gateway", refuse),
    matchMasterSubnet: decodeBoolean(ipam, "match_master_subnet", refuse),
    log: {
      level: decodeText(ipam, "log_level", refuse) || "info",
      path: decodeText(ipam, "log_file_path", refuse) || "/var/log/spidernet/spiderpool.log",
      sizeMax: decodeNumber(ipam, "log_file_max_size", 100) || 100,
      ageMax: decodeNumber(ipam, "log_file_max_age", 30),
      countMax: decodeNumber(ipam, "log_file_max_count", 7),
    },
    previousAddresses: decodePrevious(members.get("prevresult")),
  };
}

function checkName(name: string): void {
  if (name === "") throw refuse('"name" is missing');
  if (!/^[a-zA-Z0-9][\w.-]*$/.test(name)) throw refuse(`invalid characters found in network name "${name}"`);
}

/** Takes `7` and `"7"`; a negative number means the default, as in the reference. */
function decodeNumber(members: Members, name: string, byDefault: number): number {
  const value = members.get(name) ?? byDefault;
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number > NUMBER_MAX) {
    throw refuse(`"${name}" must be an integer up to ${NUMBER_MAX}, not ${JSON.stringify(value)}`);
  }
  return number < 0 ? byDefault : number;
}

function decodePrevious(result: unknown): PreviousAddress[] | undefined {
  if (result === undefined) return undefined;
  const members = decodeObject(result, '"prevResult"', refuse);
  const list = (name: string): Members[] => {
    const items: unknown = members.get(name) ?? [];
    if (!Array.isArray(items)) throw refuse(`"prevResult.${name}" must be an array`);
    return items.map((item: unknown, index) => decodeObject(item ?? {}, `"prevResult.${name}[${index}]"`, refuse));
  };
  const interfaces = list("interfaces").map((nic) => decodeText(nic, "name", refuse));
  return list("ips").map((ip) => {
    const index = ip.get("interface");
    const interfaceName = typeof index === "number" ? interfaces[index] : undefined;
    return { address: decodeText(ip, "address", refuse), interfaceName };
  });
}

function refuse(reason: string): CniError {
  return new CniError(ERROR_CODE.invalidConfiguration, `failed to load CNI network configuration: ${reason}`);
}
