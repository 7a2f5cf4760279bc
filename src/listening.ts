/**
 * Lets a server listen, and says in words why it cannot.
 * @module
 */

import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

export interface Listening {
  /** 0 takes any that is free. */
  readonly port: number;
  /** Absent means all addresses of the machine. */
  readonly host?: string | undefined;
  /** Name of the setting that says the port, for the error. */
  readonly setting: string;
}

/**
 * Resolves with the port once the server accepts connections.
 * @throws {Error} If the port is taken, or not for this user; the text names port and setting.
 */
export async function listen(server: Server, { port, host, setting }: Listening): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const place = host === undefined ? `port ${port}` : `port ${port} of ${host}`;
    throw new Error(`Cannot listen on ${place}: ${reasonOf(error as NodeJS.ErrnoException)}; change "${setting}"`, {
      cause: error,
    });
  }
  return (server.address() as AddressInfo).port;
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "another program has it";
  if (code === "EACCES") return "this user may not use it";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address";
  return message;
}
