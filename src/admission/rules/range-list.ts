/**
 * Addresses in the text of a refusal: the first ranges, and how many more there are.
 * @module
 */

import type { Family } from "../../address/address.ts";
import { formatRanges, type RangeSet } from "../../address/range-set.ts";

const RANGES_MAX = 5;

/** Returns `[a b-c …]` as Go prints a list, which is what the reference's texts have. */
export function rangeList(set: RangeSet, family: Family): string {
  const more = set.length - RANGES_MAX;
  return `[${formatRanges(set.slice(0, RANGES_MAX), family).join(" ")}${more > 0 ? ` … ${more} more` : ""}]`;
}

/** The end of every text about which addresses an object has (spec §6.4, §7.2). */
export function jointly(kind: "IPPool" | "Subnet"): string {
  const article = kind === "IPPool" ? "an IPPool" : "a Subnet";
  return `total IP addresses of ${article} are jointly determined by 'spec.ips' and 'spec.excludeIPs'`;
}
