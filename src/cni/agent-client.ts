/**
 * How the plugin asks the node's agent: one HTTP/1.1 request per connection over its unix socket (ipam §5.3).
 *
 * Knows limits of time and size, not what is asked.
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import { formatRequest, type Method, parseReply, type Reply } from "./http-reply.ts";

/** Nothing that an agent tells about one pod is longer. */
const REPLY_BYTES_MAX = 2 ** 20;

/** Between two looks whether an agent listens by now. */
const lookAgainMs = 200;

export interface AskOptions {
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** How long to wait where nobody listens, as for a moment while one agent takes over from another; none unless given. */
  readonly absenceMs?: number;
}

/** Nobody listens, so that nothing has been asked. */
class AgentAbsent extends Error {
  override readonly name = "AgentAbsent";
}

export class AgentClient {
  readonly #socketPath: string;
  readonly #clock: Clock;

  constructor(socketPath: string, clock: Clock) {
    this.#socketPath = socketPath;
    this.#clock = clock;
  }

  /**
   * Sends a request and returns the reply, whatever its status.
   * @throws {Error} If there is none in time; the message says what was tried.
   */
  async ask(method: Method, path: string, options: AskOptions): Promise<Reply> {
    const end = this.#clock.now() + (options.absenceMs ?? 0);
    for (;;) {
      try {
        return await this.#askOnce(method, path, options);
      } catch (error) {
        if (!(error instanceof AgentAbsent) || this.#clock.now() >= end) throw error;
      }
      await sleep(this.#clock, lookAgainMs);
    }
  }

  #askOnce(method: Method, path: string, options: AskOptions): Promise<Reply> {
    // Loaded here, as VERSION does without.
    const { connect } = process.getBuiltinModule("node:net");
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const fail = (reason: string, cause?: NodeJS.ErrnoException): void => {
      const Kind = isAbsence(cause) ? AgentAbsent : Error;
      reject(new Kind(`Cannot reach the agent at "${this.#socketPath}": ${reason}`, { cause }));
    };
    const chunks: Buffer[] = [];
    let bytes = 0;
    const socket = connect(this.#socketPath);
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      if (bytes > REPLY_BYTES_MAX) fail(`its reply is above ${REPLY_BYTES_MAX} bytes`);
      else chunks.push(chunk);
    });
    socket.on("end", () => {
      try {
        resolve(parseReply(Buffer.concat(chunks)));
      } catch (error) {
        reject(error);
      }
    });
    socket.on("error", (error: NodeJS.ErrnoException) => fail(reasonOf(error), error));
    socket.on("close", () => fail("it closed the connection"));
    const cancel = this.#clock.after(options.timeoutMs, () => {
      fail(`it did not answer ${method} ${path} within ${options.timeoutMs / 1000} s`);
    });
    // Not ended: a server takes a half-closed connection for a client that has gone.
    socket.write(formatRequest(method, path, options.body));
    return promise.finally(() => {
      cancel();
      socket.destroy();
    });
  }
}

/** Returns what a refusing reply says: the bare string of the agent, or the message of its framework. */
export function reasonIn({ status, body }: Reply): string {
  if (typeof body === "string") return body;
  const message = (body as { message?: unknown } | null | undefined)?.message;
  return typeof message === "string" ? message : `HTTP status ${status}`;
}

const isAbsence = (error?: NodeJS.ErrnoException): boolean =>
  error?.code === "ENOENT" || error?.code === "ECONNREFUSED";

function reasonOf(error: NodeJS.ErrnoException): string {
  return isAbsence(error) ? "no agent listens there; does its pod run on this node?" : error.message;
}
