/**
 * Lists such as `spec.ips` in their normal form, text to text: ascending, merged, canonical (spec §1.6.2).
 *
 * Lists that are nearly so already, as all are but the first that somebody writes, keep their texts: writing a hundred thousand
 * addresses anew takes longer than reading them.
 * @module
 */

import type { Family } from "./address.ts";
import { formatRange, parseRange, type Range } from "./range.ts";
import { toRangeSet } from "./range-set.ts";

const OCTET = "(?:0|[1-9][0-9]{0,2})";
const GROUP = "[1-9a-f][0-9a-f]{0,3}";
const GROUPS = `(?:${GROUP}(?::${GROUP})*)?`;
/** Of seven groups "::" would stand for one only, which is written out. */
const SEVEN_GROUPS = "(?::{0,2}(?:[0-9a-f]+:+){6}[0-9a-f])";

/** One address as it is written canonically for sure; of IPv6 those without a group of zero beside "::". */
const canonical: Readonly<Record<Family, string>> = {
  4: `${OCTET}(?:\\.${OCTET}){3}`,
  6: `(?!${SEVEN_GROUPS})${GROUPS}::${GROUPS}`,
};
const canonicalElement: Readonly<Record<Family, RegExp>> = {
  4: new RegExp(`^${canonical[4]}(?:-${canonical[4]})?$`),
  6: new RegExp(`^${canonical[6]}(?:-${canonical[6]})?$`),
};

/**
 * Returns the normal form of a list, which is what `formatRanges` writes of what `parseRanges` reads.
 * @throws {SyntaxError} If an element is malformed.
 */
export function normalTexts(texts: readonly string[], family: Family): string[] {
  const ranges = texts.map((text) => parseRange(text, family));
  let at = 0;
  return toRangeSet(ranges).map((run) => {
    while (at < ranges.length && (ranges[at] as Range).first < run.first) at++;
    // A run that was merged of others is none of these objects, and in a list in disorder most are not found again.
    const text = ranges[at] === run ? (texts[at] as string) : "";
    return isNormal(text, run, family) ? text : formatRange(run, family);
  });
}

function isNormal(text: string, { first, last }: Range, family: Family): boolean {
  return canonicalElement[family].test(text) && text.includes("-") === first < last;
}
