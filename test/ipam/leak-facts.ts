/**
 * Pods, nodes and endpoints in every state that decides about a record, and the record itself: `10.0.0.7` of pool `p`.
 * @module
 */

import type { EndpointInterface, SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { Node } from "../../src/api/node.ts";
import type { ContainerStatus, Pod } from "../../src/api/pod.ts";
import { toTimestamp } from "../../src/clock.ts";
import type { Holding, LeakSettings } from "../../src/ipam/leaks.ts";

export const now = Date.UTC(2026, 0, 1, 12);
export const record = { pool: "p", address: 0x0a000007n };
export const settings: LeakSettings = { delayMs: 5_000, settleMs: 180_000, releaseOnNotReadyNode: false };

export const running: ContainerStatus = { state: { running: {} } };
export const neverStarted: ContainerStatus = { state: { waiting: {} } };
export const crashLooping: ContainerStatus = { state: { waiting: {} }, lastState: { terminated: {} } };
export const stoppedAgo = (ms: number): ContainerStatus => ({
  state: { terminated: { finishedAt: toTimestamp(now - ms) } },
});

export type Statuses = ContainerStatus[];

/** A pod with UID `u1` on node `n`, running with address 10.9.9.9. */
export function podWith(status: Pod["status"] = {}, extra: { uid?: string; endsIn?: number; spec?: Pod["spec"] } = {}) {
  const { uid = "u1", endsIn, spec } = extra;
  const pod: Pod = {
    metadata: { namespace: "ns", name: "a", uid },
    spec: { nodeName: "n", ...spec },
    status: { phase: "Running", podIPs: [{ ip: "10.9.9.9" }], containerStatuses: [running], ...status },
  };
  if (endsIn !== undefined) pod.metadata.deletionTimestamp = toTimestamp(now + endsIn);
  return pod;
}

/** The pod's own grace has passed long ago. */
export const overdue = (status: Pod["status"] = {}, spec?: Pod["spec"]): Pod =>
  podWith(status, { endsIn: -60_000, ...(spec && { spec }) });

export const ready: Node = {
  metadata: { name: "n" },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};
export const notReady: Node = {
  metadata: { name: "n" },
  status: { conditions: [{ type: "Ready", status: "Unknown" }] },
};
export const outOfService: Node = {
  ...notReady,
  spec: { taints: [{ key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" }] },
};

/** An endpoint of pod UID `uid` that lists these addresses of pool `p`; a StatefulSet's has no owner reference. */
export function endpointOf(uid: string, addresses: readonly string[], kind = "ReplicaSet"): SpiderEndpoint {
  const ips = addresses.map((ipv4, index): EndpointInterface => ({ interface: `eth${index}`, ipv4, ipv4Pool: "p" }));
  const owner = { apiVersion: "v1", kind: "Pod", name: "a", uid };
  const isStatic = kind === "StatefulSet" || kind === "VirtualMachineInstance";
  return {
    metadata: { namespace: "ns", name: "a", uid: "e1", ...(isStatic ? {} : { ownerReferences: [owner] }) },
    status: { current: { uid, node: "n", ips }, ownerControllerType: kind, ownerControllerName: "web" },
  };
}

export const own = endpointOf("u1", ["10.0.0.7/24"]);

/** A living pod with its own endpoint on a node that is ready, unless it is said otherwise. */
export function holding(extra: Partial<Holding> = {}): Holding {
  return { podUid: "u1", pod: podWith(), endpoint: own, node: ready, ownerWaits: false, ...extra };
}
