/**
 * What a Service is to whoever connects: one address, and behind it whichever replica is ready, in turn.
 *
 * Connections that are open stay with their replica, as with a real one; a replica that is not ready any more gets no new ones.
 * @module
 */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Balancer {
  readonly port: number;
  /** Sends new connections to these ports of 127.0.0.1 from now on. */
  setReady(ports: readonly number[]): void;
  /** Connections taken so far. */
  readonly taken: number;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function startBalancer(): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let ready: readonly number[] = [];
  let taken = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    keep(near);
    const port = ready[taken % Math.max(1, ready.length)];
    taken += 1;
    if (port === undefined) {
      near.destroy();
      return;
    }
    const far = keep(connect({ port, host: "127.0.0.1", allowHalfOpen: true }));
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    setReady(ports) {
      ready = ports;
    },
    get taken() {
      return taken;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
