/**
 * A port that nobody uses, for a process that must be told one.
 * @module
 */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Returns a free port; somebody else may take it before it is used, which is rare. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
