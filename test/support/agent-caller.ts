/**
 * What a CNI plugin asks of an agent's unix socket about a pod.
 * @module
 */

import { type AddAnswer, type AddArgs, AGENT_PATH, type DelArgs, type IpConfig } from "../../src/api/agent-protocol.ts";
import type { Pod } from "../../src/api/pod.ts";
import { systemClock } from "../../src/clock.ts";
import { AgentClient } from "../../src/cni/agent-client.ts";
import type { Reply } from "../../src/cni/http-reply.ts";

/** As long as the plugin waits. */
const timeoutMs = 100_000;

export class AgentCaller {
  readonly socket: string;
  readonly #client: AgentClient;

  constructor(socket: string) {
    this.socket = socket;
    this.#client = new AgentClient(socket, systemClock);
  }

  /** Asks for the addresses of a NIC. */
  add(pod: Pod, more: Partial<AddArgs> = {}): Promise<Reply> {
    return this.#client.ask("POST", AGENT_PATH.ip, { body: argsOf(pod, more), timeoutMs });
  }

  /**
   * Asks likewise and returns the answer.
   * @throws {Error} If it was refused; the message is the agent's.
   */
  async addWell(pod: Pod, more: Partial<AddArgs> = {}): Promise<AddAnswer> {
    const { status, body } = await this.add(pod, more);
    if (status !== 200) throw new Error(`ADD of ${pod.metadata.name} was refused with ${status}: ${body}`);
    return body as AddAnswer;
  }

  /** Says that a NIC is gone. */
  del(pod: Pod, more: Partial<DelArgs> = {}): Promise<Reply> {
    return this.#client.ask("DELETE", AGENT_PATH.ip, { body: argsOf(pod, more), timeoutMs });
  }

  /** @throws {Error} If it was refused; the message is the agent's. */
  async delWell(pod: Pod, more: Partial<DelArgs> = {}): Promise<void> {
    const { status, body } = await this.del(pod, more);
    if (status !== 200) throw new Error(`DEL of ${pod.metadata.name} was refused with ${status}: ${body}`);
  }
}

/** What the plugin sends for a pod's first NIC, or with other values for some of it. */
export function argsOf(pod: Pod, more: Partial<AddArgs> = {}): AddArgs {
  const { namespace = "", name, uid = "" } = pod.metadata;
  return {
    containerID: `container-${uid}`,
    ifName: "eth0",
    netNamespace: "/run/netns/none",
    podNamespace: namespace,
    podName: name,
    podUID: uid,
    ...more,
  };
}

/** The address without its prefix length. */
export function bare(address = ""): string {
  return address.split("/")[0] ?? "";
}

/** Addresses of an answer, in its order. */
export function addressesIn({ ips }: AddAnswer): string[] {
  return ips.map(({ address }: IpConfig) => bare(address));
}
