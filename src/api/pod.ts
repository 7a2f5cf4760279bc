/**
 * Pods as IPAM sees them: where one runs, whether it still may, and who controls it.
 * @module
 */

import type { KubeObject } from "../cluster/cluster.ts";

/** How one container is, as its kubelet has said last. */
export interface ContainerStatus {
  state?: { running?: object; waiting?: object; terminated?: { finishedAt?: string } };
  lastState?: { terminated?: object };
}

export interface Pod extends KubeObject {
  spec?: {
    nodeName?: string;
    hostNetwork?: boolean;
    restartPolicy?: string;
    terminationGracePeriodSeconds?: number;
  };
  status?: {
    phase?: string;
    reason?: string;
    conditions?: { type: string; status: string }[];
    podIP?: string;
    podIPs?: { ip: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
    ephemeralContainerStatuses?: ContainerStatus[];
  };
}

/** Tells whether a pod may be given addresses, and keeps them at a CNI DEL (ipam §2.1): it neither ends nor has ended for good. */
export function isAlive({ metadata, spec, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  const restartPolicy = spec?.restartPolicy ?? "Always";
  if (status?.phase === "Succeeded") return restartPolicy === "Always";
  if (status?.phase === "Failed") return restartPolicy !== "Never" && status.reason !== "Evicted";
  return true;
}

/** Field selector of the pods that have ended and are still there. */
export const FINISHED_PODS = "status.phase!=Pending,status.phase!=Running,status.phase!=Unknown";
