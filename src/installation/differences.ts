/**
 * In which fields two states of an object differ. Pure.
 *
 * Texts that are JSON (`status.controlledIPPools`, `status.allocatedIPs`) count as what they say, not as how they are written.
 * @module
 */

/** Members that every write changes, or the server itself. */
const INCIDENTAL = new Set(["resourceVersion", "generation", "managedFields", "uid", "creationTimestamp"]);

/** Paths of the fields that differ, such as `spec.ips` or `metadata.labels["a/b"]`; lists are compared as a whole. */
export function differences(before: unknown, after: unknown, path = ""): string[] {
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names
      .filter((name) => path !== "metadata" || !INCIDENTAL.has(name))
      .flatMap((name) => differences(before[name], after[name], member(path, name)));
  }
  return same(before, after) ? [] : [path];
}

function member(path: string, name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

function same(before: unknown, after: unknown): boolean {
  return canonical(before) === canonical(after);
}

function canonical(value: unknown): string {
  return JSON.stringify(parsed(value), (_, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}

function parsed(value: unknown): unknown {
  // What is empty and what is not there say the same.
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return null;
  if (typeof value !== "string" || !value.startsWith("{")) return value;
  try {
    const object: unknown = JSON.parse(value);
    return isObject(object) && Object.keys(object).length === 0 ? null : object;
  } catch {
    return value;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
