/**
 * What the CNI plugin and the agent say to each other over the unix socket (ipam §5.3): the reference's paths, fields and codes,
 * so that its plugin works with our agent and ours with its.
 * @module
 */

import type { EndpointInterface } from "./endpoint.ts";

/** Where the agent listens unless it is told otherwise. */
export const SOCKET_PATH = "/var/run/spidernet/spiderpool.sock";

export const AGENT_PATH = {
  healthy: "/v1/ipam/healthy",
  ip: "/v1/ipam/ip",
  ips: "/v1/ipam/ips",
  endpoint: "/v1/workloadendpoint",
  coordinator: "/v1/coordinator/config",
} as const;

/** Whom a request is about. "" is a value: old runtimes leave the UID out. */
export interface PodArgs {
  readonly containerID: string;
  readonly podNamespace: string;
  readonly podName: string;
  readonly podUID: string;
}

/** Body of `POST /ipam/ip`. */
export interface AddArgs extends PodArgs {
  readonly ifName: string;
  readonly netNamespace: string;
  readonly defaultIPv4IPPool?: readonly string[];
  readonly defaultIPv6IPPool?: readonly string[];
  readonly cleanGateway?: boolean;
  readonly matchMasterSubnet?: boolean;
}

/** Body of `DELETE /ipam/ip`. */
export interface DelArgs extends PodArgs {
  readonly ifName: string;
  readonly netNamespace?: string;
}

/** Body of `DELETE /ipam/ips`. */
export interface BatchDelArgs extends PodArgs {
  readonly netNamespace?: string;
  readonly isReleaseConflictIPs?: boolean;
}

/** One address of the answer; zero values are left out. */
export interface IpConfig {
  readonly version: 4 | 6;
  /** With prefix length. */
  readonly address: string;
  readonly nic: string;
  readonly ipPool?: string;
  readonly gateway?: string;
  readonly vlan?: number;
  readonly mac?: string;
  readonly enableGatewayDetection?: boolean;
  readonly enableIPConflictDetection?: boolean;
}

export interface RouteConfig {
  readonly ifName: string;
  readonly dst: string;
  readonly gw: string;
}

/** Answer to `POST /ipam/ip`: the addresses of all the pod's NICs. */
export interface AddAnswer {
  readonly ips: readonly IpConfig[];
  readonly routes?: readonly RouteConfig[];
}

/** Answer to `GET /workloadendpoint`. */
export interface EndpointAnswer {
  readonly podNamespace: string;
  readonly podName: string;
  readonly podUID: string;
  readonly node: string;
  readonly interfaces: readonly Omit<EndpointInterface, "cleanGateway">[];
}
