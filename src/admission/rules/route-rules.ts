/**
 * `spec.routes`: to somewhere else than everywhere, once each, through an address of the subnet.
 * @module
 */

import { parseAddress } from "../../address/address.ts";
import { type Cidr, parseNetwork } from "../../address/cidr.ts";
import type { Route, SpiderSubnetSpec } from "../../api/subnet.ts";
import { type Addressing, notPertaining } from "./addressing.ts";
import type { Findings } from "./findings.ts";
import { reasonOf } from "./reason.ts";

/**
 * Checks every route. Destinations may have host bits, as in the reference; two that differ in these only are the same one, which
 * no pod's network could take twice.
 */
export function checkRoutes({ routes }: SpiderSubnetSpec, addressing: Addressing, findings: Findings): void {
  const seen = new Map<string, number>();
  (routes ?? []).forEach((route, index) => {
    checkDestination(route, index, addressing, seen, findings);
    checkRouteGateway(route, index, addressing, findings);
  });
}

function checkDestination(
  { dst }: Route,
  index: number,
  { family }: Addressing,
  seen: Map<string, number>,
  findings: Findings,
): void {
  const field = `spec.routes[${index}].dst`;
  if (family === undefined) return;
  let destination: Cidr;
  try {
    destination = parseNetwork(dst ?? "", family);
  } catch (error) {
    findings.refuse(
      "route-destination",
      field,
      dst,
      `invalid CIDR format in IPv${family}: ${reasonOf(error, dst ?? "")}`,
    );
    return;
  }
  if (destination.prefix === 0) {
    const detail = "please specify 'spec.gateway' to configure the default route";
    findings.refuse("route-not-default", field, dst, detail);
    return;
  }
  const first = seen.get(destination.canonical);
  if (first === undefined) seen.set(destination.canonical, index);
  else
    findings.refuse(
      "route-once",
      field,
      dst,
      `duplicate route with the same dst as 'spec.routes[${first}]'; remove one`,
    );
}

function checkRouteGateway({ gw }: Route, index: number, { family, cidr }: Addressing, findings: Findings): void {
  const field = `spec.routes[${index}].gw`;
  if (family === undefined) return;
  try {
    const gateway = parseAddress(gw ?? "", family);
    if (cidr && (gateway < cidr.range.first || gateway > cidr.range.last)) {
      findings.refuse("route-gateway", field, gw, notPertaining(cidr));
    }
  } catch (error) {
    findings.refuse("route-gateway", field, gw, `invalid IP address in IPv${family}: ${reasonOf(error, gw ?? "")}`);
  }
}
