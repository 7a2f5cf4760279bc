/**
 * A client of the webhook that can also do what no decent one does.
 * @module
 */

import { once } from "node:events";
import { Agent, type RequestOptions, request } from "node:https";
import { connect, type TLSSocket } from "node:tls";

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

export interface WebhookClient {
  /** Sends a request; without more said, a POST of JSON. */
  send(path: string, body?: string | Buffer, options?: RequestOptions): Promise<Reply>;
  /** Opens a connection and writes these bytes to it as they stand. */
  raw(...texts: (string | Buffer)[]): Promise<TLSSocket>;
  end(): void;
}

/** Returns a client that trusts this certificate; with `keepAlive` it has one connection. */
export function webhookClient(port: number, ca: string, { keepAlive = false } = {}): WebhookClient {
  const agent = new Agent({ ca, keepAlive, ...(keepAlive ? { maxSockets: 1 } : {}) });
  const sockets: TLSSocket[] = [];
  return {
    async send(path, body = "", options = {}) {
      const headers = { "content-type": "application/json", ...options.headers };
      const call = request({ method: "POST", ...options, host: "127.0.0.1", port, agent, path, headers });
      call.end(body);
      const [response] = await once(call, "response");
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      return { status: response.statusCode, headers: response.headers, text };
    },
    async raw(...texts) {
      const socket = connect({ host: "127.0.0.1", port, ca });
      sockets.push(socket);
      await once(socket, "secureConnect");
      socket.on("error", () => {});
      for (const text of texts) socket.write(text);
      return socket;
    },
    end() {
      agent.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Returns all that comes out of a socket until it ends, or is reset. */
export async function readAll(socket: TLSSocket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
  return text;
}
