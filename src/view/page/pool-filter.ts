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

const byName = (a: PoolRow, b: PoolRow): number => compare(orderOf(a), orderOf(b));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Texts that rows are sorted by, made once: comparing as a language does would take a second for ten thousand rows. */
const orders = new WeakMap<PoolRow, string>();

function orderOf(row: PoolRow): string {
  const known = orders.get(row);
  if (known !== undefined) return known;
  const order = countable(`${row.namespace}\t${nameOf(row)}\t${row.key}`);
  orders.set(row, order);
  return order;
}

/** Makes numbers in a text equally long, so that `web-2` comes before `web-10`. */
const countable = (text: string): string => text.toLowerCase().replaceAll(/\d+/g, (digits) => digits.padStart(12, "0"));

const ORDERS: Readonly<Record<SortName, (a: PoolRow, b: PoolRow) => number>> = {
  name: byName,
  subnet: (a, b) => compare(countable(a.subnet), countable(b.subnet)),
  state: (a, b) => compare(a.state, b.state),
  addresses: (a, b) => a.size - b.size || a.inUse - b.inUse,
  since: (a, b) => a.since - b.since,
};

/** Returns what a pool is called in lists: by its application, or by its own name where it has none. */
export const nameOf = ({ application, pool, key }: PoolRow): string => application || pool || key;

function testOfWord(word: string): (row: PoolRow) => boolean {
  const address = addressIn(word);
  if (address) return (row) => row.family === address.family && holds(row, address.value);
  return (row) => textOf(row).includes(word);
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
