/**
 * `spec.gateway`: an address of the subnet that no pod is given.
 * @module
 */

import { parseAddress } from "../../address/address.ts";
import { contains } from "../../address/range-set.ts";
import type { SpiderSubnetSpec } from "../../api/subnet.ts";
import { type Addressing, notPertaining } from "./addressing.ts";
import type { Findings } from "./findings.ts";
import { reasonOf } from "./reason.ts";

/** Checks the gateway, and that `ips` without `excludeIPs` does not hold it; compared as addresses, not as texts. */
export function checkGateway(spec: SpiderSubnetSpec, addressing: Addressing, findings: Findings): void {
  const { family, cidr, ips, included, excluded } = addressing;
  const text = spec.gateway ?? undefined;
  if (text === undefined || family === undefined) return;
  let gateway: bigint;
  try {
    gateway = parseAddress(text, family);
  } catch (error) {
    const detail = `invalid IP address in IPv${family}: ${reasonOf(error, text)}${text === "" ? "; leave it out" : ""}`;
    findings.refuse("gateway-format", "spec.gateway", text, detail);
    return;
  }
  if (cidr && (gateway < cidr.range.first || gateway > cidr.range.last)) {
    findings.refuse("gateway-in-cidr", "spec.gateway", text, notPertaining(cidr));
    return;
  }
  if (!contains(included, gateway) || contains(excluded, gateway)) return;
  const index = ips.findIndex((range) => range && range.first <= gateway && gateway <= range.last);
  const detail = `conflicts with 'spec.gateway' ${text}, add the gateway IP address to 'spec.excludeIPs' or remove it from 'spec.ips'`;
  findings.refuse("gateway-not-given", `spec.ips[${index}]`, spec.ips?.[index], detail);
}
