/**
 * The records of one pool as they are worked with: address → who holds it.
 *
 * Reading the text of a thousand records at every allocation is what would make it slow, so each record keeps its part of the
 * text, and who writes the text keeps the records. Pure.
 * @module
 */

import { type Family, formatAddress, parseAddress } from "../address/address.ts";
import { type Allocation, parseAllocatedIPs } from "../api/allocated-ips.ts";

/** Who holds an address, with the record's part of the text. */
export interface PoolRecordEntry extends Allocation {
  /** The address as the text has it, which somebody else may have written in another form. */
  readonly key: string;
  readonly fragment: string;
}

export type PoolRecords = ReadonlyMap<bigint, PoolRecordEntry>;

/** Returns the record of an address. */
export function recordOf(address: bigint, family: Family, { pod, podUid }: Allocation): PoolRecordEntry {
  return entryOf(formatAddress(address, family), { pod, podUid });
}

/**
 * Parses `status.allocatedIPs`.
 * @throws {SyntaxError} If the text cannot be read, has something else than an address in it, or one address twice.
 */
export function parsePoolRecords(text: string | null | undefined, family: Family): Map<bigint, PoolRecordEntry> {
  const records = new Map<bigint, PoolRecordEntry>();
  for (const [key, allocation] of parseAllocatedIPs(text)) {
    const address = parseAddress(key, family);
    if (records.has(address)) {
      throw new SyntaxError(`Cannot parse allocatedIPs: "${key}" stands there twice, in two forms`);
    }
    records.set(address, entryOf(key, allocation));
  }
  return records;
}

/** Formats records as `allocated-ips.ts` does; `null` (no field) where there are none (ipam §1.3). */
export function formatPoolRecords(records: PoolRecords): string | null {
  if (records.size === 0) return null;
  const entries = [...records.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return `{${entries.map(({ fragment }) => fragment).join(",")}}`;
}

function entryOf(key: string, { pod, podUid }: Allocation): PoolRecordEntry {
  return { key, pod, podUid, fragment: `${JSON.stringify(key)}:${JSON.stringify({ pod, podUid })}` };
}
