/**
 * What an administrator decides about the collection of leaked addresses (ipam §7.3, `SPIDERPOOL_GC_*`).
 * @module
 */

export interface CollectorSettings {
  /** Off: nothing is collected. */
  readonly gcEnabled: boolean;
  /** Between two looks through all records, in milliseconds. */
  readonly gcIntervalMs: number;
  /** How long after a pod's end its addresses are left to the CNI's own DEL, in milliseconds. */
  readonly gcDelayMs: number;
  /** Whether terminating pods on a node that is not Ready lose their addresses; such a node may still run them. */
  readonly releaseOnNotReadyNode: boolean;
  /** Pods of StatefulSets keep their addresses. */
  readonly enableStatefulSet: boolean;
  /** Virtual machines keep their addresses. */
  readonly enableKubevirt: boolean;
}

export const defaultCollectorSettings: CollectorSettings = {
  gcEnabled: true,
  gcIntervalMs: 600_000,
  gcDelayMs: 5_000,
  releaseOnNotReadyNode: false,
  enableStatefulSet: true,
  enableKubevirt: true,
};

/** Counts of pools and endpoints are compared so often; what an ADD has under way looks like a difference for a moment. */
export const BALANCE_MS = 30_000;
/** Longer than any ADD takes: the runtime gives up after 100 s. */
export const SETTLE_MS = 180_000;
