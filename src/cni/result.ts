/**
 * From the agent's answer to the result of the CNI specification, in the runtime's version (ipam §5.2).
 *
 * An IPAM plugin's result has no interfaces: the plugin that calls it adds them. Pure.
 * @module
 */

import { type Family, familyOf, formatAddress, LAST_ADDRESS, parseAddress } from "../address/address.ts";
import type { AddAnswer, IpConfig } from "../api/agent-protocol.ts";
import { CniError, ERROR_CODE } from "./cni-error.ts";
import { type CniVersion, isBefore } from "./cni-version.ts";

export interface CniResult {
  readonly cniVersion: CniVersion;
  readonly ips: readonly {
    /** Only before 1.0.0. */
    readonly version?: "4" | "6";
    readonly address: string;
    readonly gateway?: string;
  }[];
  readonly routes?: readonly { readonly dst: string; readonly gw: string }[];
  readonly dns: Readonly<Record<string, never>>;
}

/**
 * Checks that a body has the members that we rely on.
 * @throws {SyntaxError} If it has not.
 */
export function readAnswer(body: unknown): AddAnswer {
  const { ips, routes } = (body ?? {}) as { ips?: unknown; routes?: unknown };
  if (!Array.isArray(ips)) throw new SyntaxError("Cannot read the agent's answer: ips in body is required");
  if (!ips.every((ip) => hasTexts(ip, "address", "nic"))) {
    throw new SyntaxError(`Cannot read the agent's answer: an address lacks its NIC: ${JSON.stringify(ips)}`);
  }
  const list: unknown = routes ?? [];
  if (!Array.isArray(list) || !list.every((route) => hasTexts(route, "ifName", "dst", "gw"))) {
    throw new SyntaxError(`Cannot read the agent's answer: a route lacks a member: ${JSON.stringify(routes)}`);
  }
  for (const { address } of ips as IpConfig[]) parseWithPrefix(address);
  for (const { dst } of list as { dst: string }[]) parseWithPrefix(dst);
  return { ips: ips as AddAnswer["ips"], routes: list as NonNullable<AddAnswer["routes"]> };
}

/**
 * Returns the part of an answer that is for one NIC.
 * @throws {CniError} If the NIC has no address.
 */
export function toResult(answer: AddAnswer, interfaceName: string, cniVersion: CniVersion): CniResult {
  const ips = answer.ips.filter(({ nic }) => nic === interfaceName);
  if (ips.length === 0) {
    const message = `spiderpool IP allocation error: no Interface ${interfaceName} IP allocation found`;
    throw new CniError(ERROR_CODE.plugin, message);
  }
  const routes = (answer.routes ?? []).filter(({ ifName }) => ifName === interfaceName);
  return {
    cniVersion,
    ips: ips.map(({ address, gateway }) => ({
      ...(isBefore(cniVersion, "1.0.0") ? { version: `${familyOf(address)}` as const } : {}),
      address,
      ...(gateway ? { gateway } : {}),
    })),
    ...(routes.length > 0 ? { routes: routes.map(({ dst, gw }) => ({ dst: networkOf(dst), gw })) } : {}),
    dns: {},
  };
}

/** Returns an address with prefix length in its one spelling, so that equal ones are equal texts. */
export function canonical(text: string): string {
  const { value, family, prefix } = parseWithPrefix(text);
  return `${formatAddress(value, family)}/${prefix}`;
}

/** `10.1.2.3/16` → `10.1.0.0/16`: the kernel refuses a route to a network with bits of a host. */
function networkOf(text: string): string {
  const { value, family, prefix } = parseWithPrefix(text);
  const host = LAST_ADDRESS[family] >> BigInt(prefix);
  return `${formatAddress(value & ~host, family)}/${prefix}`;
}

function parseWithPrefix(text: string): { value: bigint; family: Family; prefix: number } {
  const [, address, digits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = familyOf(text);
  const prefix = Number(digits);
  if (address === undefined || prefix > (family === 4 ? 32 : 128)) {
    throw new SyntaxError(`Cannot parse "${text}": it is not an address, a slash and a prefix length`);
  }
  return { value: parseAddress(address, family), family, prefix };
}

function hasTexts(value: unknown, ...names: string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "string");
}
