/**
 * Lets one look into a running process: `GET /debug/heap` and `GET /debug/cpu?seconds=10`, in the files that browsers' tools read.
 *
 * On the loopback address only, and not under a foreign host name: a heap snapshot holds every secret that the process knows. Off
 * unless a port is set. A snapshot stops the process for seconds, so of several replicas take one that stands by.
 * @module
 */

import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { Session } from "node:inspector/promises";
import { pipeline } from "node:stream/promises";
import { getHeapSnapshot } from "node:v8";
import { type Clock, sleep } from "./clock.ts";
import { listen } from "./listening.ts";
import { answerReading, type Route, writeText } from "./view-response.ts";

export interface DebugServerOptions {
  /** 0 takes one that is free. */
  readonly port: number;
  readonly clock: Clock;
}

export interface DebugServer {
  readonly port: number;
  close(): Promise<void>;
}

const ADDRESS = "127.0.0.1";
const SECONDS_DEFAULT = 10;
const SECONDS_MAX = 120;

/**
 * Listens.
 * @throws {Error} If the port is taken.
 */
export async function serveDebug({ port, clock }: DebugServerOptions): Promise<DebugServer> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 });
  const ending = new AbortController();
  const reading = { routes: routesOf(clock, ending.signal), address: ADDRESS, methods: ["GET"] };
  server.on("request", (request, response) => void answerReading(reading, request, response));
  const taken = await listen(server, { port, host: ADDRESS, setting: "debug-port" });
  return {
    port: taken,
    async close() {
      const closed = once(server, "close");
      ending.abort();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function routesOf(clock: Clock, signal: AbortSignal): Readonly<Record<string, Route>> {
  let isBusy = false;
  /** One at a time: two would measure each other. */
  const alone =
    (route: Route): Route =>
    async (...call) => {
      if (isBusy) return writeText(call[0], 409, "Cannot begin: another one is under way\n");
      isBusy = true;
      try {
        await route(...call);
      } finally {
        isBusy = false;
      }
    };
  return {
    "/debug/heap": alone(async (response) => {
      writeHead(response, "autopool.heapsnapshot");
      await pipeline(getHeapSnapshot(), response);
    }),
    "/debug/cpu": alone(async (response, query) => {
      const text = query.get("seconds") ?? String(SECONDS_DEFAULT);
      const seconds = Number(text);
      if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
        writeText(response, 400, `Cannot profile for "${text}" seconds: it must be a number up to ${SECONDS_MAX}\n`);
        return;
      }
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const profile = await profileCpu(clock, seconds, AbortSignal.any([gone.signal, signal]));
      if (response.destroyed) return;
      writeHead(response, "autopool.cpuprofile");
      response.end(JSON.stringify(profile));
    }),
  };
}

async function profileCpu(clock: Clock, seconds: number, signal: AbortSignal): Promise<object> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await sleep(clock, seconds * 1000, signal);
    return (await session.post("Profiler.stop")).profile;
  } finally {
    session.disconnect();
  }
}

function writeHead(response: ServerResponse, file: string): void {
  const disposition = `attachment; filename="${file}"`;
  response.writeHead(200, { "content-type": "application/json", "content-disposition": disposition });
}
