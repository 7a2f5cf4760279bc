/**
 * SpiderSubnet: the addresses that pools are cut from, and the record of who got which (spec §1.3).
 * @module
 */

import { type Family, familyOf } from "../address/address.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import type { Condition } from "./condition.ts";

/** A route that pods get beside the one through the gateway. */
export interface Route {
  /** CIDR. */
  dst: string;
  /** Address inside the subnet. */
  gw: string;
}

export interface SpiderSubnetSpec {
  ipVersion?: Family;
  /** CIDR in canonical form. */
  subnet: string;
  ips?: string[];
  excludeIPs?: string[];
  gateway?: string;
  routes?: Route[];
}

export interface SpiderSubnetStatus {
  /** JSON text, see `controlled-pools.ts`: the ledger. */
  controlledIPPools?: string | null;
  totalIPCount?: number;
  /** Addresses given to pools, whether or not a pod has them. */
  allocatedIPCount?: number;
  /** Ours. */
  conditions?: Condition[];
  /** Ours: `metadata.generation` that this status speaks of. */
  observedGeneration?: number;
}

export interface SpiderSubnet extends KubeObject {
  spec: SpiderSubnetSpec;
  status?: SpiderSubnetStatus;
}

/** Returns the family of a subnet or pool: `ipVersion`, or what its CIDR looks like where no webhook has filled it in. */
export function familyOfSubnet(spec: Pick<SpiderSubnetSpec, "subnet" | "ipVersion">): Family {
  return spec.ipVersion ?? familyOf(spec.subnet);
}
