/**
 * The reason out of an error of the address room, without its beginning, which the field and the value of a refusal say already.
 * @module
 */

/** Returns what stands behind `Cannot parse … "text": `; the whole message where it does not begin so. */
export function reasonOf(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const beginning = `"${text}": `;
  const at = message.indexOf(beginning);
  return message.startsWith("Cannot parse ") && at >= 0 ? message.slice(at + beginning.length) : message;
}
