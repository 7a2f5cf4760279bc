/**
 * A running reflector as one looks at it from outside: of what, and how far its copy can be relied on.
 * @module
 */

import type { Reflector } from "./reflector.ts";

/** For metrics and health. */
export interface Watch extends Pick<Reflector<unknown>, "hasSynced" | "lastActivity" | "lastTurn" | "size"> {
  /** Plural of the resource, with what tells it from another watch of the same one. */
  readonly resource: string;
}

/** Returns how one looks at a reflector. */
export function watchOf(resource: string, reflector: Reflector<unknown>): Watch {
  const { hasSynced, lastActivity, lastTurn } = reflector;
  return {
    resource,
    hasSynced,
    lastActivity,
    lastTurn,
    get size() {
      return reflector.size;
    },
  };
}
