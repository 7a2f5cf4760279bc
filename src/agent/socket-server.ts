/**
 * The agent's HTTP/1.1 server on a unix socket. Reads requests, watches over their clients, writes replies; what they mean is for
 * `routes.ts`.
 *
 * Whoever may connect is root: the socket's mode is 0600 from its first moment on.
 * @module
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { IpamService } from "./ipam-service.ts";
import { type AgentReply, answer, refusal } from "./routes.ts";
import { clearSocketPath } from "./socket-path.ts";

/** A request names one pod and a few pools. */
const BODY_BYTES_MAX = 2 ** 20;

export interface SocketServerOptions {
  readonly path: string;
  readonly service: IpamService;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SocketServer {
  /** Number of requests under way. */
  readonly active: number;
  /** Takes no more connections, removes the socket, and resolves when the requests under way are answered. */
  close(): Promise<void>;
}

/**
 * Listens.
 * @throws {Error} If the socket cannot be made, another agent's being there first of all.
 */
export async function listenOnSocket(options: SocketServerOptions): Promise<SocketServer> {
  await clearSocketPath(options.path);
  const server = createServer();
  const busy = trackBusy(server);
  server.on("request", (request, response) => void serve(options, request, response));
  await listen(server, options.path);
  return {
    get active() {
      return busy.size;
    },
    async close() {
      const closed = once(server, "close");
      // Removes the socket too.
      server.close();
      busy.endOthers();
      await closed;
    },
  };
}

/**
 * Follows which connections have a request under way. Node's own list of idle ones lacks those that have never sent anything, and
 * one such client would hold the end up for a minute.
 */
function trackBusy(server: Server): { readonly size: number; endOthers(): void } {
  const idle = new Set<Socket>();
  const busy = new Set<Socket>();
  let isEnding = false;
  server.on("connection", (socket: Socket) => {
    idle.add(socket);
    socket.once("close", () => idle.delete(socket));
  });
  server.on("request", ({ socket }, response) => {
    idle.delete(socket);
    busy.add(socket);
    response.once("close", () => {
      busy.delete(socket);
      if (isEnding) socket.destroySoon();
      else if (!socket.destroyed) idle.add(socket);
    });
  });
  return {
    get size() {
      return busy.size;
    },
    endOthers() {
      isEnding = true;
      for (const socket of idle) socket.destroy();
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  // The socket is bound within the call, so that no other file of this process gets this mask.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await once(server, "listening");
}

async function serve(options: SocketServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { service, clock, log } = options;
  const startedAt = clock.now();
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const { method = "", url = "" } = request;
  const { pathname: path, searchParams: query } = parseTarget(url);
  let reply: AgentReply;
  try {
    const body = await readBody(request);
    reply =
      body === undefined
        ? refusal(413, 413, `the body is above ${BODY_BYTES_MAX} bytes`)
        : await answer(service, { method, path, query, body, signal: gone.signal });
  } catch (error) {
    // The client went away while it was sending.
    log.debug("request not read", { method, path, error });
    return;
  }
  const fields = { method, path, status: reply.status, ms: clock.now() - startedAt };
  if (gone.signal.aborted) log.warn("client gone before the answer", fields);
  else if (reply.status >= 400) log.warn("request refused", { ...fields, reply: reply.body });
  else log.debug("request served", fields);
  write(response, reply);
}

/** A target that is no URL is a path that nobody knows. */
function parseTarget(target: string): { pathname: string; searchParams: URLSearchParams } {
  return URL.parse(target, "http://localhost") ?? { pathname: target, searchParams: new URLSearchParams() };
}

/** Returns the body, or undefined where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    // Read on to the end, so that the client gets to read the answer, but not for ever.
    if (bytes > 16 * BODY_BYTES_MAX) break;
  }
  return bytes > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks).toString();
}

function write(response: ServerResponse, { status, body, allow }: AgentReply): void {
  if (response.destroyed) return;
  const text = body === undefined ? "" : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...(text === "" ? {} : { "content-type": "application/json" }),
    "content-length": Buffer.byteLength(text),
    ...(allow === undefined ? {} : { allow: allow.join(",") }),
  });
  response.end(text);
}
