/**
 * DEL: tells the agent that the pod's NIC is gone (ipam §5.4).
 * @module
 */

import { AGENT_PATH, type DelArgs } from "../api/agent-protocol.ts";
import { reasonIn } from "./agent-client.ts";
import { absenceMs, type Call, podArgs, requestTimeoutMs } from "./call.ts";
import { requireHealthyAgent } from "./health.ts";

/**
 * Gives the pod's addresses back.
 *
 * What the agent answers is logged only: an error would hold the pod's end up, and what is left is collected by the operator.
 * Whether there is an agent at all does count, so that a node without one does not lose every DEL.
 * @throws {CniError} If the agent does not answer.
 */
export async function del(call: Call): Promise<void> {
  const { agent, environment, pod, log } = call;
  if (pod.podName === "" || pod.podNamespace === "") {
    // Its ADD cannot have got an address.
    log.warn("no pod named, nothing to release");
    return;
  }
  await requireHealthyAgent(call);
  const body: DelArgs = { ...podArgs(call), ifName: environment.interfaceName, netNamespace: environment.netns };
  const reason = await agent
    .ask("DELETE", AGENT_PATH.ip, { body, timeoutMs: requestTimeoutMs, absenceMs })
    .then((reply) => (reply.status === 200 ? undefined : reasonIn(reply)))
    .catch((error: Error) => error.message);
  // Which addresses that were, if any, stands in the agent's log: most DELs come when there is nothing left to release.
  if (reason === undefined) log.info("served by the agent");
  else log.error("not served by the agent", { reason });
}
