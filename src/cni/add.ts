/**
 * ADD: asks the agent for the pod's addresses, and returns those of the NIC at hand (ipam §5.2).
 *
 * No address is announced: the plugin that has called us makes the NIC, and the standard ones (bridge, macvlan) send
 * gratuitous ARP and neighbour advertisements for what we return, once the NIC is up. The reference announces before that, and
 * the addresses of other NICs too (§8 B6).
 * @module
 */

import { type AddAnswer, type AddArgs, AGENT_PATH, type BatchDelArgs } from "../api/agent-protocol.ts";
import { reasonIn } from "./agent-client.ts";
import { absenceMs, type Call, podArgs, requestTimeoutMs } from "./call.ts";
import { CniError, ERROR_CODE } from "./cni-error.ts";
import { requireHealthyAgent } from "./health.ts";
import { type CniResult, readAnswer, toResult } from "./result.ts";

/**
 * Returns the result for the runtime.
 * @throws {CniError} If there is none.
 */
export async function add(call: Call): Promise<CniResult> {
  const { environment, configuration, log } = call;
  if (configuration.matchMasterSubnet) {
    const reason =
      "the addresses of the NIC's physical function cannot be read; leave it out and name fitting pools in the network's " +
      "configuration or in the pod's annotations";
    throw new CniError(ERROR_CODE.invalidConfiguration, `Cannot serve match_master_subnet: ${reason}`);
  }
  await requireHealthyAgent(call);
  const answer = await allocate(call);
  await refuseDetection(call, answer);
  const result = toResult(answer, environment.interfaceName, configuration.cniVersion);
  log.info("addresses allocated", { addresses: result.ips.map(({ address }) => address) });
  return result;
}

async function allocate(call: Call): Promise<AddAnswer> {
  const { agent, environment, configuration } = call;
  const { ipv4Pools, ipv6Pools, cleanGateway } = configuration;
  const body: AddArgs = {
    ...podArgs(call),
    ifName: environment.interfaceName,
    netNamespace: environment.netns,
    ...(ipv4Pools.length > 0 ? { defaultIPv4IPPool: ipv4Pools } : {}),
    ...(ipv6Pools.length > 0 ? { defaultIPv6IPPool: ipv6Pools } : {}),
    ...(cleanGateway ? { cleanGateway } : {}),
  };
  const reply = await agent
    .ask("POST", AGENT_PATH.ip, { body, timeoutMs: requestTimeoutMs, absenceMs })
    .catch((error: Error) => fail(error.message));
  // Letter by letter the reference's, with two blanks: people and tests look for it.
  if (reply.status !== 200) return fail(`[POST /ipam/ip][${reply.status}] postIpamIpFailure  ${reasonIn(reply)}`);
  try {
    return readAnswer(reply.body);
  } catch (error) {
    return fail((error as Error).message);
  }
}

/**
 * Refuses what the agent's cluster is set to do and we cannot: probing an address for another user, or for its gateway, takes raw
 * sockets, which Node.js does not have. Passing over it in silence would be a promise broken.
 *
 * The addresses are given back, as the reference does after a conflict. Its flag for that is set, so that an agent keeps those
 * of a StatefulSet's pod.
 */
async function refuseDetection(call: Call, { ips }: AddAnswer): Promise<void> {
  const mine = ips.filter(({ nic }) => nic === call.environment.interfaceName);
  const asked = [
    ...(mine.some(({ enableIPConflictDetection }) => enableIPConflictDetection) ? ["enableIPConflictDetection"] : []),
    ...(mine.some(({ enableGatewayDetection }) => enableGatewayDetection) ? ["enableGatewayDetection"] : []),
  ];
  if (asked.length === 0) return;
  const { netns } = call.environment;
  const body: BatchDelArgs = { ...podArgs(call), netNamespace: netns, isReleaseConflictIPs: true };
  const told = await call.agent
    .ask("DELETE", AGENT_PATH.ips, { body, timeoutMs: requestTimeoutMs })
    .then((reply) => (reply.status === 200 ? "" : reasonIn(reply)))
    .catch((error: Error) => error.message);
  if (told !== "") call.log.warn("addresses not given back", { reason: told });
  const words = `Cannot serve ${asked.join(" and ")}: this plugin cannot probe addresses; switch it off in the agent's configuration`;
  fail(told === "" ? words : `${words} (the addresses stay with the pod: ${told})`);
}

function fail(reason: string): never {
  throw new CniError(ERROR_CODE.plugin, `spiderpool IP allocation error: ${reason}`);
}
