/**
 * One run of addresses, `first` to `last`, both included, and its text form in `spec.ips` (spec §1.6).
 *
 * The text is one address or `a-b` without spaces. CIDR notation is not accepted there, and a reversed range is refused:
 * the reference takes it silently and fails on it later.
 * @module
 */

import { type Family, formatAddress, parseAddress } from "./address.ts";

/** Consecutive addresses, both ends included; `first` is never above `last`. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Parses one element of `ips` or `excludeIPs`.
 * @throws {SyntaxError} If it is neither an address nor `a-b` of this family, or `a` is above `b`.
 */
export function parseRange(text: string, family: Family): Range {
  const dash = text.indexOf("-");
  if (dash < 0) {
    const address = parseEnd(text, text, family);
    return { first: address, last: address };
  }
  if (text.includes("-", dash + 1)) {
    throw new SyntaxError(`Cannot parse range "${text}": it is neither one address nor two joined by one "-"`);
  }
  const first = parseEnd(text.slice(0, dash), text, family);
  const last = parseEnd(text.slice(dash + 1), text, family);
  if (first <= last) return { first, last };
  const turned = formatRange({ first: last, last: first }, family);
  throw new SyntaxError(`Cannot parse range "${text}": the first address is above the last; write "${turned}"`);
}

/** Formats a range: the bare address where it holds one, else `first-last`. */
export function formatRange(range: Range, family: Family): string {
  const first = formatAddress(range.first, family);
  return range.first === range.last ? first : `${first}-${formatAddress(range.last, family)}`;
}

/** Counts the addresses of a range. */
export function sizeOf(range: Range): bigint {
  return range.last - range.first + 1n;
}

/** Parses one end; its message names the whole element, which is what the user finds in the object. */
function parseEnd(end: string, text: string, family: Family): bigint {
  try {
    return parseAddress(end, family);
  } catch (error) {
    if (end === text || !(error instanceof Error)) throw error;
    throw new SyntaxError(`Cannot parse range "${text}": ${error.message.replace(/^Cannot parse /, "")}`);
  }
}
