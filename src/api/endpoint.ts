/**
 * SpiderEndpoint: the addresses of one pod, NIC by NIC (ipam §1.1). Written at allocation; it has no spec.
 * @module
 */

import type { KubeObject } from "../cluster/cluster.ts";
import type { Route } from "./subnet.ts";

/** What one NIC of a pod got. */
export interface EndpointInterface {
  /** "" means allocated, name not known yet. */
  interface: string;
  /** Address with prefix length, `10.0.0.1/24`. */
  ipv4?: string;
  ipv6?: string;
  ipv4Pool?: string;
  ipv6Pool?: string;
  /** 0 to 4094. */
  vlan?: number;
  ipv4Gateway?: string;
  ipv6Gateway?: string;
  cleanGateway?: boolean;
  routes?: Route[];
  mac?: string;
}

export interface SpiderEndpointStatus {
  current: {
    /** The pod's UID. */
    uid: string;
    node: string;
    ips: EndpointInterface[];
  };
  /** Kind of the top controller; its apiVersion is not stored. */
  ownerControllerType: string;
  ownerControllerName: string;
}

/** Its name is the pod's; for KubeVirt with static addresses the VirtualMachineInstance's. */
export interface SpiderEndpoint extends KubeObject {
  status?: SpiderEndpointStatus;
}
