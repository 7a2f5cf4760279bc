/**
 * Serves the page over plain HTTP, to whoever may reach the port: the document, what is shown, the stream of what changes, the trace.
 *
 * Read only: nothing that a client sends changes anything, and nobody is asked who they are, so it listens on the loopback address
 * unless told otherwise. There it answers to no foreign host name, which a page from elsewhere may have pointed here.
 * @module
 */

import { once } from "node:events";
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Clock } from "./clock.ts";
import { listen } from "./listening.ts";
import type { LiveView } from "./live-view.ts";
import type { TraceLine } from "./trace/trace-line.ts";
import { poolDetail, subnetDetail } from "./view/holders.ts";
import type { PageDocument } from "./view/page-document.ts";
import { answerReading, gathered, type Route, writeFound, writeText } from "./view-response.ts";
import { holdStream } from "./view-stream.ts";

/** Where the page listens unless told otherwise. */
const VIEW_ADDRESS = "127.0.0.1";
/** Streams that are held at once; each has a buffer of its own. */
const STREAMS_MAX = 32;

/** What is served. */
export interface ViewSource {
  /** The lines of the trace as text, at this moment. */
  trace(): Iterable<string> | AsyncIterable<string>;
  /** Absent where nothing runs and there is nothing but the trace. */
  readonly live?: {
    readonly view: LiveView;
    /** Lines that timelines are made of. */
    lines(): Iterable<TraceLine>;
  };
}

export interface ViewServerOptions {
  /** 0 takes one that is free. */
  readonly port: number;
  /** Default {@link VIEW_ADDRESS}. */
  readonly address?: string;
  readonly clock: Clock;
  readonly document: PageDocument;
  readonly source: ViewSource;
}

export interface ViewServer {
  readonly port: number;
  /** Where a browser on this machine finds the page. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens.
 * @throws {Error} If the port is taken.
 */
export async function serveView(options: ViewServerOptions): Promise<ViewServer> {
  const { port, address = VIEW_ADDRESS } = options;
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 });
  const reading = { routes: routesOf(options), address, methods: ["GET", "HEAD"] };
  server.on("request", (request, response) => void answerReading(reading, request, response));
  const taken = await listen(server, { port, host: address, setting: "view-port" });
  const host = address.includes(":") ? `[${address}]` : address;
  return {
    port: taken,
    url: `http://${host === "0.0.0.0" || host === "[::]" ? "localhost" : host}:${taken}/`,
    async close() {
      const closed = once(server, "close");
      server.close();
      // A browser comes back by itself.
      server.closeAllConnections();
      await closed;
    },
  };
}

function routesOf({ document, source, clock }: ViewServerOptions): Readonly<Record<string, Route>> {
  const { live } = source;
  let streams = 0;
  return {
    "/": (response) => {
      response.setHeader("content-security-policy", document.policy);
      writeText(response, 200, document.html, "text/html; charset=utf-8");
    },
    "/trace": async (response, _, { method }) => {
      response.writeHead(200, { "content-type": "application/x-ndjson; charset=utf-8" });
      await pipeline(method === "HEAD" ? [] : gathered(source.trace()), response);
    },
    ...(live && {
      "/api/state": (response) => writeText(response, 200, live.view.state().data, "application/json"),
      "/api/pool": (response, query) => {
        const key = query.get("key") ?? "";
        writeFound(response, poolDetail(live.view.model, live.lines(), key), `pool "${key}"`);
      },
      "/api/subnet": (response, query) => {
        const name = query.get("name") ?? "";
        writeFound(response, subnetDetail(live.view.model, name), `subnet "${name}"`);
      },
      "/events": (response, _, request) => {
        if (streams >= STREAMS_MAX) {
          writeText(response, 503, `Cannot hold more than ${STREAMS_MAX} streams: close a page\n`);
          return;
        }
        streams += 1;
        response.once("close", () => {
          streams -= 1;
        });
        holdStream(request, response, { view: live.view, clock });
      },
    }),
  };
}
