/**
 * A JSON Patch carried out, as the API server does it with an answer of ours.
 *
 * Knows the three operations that we make, and fails where one has nothing to work on.
 * @module
 */

import type { PatchOperation } from "../../src/admission/json-patch.ts";

/** Returns the value with the patch applied; the given one stays as it is. */
export function applyPatch(value: unknown, patch: readonly PatchOperation[]): unknown {
  let result: unknown = structuredClone(value);
  for (const operation of patch) {
    const names = operation.path
      .split("/")
      .slice(1)
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = names.pop();
    if (last === undefined) {
      if (operation.op !== "replace") throw new Error(`Cannot ${operation.op} the whole`);
      result = operation.value;
      continue;
    }
    const parent = names.reduce<unknown>((object, name) => member(object, name), result) as Record<string, unknown>;
    if (operation.op !== "add") member(parent, last);
    if (operation.op === "remove") delete parent[last];
    else define(parent, last, structuredClone(operation.value));
  }
  return result;
}

function member(object: unknown, name: string): unknown {
  if (typeof object !== "object" || object === null || !Object.hasOwn(object, name))
    throw new Error(`No member "${name}"`);
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}

/** Not by assignment, which takes `__proto__` for something else. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
