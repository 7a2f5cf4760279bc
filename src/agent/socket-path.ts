/**
 * Makes the place of a unix socket ready: its folder there, and no file of an agent that has died in the way.
 * @module
 */

import { lstat, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";

/**
 * Removes a socket that nobody listens on.
 * @throws {Error} If somebody does, or if there is something else than a socket.
 */
export async function clearSocketPath(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`Cannot listen at "${path}": there is a file that is no socket`);
  if (await isServed(path)) throw new Error(`Cannot listen at "${path}": another agent answers there; end it first`);
  await rm(path, { force: true });
}

/** Only a refused connection proves that nobody listens: a busy server refuses otherwise. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
