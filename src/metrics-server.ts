/**
 * Serves metrics over plain HTTP: `GET /metrics`, and nothing else.
 *
 * What is measured is not known here, and nobody is asked who they are: there is nothing secret in a number of refusals.
 * @module
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** Something with numbers in Prometheus' text form. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

import { listen } from "./listening.ts";

export interface MetricsServerOptions {
  /** 0 takes one that is free. */
  readonly port: number;
  readonly host?: string;
  readonly source: MetricsSource;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens.
 * @throws {Error} If the port is taken.
 */
export async function serveMetrics({ port, host, source }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 });
  server.on("request", (request, response) => void answer(source, request, response));
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

async function answer(source: MetricsSource, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path] = (request.url ?? "").split("?", 1);
  if (path !== "/metrics") return write(response, 404, `Cannot find "${path}": only /metrics is here\n`);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return write(response, 405, `Cannot answer ${request.method}\n`);
  }
  try {
    write(response, 200, await source.metrics(), source.contentType);
  } catch (error) {
    write(response, 500, `Cannot collect the metrics: ${(error as Error).message}\n`);
  }
}

function write(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
