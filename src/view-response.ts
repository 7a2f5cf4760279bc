/**
 * What the answers of the page's server have in common: headers, texts, and whom it does not answer.
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers a request for one path. */
export type Route = (
  response: ServerResponse,
  query: URLSearchParams,
  request: IncomingMessage,
) => void | Promise<void>;

/** Headers of every answer. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Tells whether a request means another host than this machine, where only this machine is served: a name that somebody else's
 * page has pointed here would let that page read what it is not meant to.
 * @param host the request's header
 * @param address where the server listens
 */
function isForeign(host: string | undefined, address: string): boolean {
  const isLocal = LOOPBACK.test(address.includes(":") ? `[${address}]` : address);
  return isLocal && !LOOPBACK.test((host ?? "").replace(/:\d+$/, ""));
}

/** Answers with a text; without it where only the head was asked for. */
export function writeText(
  response: ServerResponse,
  status: number,
  text: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(response.req.method === "HEAD" ? undefined : text);
}

/** Answers with a value as JSON; says that it is missing where it is `undefined`. */
export function writeFound(response: ServerResponse, value: unknown, name: string): void {
  if (value === undefined) writeText(response, 404, `Cannot find ${name}\n`);
  else writeText(response, 200, JSON.stringify(value), "application/json");
}

/** What a server of such answers has. */
export interface Reading {
  readonly routes: Readonly<Record<string, Route>>;
  /** Where it listens. */
  readonly address: string;
  readonly methods: readonly string[];
}

/** Answers a request by its path; to what would change anything, and under a foreign host name, by a refusal. Never rejects. */
export async function answerReading(
  { routes, address, methods }: Reading,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // What is still on its way when somebody goes is no news.
  request.on("error", () => {});
  response.on("error", () => {});
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const { pathname = "", searchParams = new URLSearchParams() } =
    URL.parse(request.url ?? "", "http://localhost") ?? {};
  const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
  if (isForeign(request.headers.host, address)) writeText(response, 403, "Cannot answer under this host name\n");
  else if (!route) writeText(response, 404, `Cannot find "${pathname}": ${Object.keys(routes).join(", ")} are here\n`);
  else if (!methods.includes(request.method ?? "")) {
    response.setHeader("allow", methods.join(", "));
    writeText(response, 405, `Cannot answer ${request.method}: this is for reading only\n`);
  } else {
    try {
      await route(response, searchParams, request);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else writeText(response, 500, `Cannot answer: ${(error as Error).message}\n`);
    }
  }
}

const CHUNK_LENGTH = 64 * 2 ** 10;

/** Gathers texts into chunks: a write for every line would cost more than the line. */
export async function* gathered(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = "";
  for await (const text of texts) {
    chunk += text;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
