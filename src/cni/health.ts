/**
 * Whether the agent is there: asked before ADD and DEL, and by the command STATUS.
 * @module
 */

import { AGENT_PATH } from "../api/agent-protocol.ts";
import { type AskOptions, reasonIn } from "./agent-client.ts";
import { absenceMs, type Call, healthTimeoutMs } from "./call.ts";
import { CniError, ERROR_CODE, type ErrorCode } from "./cni-error.ts";

/** A runtime asks for the status again and again, and waits meanwhile. */
const statusTimeoutMs = 5_000;

/**
 * Resolves if the agent answers, or another one soon after it.
 * @throws {CniError} If it does not; DEL fails too, so that the runtime tries again (ipam §5.4).
 */
export function requireHealthyAgent(call: Call): Promise<void> {
  return ask(call, { timeoutMs: healthTimeoutMs, absenceMs }, ERROR_CODE.plugin);
}

/**
 * STATUS: an ADD can be served if the agent answers.
 * @throws {CniError} Of code 50 if it does not. Not 51: pods that run keep their addresses and their network without an agent.
 */
export function status(call: Call): Promise<void> {
  return ask(call, { timeoutMs: statusTimeoutMs }, ERROR_CODE.unavailable);
}

async function ask({ agent }: Call, options: AskOptions, code: ErrorCode): Promise<void> {
  const unhealthy = (reason: string): CniError =>
    new CniError(code, `unhealthy spiderpool-agent backend, failed to check: ${reason}`);
  const reply = await agent.ask("GET", AGENT_PATH.healthy, options).catch((error: Error) => {
    throw unhealthy(error.message);
  });
  if (reply.status !== 200) throw unhealthy(reasonIn(reply));
}
