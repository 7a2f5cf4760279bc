/**
 * What the agent's socket serves: the port between HTTP and IPAM.
 * @module
 */

import type { AddAnswer, AddArgs, BatchDelArgs, DelArgs, EndpointAnswer } from "../api/agent-protocol.ts";

/**
 * Gives and takes addresses. What is thrown becomes the text of the pod's Event.
 *
 * The signal aborts when the one who has asked is gone; what was begun may be finished, as the same is asked again.
 */
export interface IpamService {
  add(args: AddArgs, signal: AbortSignal): Promise<AddAnswer>;
  del(args: DelArgs, signal: AbortSignal): Promise<void>;
  batchDel(args: BatchDelArgs, signal: AbortSignal): Promise<"done" | "stateful-forbidden" | "stateless-forbidden">;
  /** Undefined where the pod has none. */
  endpoint(namespace: string, name: string): Promise<EndpointAnswer | undefined>;
}
