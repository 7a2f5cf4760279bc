/**
 * The text in a subnet's `status.controlledIPPools`: the ledger of which pool has which ranges (spec §1.5.2).
 *
 * Reading is lenient where the reference's own writers differ (`"ips":null`, missing members); writing has one form, with
 * sorted keys and no white space, so that an unchanged ledger is an unchanged text.
 * @module
 */

import type { ObjectMeta } from "../cluster/cluster.ts";

/** What a subnet has recorded for one pool. */
export interface PoolRecord {
  /** Ranges as in `spec.ips`. */
  readonly ips: readonly string[];
  /** Only for auto pools, see `application.ts`. */
  readonly application?: string;
  /** Ours: the pool, or a change that gives it some of these addresses, was let in and may be on its way. */
  readonly admitted?: Admission;
  /** Ours: version of the subnet on which somebody made sure that nobody cuts the record by what was seen before. */
  readonly renewed?: string;
}

/** What was let in, and when; in the text `admittedAt` and `admittedVersion`. */
export interface Admission {
  /** RFC 3339. */
  readonly at: string;
  /** As {@link formatVersion} makes it; absent where it is one of several. */
  readonly version?: string;
}

/** What was let in is stored within the API server's request timeout (60 s), or never; the rest is for clocks that differ. */
export const ON_THE_WAY_MS = 90_000;

/** Names the version of an object that a request makes: its UID and `metadata.generation`. */
export function formatVersion(uid: string, generation: number): string {
  return `${uid}/${generation}`;
}

/**
 * Tells whether an object has reached a version that was let in: that is stored now, or never will be.
 * @param version as {@link formatVersion} makes it
 */
export function hasReached({ uid = "", generation = 1 }: ObjectMeta, version: string): boolean {
  const [wantedUid, wanted] = version.split("/");
  return uid === wantedUid && generation >= Number(wanted);
}

/**
 * Returns how much longer something may be on its way to the store, in milliseconds; 0 where it has come or never will.
 *
 * A time far ahead is no reason to wait for ever: whoever wrote it had another clock.
 * @param admittedAt milliseconds since the epoch; `NaN` is no time
 */
export function onTheWayMs(admittedAt: number, now: number): number {
  return Math.abs(now - admittedAt) < ON_THE_WAY_MS ? admittedAt + ON_THE_WAY_MS - now : 0;
}

/**
 * Parses the text; absent and null mean no record.
 * @throws {SyntaxError} If it is anything but a JSON object of records; "" is an error, as in the reference.
 */
export function parseControlledPools(text: string | null | undefined): Map<string, PoolRecord> {
  const records = new Map<string, PoolRecord>();
  if (text === null || text === undefined) return records;
  for (const [name, value] of Object.entries(parseObject(text))) records.set(name, toRecord(name, value));
  return records;
}

/** Formats records with sorted keys and no white space; `undefined` (field absent) where there are none, never `{}`. */
export function formatControlledPools(records: ReadonlyMap<string, PoolRecord>): string | undefined {
  return joinRecords([...records.keys()].sort().map((name) => formatRecord(name, records.get(name) as PoolRecord)));
}

/**
 * Formats one record as the member `"name":{…}` of the text. A ledger of many pools keeps these fragments, so that changing
 * one record does not format all of them again.
 */
export function formatRecord(name: string, record: PoolRecord): string {
  const application = record.application === undefined ? "" : `,"application":${JSON.stringify(record.application)}`;
  const { at, version } = record.admitted ?? {};
  const renewed = record.renewed === undefined ? "" : `,"renewed":${JSON.stringify(record.renewed)}`;
  const admittedAt = at === undefined ? "" : `,"admittedAt":${JSON.stringify(at)}`;
  const admittedVersion = version === undefined ? "" : `,"admittedVersion":${JSON.stringify(version)}`;
  // Go writes the nil slice of an empty pool as null.
  const ips = record.ips.length === 0 ? "null" : JSON.stringify(record.ips);
  return `${JSON.stringify(name)}:{"ips":${ips}${application}${admittedAt}${admittedVersion}${renewed}}`;
}

/** Joins fragments of {@link formatRecord}, given in the order of their names, to the text; `undefined` for none. */
export function joinRecords(fragments: readonly string[]): string | undefined {
  return fragments.length === 0 ? undefined : `{${fragments.join(",")}}`;
}

function toRecord(name: string, value: unknown): PoolRecord {
  if (value !== null && (typeof value !== "object" || Array.isArray(value))) {
    throw new SyntaxError(`Cannot parse controlledIPPools: the record of pool "${name}" is not a JSON object`);
  }
  const { ips, application, admittedAt, admittedVersion, renewed } = (value ?? {}) as Record<string, unknown>;
  const ranges = ips ?? [];
  if (!Array.isArray(ranges) || !ranges.every((range) => typeof range === "string")) {
    throw new SyntaxError(`Cannot parse controlledIPPools: the ips of pool "${name}" are not a list of ranges`);
  }
  return {
    ips: ranges,
    ...(typeof application === "string" && application !== "" && { application }),
    ...(typeof admittedAt === "string" && admittedAt !== "" && { admitted: toAdmission(admittedAt, admittedVersion) }),
    ...(typeof renewed === "string" && renewed !== "" && { renewed }),
  };
}

function toAdmission(at: string, version: unknown): Admission {
  return typeof version === "string" ? { at, version } : { at };
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot parse controlledIPPools: ${(error as Error).message}`);
  }
  // Go decodes "null" into an empty map.
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new SyntaxError("Cannot parse controlledIPPools: it is not a JSON object");
  }
  return value;
}
