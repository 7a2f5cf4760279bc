/**
 * Several reasons in one text, as Go's aggregate errors have them (ipam §2.5).
 * @module
 */

/** A text of an Event is 1 KiB long at most. */
const LISTED_MAX = 16;

/** Returns one text bare and several in brackets; what is said more than once stands once. */
export function aggregate(texts: Iterable<string>): string {
  const distinct = [...new Set(texts)];
  return distinct.length === 1 ? (distinct[0] as string) : `[${listed(distinct, ", ")}]`;
}

/** Returns texts in a row, and how many more there are than can be read. */
export function listed(texts: readonly string[], separator: string): string {
  const shown = texts.slice(0, LISTED_MAX).join(separator);
  return texts.length > LISTED_MAX ? `${shown}${separator}and ${texts.length - LISTED_MAX} more` : shown;
}
