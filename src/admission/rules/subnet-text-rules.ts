/**
 * `spec.subnet` of an update: pools and subnets find each other by it, so it stays.
 * @module
 */

import type { SpiderSubnet } from "../../api/subnet.ts";
import type { Findings } from "./findings.ts";

/** Checks that an update leaves the CIDR alone. */
export function checkSubnetUnchanged(
  object: Pick<SpiderSubnet, "spec">,
  old: Pick<SpiderSubnet, "spec">,
  findings: Findings,
): void {
  if (object.spec.subnet === old.spec?.subnet) return;
  const detail = `is not changeable; it is "${old.spec?.subnet}": make another object for ${object.spec.subnet}`;
  findings.refuse("subnet-unchanged", "spec.subnet", object.spec.subnet, detail);
}
