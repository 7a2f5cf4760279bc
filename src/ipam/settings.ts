/**
 * What an administrator decides about handing out addresses (ipam §7.1, §7.2).
 *
 * Plain data that is passed in: nothing in this room reads a file or the environment.
 * @module
 */

import type { Family } from "../address/address.ts";

/** How this node's agent hands out addresses. */
export interface IpamSettings {
  readonly nodeName: string;
  /** Where net-attach-defs are looked for that are named without a namespace. */
  readonly agentNamespace: string;
  /** The enabled families, IPv4 first. */
  readonly families: readonly Family[];
  /** Pods of StatefulSets keep their addresses. */
  readonly enableStatefulSet: boolean;
  /** Virtual machines keep their addresses. */
  readonly enableKubevirt: boolean;
  /** Off: the subnet annotations are ignored. */
  readonly enableSubnet: boolean;
  /** Off: the subnet annotations are refused. */
  readonly enableAutoPool: boolean;
  /** How many records one pool may have. */
  readonly recordsMax: number;
  /** Net-attach-def of `eth0` where the pod names none, `MULTUS_CLUSTER_NETWORK`: `namespace/name`. */
  readonly clusterNetwork?: string;
  /** How long an ADD waits for an automatic pool, in milliseconds. */
  readonly waitForPoolMs: number;
}

/** What holds unless somebody says otherwise: the reference's chart. */
export const defaultIpamSettings: Omit<IpamSettings, "nodeName"> = {
  agentNamespace: "kube-system",
  families: [4, 6],
  enableStatefulSet: true,
  enableKubevirt: true,
  enableSubnet: true,
  enableAutoPool: true,
  recordsMax: 5000,
  waitForPoolMs: 50_000,
};
