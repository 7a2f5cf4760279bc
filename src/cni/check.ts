/**
 * CHECK: whether what an earlier ADD has returned is still recorded for the pod.
 *
 * The reference always says yes. Only records are looked at: whether the NIC has its addresses is for the plugin that made it.
 * @module
 */

import { AGENT_PATH, type EndpointAnswer } from "../api/agent-protocol.ts";
import { reasonIn } from "./agent-client.ts";
import { type Call, requestTimeoutMs } from "./call.ts";
import { CniError, ERROR_CODE } from "./cni-error.ts";
import type { Reply } from "./http-reply.ts";
import { canonical } from "./result.ts";

/**
 * Resolves if the pod's endpoint has all addresses of the NIC in the earlier result.
 * @throws {CniError} If it has not, or cannot be read.
 */
export async function check(call: Call): Promise<void> {
  const { pod, configuration, environment } = call;
  const { podName, podNamespace } = pod;
  const query = new URLSearchParams({ podNamespace, podName });
  const reply = await call.agent
    .ask("GET", `${AGENT_PATH.endpoint}?${query}`, { timeoutMs: requestTimeoutMs })
    .catch((error: Error) => fail(error.message));
  const endpoint = readEndpoint(reply);
  const name = `${podNamespace}/${podName}`;
  if (pod.podUID !== "" && endpoint.podUID !== pod.podUID) {
    fail(`the addresses of pod "${name}" are those of UID "${endpoint.podUID}", not of "${pod.podUID}"`);
  }
  const nic = environment.interfaceName;
  const recorded = endpoint.interfaces
    .filter(({ interface: of }) => of === nic)
    .flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
  const held = new Set(recorded.filter((address) => address !== undefined && address !== "").map(normal));
  if (held.size === 0) fail(`pod "${name}" has no address on NIC "${nic}"`);
  const expected = (configuration.previousAddresses ?? []).filter(
    ({ interfaceName }) => interfaceName === undefined || interfaceName === nic,
  );
  const missing = expected.map(({ address }) => normal(address)).filter((address) => !held.has(address));
  if (missing.length > 0) fail(`NIC "${nic}" of pod "${name}" does not hold ${missing.join(", ")} any more`);
}

function readEndpoint(reply: Reply): EndpointAnswer {
  if (reply.status !== 200) return fail(reasonIn(reply));
  const endpoint = reply.body as EndpointAnswer | undefined;
  if (!Array.isArray(endpoint?.interfaces)) return fail("the agent's answer has no interfaces");
  return endpoint;
}

function normal(address: string | undefined): string {
  try {
    return canonical(address ?? "");
  } catch (error) {
    return fail((error as Error).message);
  }
}

function fail(reason: string): never {
  throw new CniError(ERROR_CODE.plugin, `spiderpool IP check error: ${reason}`);
}
