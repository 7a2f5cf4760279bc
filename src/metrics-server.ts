/**
 * Serves metrics over plain HTTP, and whether the process is well: `GET /metrics`, `/healthz` and `/readyz`, and nothing else.
 *
 * What is measured is not known here, and nobody is asked who they are: there is nothing secret in a number of refusals.
 * @module
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "./listening.ts";

/** Something with numbers in Prometheus' text form. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** What the kubelet asks. Each answers with what is wrong, as a sentence; `undefined` where nothing is. */
export interface Health {
  /** `/healthz`: only a new process helps. */
  ailment(): string | undefined;
  /** `/readyz`: it cannot serve yet, or not now. */
  obstacle(): string | undefined;
}

export interface MetricsServerOptions {
  /** 0 takes one that is free. */
  readonly port: number;
  readonly host?: string;
  readonly source: MetricsSource;
  /** Always well, and ready, unless given. */
  readonly health?: Health;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const PATHS = ["/metrics", "/healthz", "/readyz"] as const;

/**
 * Listens.
 * @throws {Error} If the port is taken.
 */
export async function serveMetrics(options: MetricsServerOptions): Promise<MetricsServer> {
  const { port, host } = options;
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 });
  server.on("request", (request, response) => void answer(options, request, response));
  const taken = await listen(server, { port, host, setting: "metrics-port" });
  return {
    port: taken,
    async close() {
      const closed = once(server, "close");
      server.close();
      // A scrape that is cut is made again.
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { source, health }: MetricsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = ""] = (request.url ?? "").split("?", 1);
  if (!PATHS.some((known) => known === path))
    return write(response, 404, `Cannot find "${path}": only ${PATHS.join(", ")} are here\n`);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return write(response, 405, `Cannot answer ${request.method}\n`);
  }
  if (path === "/healthz") return writeHealth(response, health?.ailment());
  if (path === "/readyz") return writeHealth(response, health?.obstacle());
  try {
    write(response, 200, await source.metrics(), source.contentType);
  } catch (error) {
    write(response, 500, `Cannot collect the metrics: ${(error as Error).message}\n`);
  }
}

function writeHealth(response: ServerResponse, complaint: string | undefined): void {
  if (complaint === undefined) write(response, 200, "ok\n");
  else write(response, 503, `${complaint}\n`);
}

function write(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
