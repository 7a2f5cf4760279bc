/**
 * Which pools of the list are shown, and in which order: search, filters, sorting. Pure.
 * @module
 */

import { familyOf, parseAddress } from "../../address/address.ts";
import { contains, parseRanges } from "../../address/range-set.ts";
import type { PoolRow } from "../page-state.ts";

/** What the list can be filtered by; the names in the page's address. */
export const FILTERS = ["search", "namespace", "subnet", "state", "pinned", "standing"] as const;

export type FilterName = (typeof FILTERS)[number];

/** "" filters by nothing. */
export type PoolFilter = Readonly<Record<FilterName, string>>;

export type SortName = "name" | "subnet" | "state" | "addresses" | "since";

/** Reads what is filtered by out of the page's address. */
export function filterOf(query: URLSearchParams): PoolFilter {
  return Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""])) as PoolFilter;
}

/** Returns the function that says whether a pool is to be shown. */
export function matcherOf(filter: PoolFilter): (row: PoolRow) => boolean {
  const words = filter.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const tests = words.map(testOfWord);
  return (row) =>
    (filter.namespace === "" || row.namespace === filter.namespace) &&
    (filter.subnet === "" || row.subnet === filter.subnet) &&
    (filter.state === "" || row.state === filter.state || row.state.startsWith(`${filter.state}.`)) &&
    (filter.pinned === "" || row.isPinned === (filter.pinned === "yes")) &&
    (filter.standing === "" || row.standing?.tone === filter.standing) &&
    tests.every((test) => test(row));
}

/** Returns rows in an order; equal ones, and all by name, as people count: `web-2` before `web-10`. */
export function sorted(rows: PoolRow[], by: SortName, isDescending: boolean): PoolRow[] {
  const order = ORDERS[by];
  const sign = isDescending ? -1 : 1;
  return rows.sort((a, b) => sign * order(a, b) || byName(a, b));
}

const names = new Intl.Collator("en", { numeric: true });

const byName = (a: PoolRow, b: PoolRow): number =>
  names.compare(a.namespace, b.namespace) || names.compare(nameOf(a), nameOf(b)) || names.compare(a.key, b.key);

const ORDERS: Readonly<Record<SortName, (a: PoolRow, b: PoolRow) => number>> = {
  name: byName,
  subnet: (a, b) => names.compare(a.subnet, b.subnet),
  state: (a, b) => names.compare(a.state, b.state),
  addresses: (a, b) => a.size - b.size || a.inUse - b.inUse,
  since: (a, b) => a.since - b.since,
};

/** Returns what a pool is called in lists: by its application, or by its own name where it has none. */
export const nameOf = ({ application, pool, key }: PoolRow): string => application || pool || key;

function testOfWord(word: string): (row: PoolRow) => boolean {
  const address = addressIn(word);
  return (row) =>
    textOf(row).includes(word) || (address !== undefined && row.family === address.family && holds(row, address.value));
}

/** Texts of rows, made once: the list is searched at every key. */
const texts = new WeakMap<PoolRow, string>();

function textOf(row: PoolRow): string {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const { namespace, kind, application, nic, subnet, pool = "", ips, standing } = row;
  const text = `${namespace}/${application} ${kind} ${nic} ${subnet} ${pool} ${ips.join(" ")} ${standing?.reason ?? ""}`;
  texts.set(row, text.toLowerCase());
  return text.toLowerCase();
}

function addressIn(word: string): { family: 4 | 6; value: bigint } | undefined {
  try {
    return { family: familyOf(word), value: parseAddress(word) };
  } catch {
    return undefined;
  }
}

function holds({ ips, family }: PoolRow, address: bigint): boolean {
  try {
    return contains(parseRanges(ips, family), address);
  } catch {
    return false;
  }
}
