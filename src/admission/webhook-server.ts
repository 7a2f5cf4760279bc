/**
 * The webhook's HTTPS server: TLS 1.2 and above, one review per POST, limits on everything that a client may draw out.
 *
 * API servers do not say who they are unless somebody has set them up for it, so whoever asks is answered, and nothing here may be
 * costly before a request is complete. Certificates can be exchanged while it serves; connections that are open keep theirs.
 * @module
 */

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Clock, sleep } from "../clock.ts";
import { listen } from "../listening.ts";
import type { Log } from "../log.ts";
import type { Admitter } from "./admitter.ts";
import { formatReview, ReviewError, readReview } from "./review.ts";
import { HEALTH_PATH, type HttpRefusal, headRefusal, readBody, routeOf, timeoutOf } from "./webhook-request.ts";

/** The API server takes objects of 3 MiB; an update's review has two of them, and an envelope around both. */
const BODY_BYTES_MAX = 7 * 2 ** 20;

/** API servers keep few connections; the rest is somebody else's. */
const CONNECTIONS_MAX = 1024;

/** A certificate with what follows it, and its key; both PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** How long clients may take. */
export interface ServerTimeouts {
  readonly handshakeMs: number;
  readonly headersMs: number;
  /** Until the last byte of the body. */
  readonly requestMs: number;
  /** How long a connection may stand idle; above the 90 s of Go's clients, so that they end it and no request meets a closing one. */
  readonly idleMs: number;
}

const defaultTimeouts: ServerTimeouts = { handshakeMs: 10_000, headersMs: 10_000, requestMs: 20_000, idleMs: 120_000 };

export interface WebhookServerOptions {
  /** 0 takes one that is free. */
  readonly port: number;
  readonly host?: string;
  readonly tls: TlsPair;
  /** PEM; where it is given, reviews are answered to those only who show a client certificate of this authority. */
  readonly clientAuthority?: string;
  readonly admitter: Admitter;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the health check says so. */
  isHealthy(): boolean;
  readonly timeouts?: Partial<ServerTimeouts>;
}

export interface WebhookServer {
  readonly port: number;
  /** New connections get this certificate from now on. */
  setCertificate(tls: TlsPair): void;
  /**
   * Fails the health check, serves on for `lingerMs`, so that whoever routes to us may notice; then takes no more connections and
   * resolves when the requests under way are answered.
   */
  close(options?: { readonly lingerMs?: number }): Promise<void>;
}

/**
 * Listens.
 * @throws {Error} If the port is taken or the certificate cannot be used.
 */
export async function listenForReviews(options: WebhookServerOptions): Promise<WebhookServer> {
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const server = createServer({
    ...secureOptions(options.tls, options),
    // Health checks come without one.
    ...(options.clientAuthority !== undefined && { requestCert: true, rejectUnauthorized: false }),
    handshakeTimeout: timeouts.handshakeMs,
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.idleMs,
    connectionsCheckingInterval: Math.min(1000, timeouts.headersMs / 4),
  });
  server.maxConnections = CONNECTIONS_MAX;
  const state = { isEnding: false };
  const connections = trackConnections(server);
  server.on("tlsClientError", (error) => options.log.debug("no TLS connection", { error }));
  server.on("request", (request, response) => void serve(options, state, request, response));
  const port = await listen(server, { port: options.port, host: options.host, setting: "webhook-port" });
  return {
    port,
    setCertificate: (tls) => server.setSecureContext(secureOptions(tls, options)),
    async close({ lingerMs = 0 } = {}) {
      state.isEnding = true;
      if (lingerMs > 0) await sleep(options.clock, lingerMs);
      const closed = once(server, "close");
      server.close();
      await connections.end();
      await closed;
    },
  };
}

function secureOptions({ cert, key }: TlsPair, { clientAuthority: ca }: Pick<WebhookServerOptions, "clientAuthority">) {
  return { cert, key, ...(ca !== undefined && { ca }), minVersion: "TLSv1.2" } as const;
}

/** Follows connections, also those that have not got through TLS, and the number of requests under way. */
function trackConnections(server: Server): { end(): Promise<void> } {
  const sockets = new Set<Socket>();
  const idle = Promise.withResolvers<void>();
  let active = 0;
  let isEnding = false;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (_, response: ServerResponse) => {
    active += 1;
    response.once("close", () => {
      active -= 1;
      if (isEnding && active === 0) idle.resolve();
    });
  });
  return {
    async end() {
      isEnding = true;
      server.closeIdleConnections();
      if (active > 0) await idle.promise;
      for (const socket of sockets) socket.destroySoon();
    },
  };
}

async function serve(
  options: WebhookServerOptions,
  state: { readonly isEnding: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { admitter, clientAuthority, log } = options;
  // What is still on its way when the answer goes out, a reset for one, is no news.
  request.on("error", () => {});
  response.on("error", () => {});
  if (state.isEnding) response.shouldKeepAlive = false;
  const { pathname: path, searchParams } = parseTarget(request.url ?? "");
  if (path === HEALTH_PATH) return answerHealth(request, response, options.isHealthy() && !state.isEnding);
  if (clientAuthority !== undefined && !(request.socket as TLSSocket).authorized) {
    return refuse(request, response, {
      status: 403,
      text: "Cannot answer without a client certificate of an API server",
    });
  }
  const route = routeOf(path);
  if (!route) return refuse(request, response, { status: 404, text: `Cannot find "${path}"` });
  const wrong = headRefusal(request);
  if (wrong) return refuse(request, response, wrong);
  try {
    const body = await readBody(request, BODY_BYTES_MAX);
    if (typeof body !== "string") return refuse(request, response, body);
    const review = readReview(body);
    if (review.kind !== route.kind)
      throw new ReviewError(`Cannot judge ${review.kind} here: "${path}" is for ${route.kind}`);
    const verdict = await admitter.answer(route.webhook, review, timeoutOf(searchParams));
    write(request, response, 200, "application/json", formatReview(review, verdict));
  } catch (error) {
    if (error instanceof ReviewError) refuse(request, response, { status: 400, text: error.message });
    // The client went away, or was too slow, while it was sending.
    else log.debug("request not read", { path, error });
  }
}

function answerHealth(request: IncomingMessage, response: ServerResponse, isHealthy: boolean): void {
  if (request.method === "GET" || request.method === "HEAD") {
    write(request, response, isHealthy ? 200 : 503, "text/plain", isHealthy ? "ok\n" : "not ready\n");
  } else refuse(request, response, { status: 405, allow: "GET, HEAD", text: `Cannot answer ${request.method}` });
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, text, allow }: HttpRefusal): void {
  if (allow !== undefined) response.setHeader("allow", allow);
  // What is still on its way would be read as the next request.
  if (status === 413) response.shouldKeepAlive = false;
  write(request, response, status, "text/plain", `${text}\n`);
}

function write(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
): void {
  const body = Buffer.from(text);
  response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "content-length": body.length });
  response.end(method === "HEAD" ? undefined : body);
}

/** A target that is no URL is a path that nobody knows. */
function parseTarget(target: string): { pathname: string; searchParams: URLSearchParams } {
  return URL.parse(target, "https://localhost") ?? { pathname: target, searchParams: new URLSearchParams() };
}
