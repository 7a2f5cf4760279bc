/**
 * What is where on a map of addresses, in words. Pure.
 * @module
 */

import { formatAddress } from "../../address/address.ts";
import { formatRange } from "../../address/range.ts";
import type { SubnetDetail } from "../page-state.ts";
import { count, counted } from "./format.ts";
import type { AddressMap, Segment } from "./map-cells.ts";

/**
 * Says what a segment is; without one, what all of it is.
 * @param cell that is pointed at
 */
export function segmentWords(
  { row, holders }: SubnetDetail,
  { family }: AddressMap,
  segment: Segment | undefined,
  cell: number | undefined,
): string {
  if (!segment) {
    const [total, given] = [BigInt(row.total), holders.reduce((sum, { count }) => sum + BigInt(count), 0n)];
    const pools = counted(holders.length, "pool");
    return `${count(given)} of ${counted(total, "address", "addresses")} in ${pools}. Point at the map, or go over it with the arrow keys.`;
  }
  const run = formatRange(segment, family);
  const size = segment.last - segment.first + 1n;
  const holder = segment.holder === undefined ? undefined : holders[segment.holder];
  if (!holder) {
    const kind = segment.kind === "reserved" ? "reserved" : "free";
    return `${run}: ${counted(size, `${kind} address`, `${kind} addresses`)}`;
  }
  const offset = BigInt((cell ?? segment.at) - segment.at);
  const address = segment.isFolded ? run : formatAddress(segment.first + offset, family);
  const pod = holder.pods?.[address];
  const use = segment.kind === "used" ? (pod === undefined ? "in use" : `pod ${pod}`) : "no pod";
  const record = holder.isRecorded ? "" : ", not in the subnet's record";
  return `${address}: pool ${holder.pool}, ${use}; ${count(holder.usedCount)} of ${counted(holder.count, "address", "addresses")} in use${record}`;
}
