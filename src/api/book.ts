/**
 * A subnet's ledger as it is worked with: pool name → addresses and application.
 *
 * Reading a text of ten thousand records again and again is what would make the ledger slow, so a book knows the text it was
 * read from or becomes, and keeps the text fragment of every record. A book is never changed; `withRecords` returns the next.
 * @module
 */

import type { Family } from "../address/address.ts";
import { countOf, formatRanges, parseRanges, type RangeSet } from "../address/range-set.ts";
import {
  type Admission,
  formatRecord,
  joinRecords,
  type PoolRecord,
  parseControlledPools,
} from "./controlled-pools.ts";

/** One pool's entry. */
export interface Entry {
  readonly ranges: RangeSet;
  /** Record form of the application (spec §1.5.3); absent for manual pools. */
  readonly application: string | undefined;
  /** See {@link PoolRecord}; absent once it is known to have come, or never to. */
  readonly admitted?: Admission;
  /** See {@link PoolRecord}. */
  readonly renewed?: string;
  /** The member of the JSON text. */
  readonly fragment: string;
}

export interface Book {
  readonly family: Family;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Text for `status.controlledIPPools`; `undefined` where there is no record. */
  readonly text: string | undefined;
  /** Addresses in all records. */
  readonly count: bigint;
  /** Why the text, or which record of it, could not be read; empty where all was well. */
  readonly defects: readonly string[];
}

/** Returns the entry of a pool. */
export function entryOf(
  ranges: RangeSet,
  application: string | undefined,
  name: string,
  family: Family,
  admitted?: Admission,
): Entry {
  const marks = { ...(application !== undefined && { application }), ...(admitted && { admitted }) };
  return toEntry(name, ranges, { ips: formatRanges(ranges, family), ...marks });
}

/**
 * Returns an entry that says nothing else and is another text all the same.
 * @param version of the subnet that it will be written on, so that no two are equal
 */
export function renewedEntry(entry: Entry, name: string, family: Family, version: string): Entry {
  const { ranges, application, admitted } = entry;
  const marks = { ...(application !== undefined && { application }), ...(admitted && { admitted }) };
  return toEntry(name, ranges, { ips: formatRanges(ranges, family), ...marks, renewed: version });
}

/**
 * Reads a ledger's text. What cannot be read (somebody edited it) is left out and named in `defects`: pools keep what their own
 * spec holds, which nobody is given either, and are recorded anew.
 */
export function readBook(text: string | null | undefined, family: Family): Book {
  const entries = new Map<string, Entry>();
  const defects: string[] = [];
  for (const [name, record] of recordsOf(text, defects)) {
    try {
      entries.set(name, toEntry(name, parseRanges(record.ips, family), record));
    } catch (error) {
      defects.push(`pool "${name}": ${(error as Error).message}`);
    }
  }
  return { family, entries, text: text ?? undefined, count: total(entries), defects };
}

function toEntry(name: string, ranges: RangeSet, record: PoolRecord): Entry {
  const { application, admitted, renewed } = record;
  const marks = { ...(admitted && { admitted }), ...(renewed !== undefined && { renewed }) };
  return { ranges, application, ...marks, fragment: formatRecord(name, record) };
}

function recordsOf(text: string | null | undefined, defects: string[]): Map<string, PoolRecord> {
  try {
    return parseControlledPools(text);
  } catch (error) {
    defects.push((error as Error).message);
    return new Map();
  }
}

/** Returns the book after some records were set (an entry) or dropped (`undefined`). */
export function withRecords(book: Book, changes: ReadonlyMap<string, Entry | undefined>): Book {
  const entries = new Map(book.entries);
  for (const [name, entry] of changes) {
    if (entry) entries.set(name, entry);
    else entries.delete(name);
  }
  const names = [...entries.keys()].sort();
  const text = joinRecords(names.map((name) => (entries.get(name) as Entry).fragment));
  return { family: book.family, entries, text, count: total(entries), defects: [] };
}

function total(entries: ReadonlyMap<string, Entry>): bigint {
  let count = 0n;
  for (const { ranges } of entries.values()) count += countOf(ranges);
  return count;
}
