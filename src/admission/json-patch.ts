/**
 * What changed between two JSON values, as a JSON Patch (RFC 6902).
 *
 * Objects are compared member by member; a list that differs is replaced as a whole, since nothing tells which of its elements
 * are the same ones, unless it is as long as it was and few of its texts are others. A member that is `undefined` is one that is not
 * there. Pure.
 * @module
 */

/** One step of a patch. */
export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** Returns the steps that make `to` of `from`; none where they are equal. */
export function createPatch(from: unknown, to: unknown, path = ""): PatchOperation[] {
  if (from === to) return [];
  if (!isObject(from) || !isObject(to)) {
    return isSame(from, to) ? [] : (fewTexts(from, to, path) ?? [{ op: "replace", path, value: to }]);
  }
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((name): PatchOperation[] => {
    const member = `${path}/${escapeMember(name)}`;
    const [before, after] = [own(from, name), own(to, name)];
    if (after === undefined) return before === undefined ? [] : [{ op: "remove", path: member }];
    if (before === undefined) return [{ op: "add", path: member, value: after }];
    return createPatch(before, after, member);
  });
}

/** A step is so many times as long as an element. */
const STEP_LENGTH = 4;

/** Returns the steps for those elements of a list of texts that changed; `undefined` where the whole list is shorter than they. */
function fewTexts(from: unknown, to: unknown, path: string): PatchOperation[] | undefined {
  if (!Array.isArray(from) || !Array.isArray(to) || from.length !== to.length) return undefined;
  const steps: PatchOperation[] = [];
  for (const [index, value] of to.entries()) {
    if (value === from[index]) continue;
    if (typeof value !== "string" || STEP_LENGTH * (steps.length + 1) > to.length) return undefined;
    steps.push({ op: "replace", path: `${path}/${index}`, value });
  }
  return steps;
}

/** Escapes a member's name as a JSON Pointer wants it (RFC 6901): the tilde first, or it would escape the slash's. */
function escapeMember(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the object inherits, such as `constructor`, is not in it. */
function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isSame(item, right[index]));
  }
  return isObject(left) && isObject(right) && createPatch(left, right).length === 0;
}
