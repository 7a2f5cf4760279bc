/**
 * JSON as Go's decoder reads it into structs, which is part of the annotations' interface (ipam §0): member names in any
 * case, unknown members ignored, the last of several counts, null is absent, wrong types refused.
 *
 * Whoever decodes says how to refuse, so that the error names the annotation. Pure.
 * @module
 */

/** Returns the error to throw for a reason. */
export type Refuse = (reason: string) => Error;

/** The members of an object by their names in lower case; those that are null are left out. */
export type Members = ReadonlyMap<string, unknown>;

/** Parses a text, refusing what is not JSON. */
export function parseJson(text: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`it is not JSON: ${(error as Error).message}`);
  }
}

/**
 * Parses a text that must be an array of objects; null is the empty array, and null in it an object without members.
 *
 * An object in the place of the array is refused, as Go does.
 */
export function parseObjects(text: string, refuse: Refuse): Members[] {
  const value = parseJson(text, refuse) ?? [];
  if (!Array.isArray(value)) throw refuse("it must be a JSON array of objects");
  return value.map((item: unknown, index) => decodeObject(item ?? {}, `item ${index} of the array`, refuse));
}

/** Returns the members of an object, refusing everything else; `what` begins the reason. */
export function decodeObject(value: unknown, what: string, refuse: Refuse): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(`${what} must be a JSON object`);
  }
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return new Map(members.map(([name, member]) => [name.toLowerCase(), member]));
}

/** Returns a member that must be a string; "" where it is absent. */
export function decodeText(members: Members, name: string, refuse: Refuse): string {
  const value = members.get(name) ?? "";
  if (typeof value !== "string") throw refuse(`"${name}" must be a string`);
  return value;
}

/** Returns a member that must be true or false; false where it is absent. */
export function decodeBoolean(members: Members, name: string, refuse: Refuse): boolean {
  const value = members.get(name) ?? false;
  if (typeof value !== "boolean") throw refuse(`"${name}" must be true or false`);
  return value;
}

/** Returns an array of strings, refusing everything else with this reason; absent and null are empty, null in it is "". */
export function decodeTexts(value: unknown, reason: string, refuse: Refuse): string[] {
  const texts: unknown = value ?? [];
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string" || text === null)) throw refuse(reason);
  return texts.map((text: string | null) => text ?? "");
}
