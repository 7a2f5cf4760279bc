/**
 * Users' texts inside our own: an annotation may be 256 KiB long, the text of an Event 1 KiB.
 * @module
 */

const LENGTH_MAX = 256;

/** Returns a text as it may stand in an error: its beginning where it is long. */
export function clip(text: string): string {
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
}

/** Returns a text in double quotes, escaped, and its beginning only where it is long. */
export function quote(text: string): string {
  return JSON.stringify(clip(text));
}
