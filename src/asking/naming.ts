/**
 * How answers call things: the kind and the name, as people type them.
 * @module
 */

import { type Application, parseApplicationText } from "../api/application.ts";

/** Returns `Deployment shop/web`. */
export function applicationLabel({ kind, namespace, name }: Omit<Application, "uid" | "apiVersion">): string {
  return `${kind} ${namespace}/${name}`;
}

/** Returns the same out of a ledger's record form; `undefined` where it cannot be read. */
export function recordLabel(text: string | undefined): string | undefined {
  const application = text === undefined ? undefined : parseApplicationText(text);
  return application && applicationLabel(application);
}

/** Returns a number of things: `1 address`, `2 addresses`. */
export function counted(count: number | bigint, noun: string, plural = `${noun}s`): string {
  return `${count} ${Number(count) === 1 ? noun : plural}`;
}

/** Returns a number of addresses. */
export function addressCount(count: number | bigint): string {
  return counted(count, "address", "addresses");
}
