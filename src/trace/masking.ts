/**
 * Makes a text unreadable that means nothing to us: letters and digits become others, and whatever was wrong with it stays wrong.
 * @module
 */

/** Returns the text with `x`, `X` and `0` in the place of letters and digits. */
export function masked(text: string): string {
  return text
    .replace(/[a-z]/g, "x")
    .replace(/[A-Z]/g, "X")
    .replace(/[0-9]/g, "0")
    .replace(/[^\u0020-\u007e]/g, "?");
}
