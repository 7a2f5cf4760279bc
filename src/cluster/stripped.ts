/**
 * What a cache keeps of an object.
 * @module
 */

import type { KubeObject } from "./cluster.ts";

/** Returns an object without the bookkeeping of who wrote which field, which is often longer than all the rest. */
export function stripped<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as T["metadata"] & { managedFields?: unknown };
  return { ...object, metadata };
}
