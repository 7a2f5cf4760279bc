/**
 * JSON values as they travel between client and server: copied, compared, patched.
 *
 * Objects that cross the border of the memory cluster are copies, never shared; a field with the value `undefined` does not
 * travel, as it would not through `JSON.stringify`. Written out by hand because `structuredClone` costs ten times as much.
 * @module
 */

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a deep copy without the fields that are undefined. */
export function copyJson<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const fields = value as Fields;
  const result: Fields = {};
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (field !== undefined) result[name] = copy(field);
  }
  return result;
}

/** Tells whether two JSON values are equal; the order of fields does not count, a missing field equals an undefined one. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => equalJson(item, right[index]));
  }
  if (!isFields(left) || !isFields(right)) return false;
  for (const name of Object.keys(left)) if (!equalJson(left[name], right[name])) return false;
  for (const name of Object.keys(right)) if (right[name] !== undefined && left[name] === undefined) return false;
  return true;
}

/** Returns the target changed by a JSON merge patch (RFC 7386): null deletes, objects merge, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return copy(patch);
  const result = isFields(target) ? (copy(target) as Fields) : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else if (value !== undefined) result[name] = mergePatch(result[name], value);
  }
  return result;
}
