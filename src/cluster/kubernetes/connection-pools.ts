/**
 * The connections to the API server: one shared pool for writes and single reads, one for lists and watches.
 *
 * Two, so that neither a relist of ten thousand objects nor twenty open watches can keep a write waiting. Both are
 * replaced when the credentials need other TLS settings; requests under way finish on the connection they have.
 * @module
 */

import { type ConnectionOptions, createSecureContext } from "node:tls";
import { type buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";
import type { Credentials } from "./credentials.ts";

/** `writes` carries everything short; `streams` carries lists and watches and has no limit of its own. */
export type Lane = "writes" | "streams";

/** The pools in use, and those that still finish old requests. */
export interface ConnectionPools {
  /** Returns the pool to send with; opens connections only when requests need them. */
  pick(lane: Lane, credentials: Credentials): Dispatcher;
  /** Lets writes finish, cuts lists and watches; later requests fail with `UND_ERR_CLOSED` or `UND_ERR_DESTROYED`. */
  close(): Promise<void>;
}

type Pools = Readonly<Record<Lane, Dispatcher>>;

/** Idle time after which a connection is given up: below the 90 s after which the API server would. */
const idleMs = 45_000;
const keepAliveDelayMs = 30_000;

/**
 * Creates the pools.
 *
 * @param connections most connections for writes and single reads; more callers wait for a free one
 */
export function createConnectionPools(connections: number, requestTimeoutMs: number): ConnectionPools {
  let pools: Pools | undefined;
  let fingerprint: string | undefined;
  let isClosed: boolean = false;
  const retired = new Set<Pools>();

  const retire = (old: Pools): void => {
    retired.add(old);
    const ended = Promise.allSettled([old.writes.close(), old.streams.close()]);
    void ended.then(() => retired.delete(old));
  };

  return {
    pick(lane, credentials) {
      if (isClosed) throw Object.assign(new Error("the client has been closed"), { code: "UND_ERR_CLOSED" });
      if (!pools || fingerprint !== credentials.fingerprint) {
        if (pools) retire(pools);
        fingerprint = credentials.fingerprint;
        pools = {
          writes: openPool(credentials, connections, requestTimeoutMs),
          streams: openPool(credentials, null, requestTimeoutMs),
        };
      }
      return pools[lane];
    },
    async close() {
      isClosed = true;
      const all = [...retired, ...(pools ? [pools] : [])];
      await Promise.allSettled(all.flatMap((each) => [each.writes.close(), each.streams.destroy()]));
    },
  };
}

function openPool(credentials: Credentials, connections: number | null, timeoutMs: number): Dispatcher {
  const { origin, connection } = credentials;
  // HTTP/1.1 on purpose: one HTTP/2 connection would put every write behind the same flow control as the watches.
  const options = {
    connections,
    allowH2: false,
    keepAliveTimeout: idleMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connectTimeout: Math.min(timeoutMs, 10_000),
  };
  switch (connection.type) {
    case "none":
      return new Pool(origin, { ...options, connect: socketOptions(origin, {}) });
    case "agent":
      return new Pool(origin, { ...options, connect: socketOptions(origin, connection.connect) });
    case "proxy":
      return new ProxyAgent({
        ...options,
        uri: connection.uri,
        requestTls: socketOptions(origin, connection.requestTls),
      });
  }
}

/**
 * Adds TCP keep-alive, by which a watch learns that its peer is gone, and parses the certificates once for all connections:
 * that takes ten milliseconds each time. Both libraries type the same options a little differently.
 */
function socketOptions(origin: string, tls: ConnectionOptions): buildConnector.BuildOptions {
  return {
    ...tls,
    ...(origin.startsWith("https:") ? { secureContext: createSecureContext(tls) } : {}),
    keepAlive: true,
    keepAliveInitialDelay: keepAliveDelayMs,
  } as buildConnector.BuildOptions;
}
