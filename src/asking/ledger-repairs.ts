/**
 * Mends a subnet's record of pools and its sums.
 *
 * A record only ever grows by what its pool has and nobody else is recorded for, and goes only where pool and application are gone
 * for certain: an address that somebody may use stays recorded.
 * @module
 */

import { asInt64, countText } from "../address/int64.ts";
import {
  countOf,
  EMPTY,
  formatRanges,
  includes,
  intersect,
  overlaps,
  type RangeSet,
  subtract,
  union,
} from "../address/range-set.ts";
import { applicationText, parseApplicationText } from "../api/application.ts";
import { type Book, entryOf, readBook, withRecords } from "../api/book.ts";
import { isAutoPool, rangesOf, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../api/resources.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { applicationOf } from "../observe/pool-owner.ts";
import { AllocationIndex } from "./allocation-index.ts";
import type { Finding, FindingName } from "./finding.ts";
import { recordLabel } from "./naming.ts";
import type { Remedy, RepairOptions } from "./repair.ts";

/** Mends one finding. */
export type LedgerRepair = (finding: Finding, options: RepairOptions) => Promise<Remedy>;

export const ledgerRepairs: Partial<Record<FindingName, LedgerRepair>> = {
  "record-missing": addToRecord,
  "record-too-small": addToRecord,
  "record-without-pool": dropRecord,
  "subnet-total-wrong": countAnew,
  "subnet-count-wrong": countAnew,
};

const leave = (text: string): Remedy => ({ done: false, text });

/** A subnet and its ledger as they are now. */
interface Ledger {
  readonly subnet: SpiderSubnet;
  readonly book: Book;
  readonly total: RangeSet;
}

async function readLedger(cluster: Cluster, name: string | undefined): Promise<Ledger | undefined> {
  const subnet = name === undefined ? undefined : await find<SpiderSubnet>(cluster, spiderSubnets, { name });
  if (!subnet) return undefined;
  const book = readBook(subnet.status?.controlledIPPools, familyOfSubnet(subnet.spec));
  return book.defects.length > 0 ? undefined : { subnet, book, total: totalOf(subnet.spec) };
}

async function writeLedger(cluster: Cluster, { subnet, total }: Ledger, book: Book): Promise<void> {
  const { name, resourceVersion } = subnet.metadata;
  const status = {
    controlledIPPools: book.text ?? null,
    allocatedIPCount: asInt64(book.count),
    totalIPCount: asInt64(countOf(total)),
  };
  await cluster.patch(spiderSubnets, { name }, { metadata: { resourceVersion }, status }, { subresource: "status" });
}

async function addToRecord(
  { pool: name = "", subnet }: Finding,
  { cluster, snapshot }: RepairOptions,
): Promise<Remedy> {
  const ledger = await readLedger(cluster, subnet);
  const pool = await find<SpiderIPPool>(cluster, spiderIPPools, { name });
  if (!ledger || !pool) return leave("subnet or pool are gone, or the ledger cannot be read");
  const { book, total } = ledger;
  const entry = book.entries.get(name);
  const recorded = entry?.ranges ?? EMPTY;
  const ranges = isAutoPool(pool) ? rangesOf(pool, book.family) : intersect(totalOf(pool.spec), total);
  const missing = subtract(ranges, recorded);
  const text = formatRanges(missing, book.family).join(", ");
  if (missing.length === 0) return { done: true, text: "it is recorded by now" };
  if (!includes(total, missing)) return leave(`SpiderSubnet ${subnet} does not list ${text}; add them to it first`);
  for (const [other, { ranges: theirs }] of book.entries) {
    if (other !== name && overlaps(theirs, missing)) return leave(`${text} are recorded for pool ${other}; ${choose}`);
  }
  for (const other of snapshot.pools.values()) {
    const isOther = other.metadata.name !== name && other.spec.subnet === pool.spec.subnet;
    if (isOther && overlaps(rangesOf(other, book.family), missing)) {
      return leave(`pool ${other.metadata.name} has ${text}, too; ${choose}`);
    }
  }
  const owner = applicationOf(pool, entry?.application);
  const application = entry?.application ?? (owner && applicationText(owner));
  if (isAutoPool(pool) && application === undefined) return leave("its labels do not say whom to record it for");
  const changes = new Map([[name, entryOf(union(recorded, missing), application, name, book.family)]]);
  await writeLedger(cluster, ledger, withRecords(book, changes));
  return { done: true, text: `recorded ${text} in SpiderSubnet ${subnet}` };
}

const choose = "take them out of one of the two";

async function dropRecord(finding: Finding, options: RepairOptions): Promise<Remedy> {
  const { pool: name = "", subnet } = finding;
  const { cluster } = options;
  const ledger = await readLedger(cluster, subnet);
  const entry = ledger?.book.entries.get(name);
  if (!ledger) return leave("the subnet is gone, or its ledger cannot be read");
  if (!entry) return { done: true, text: "the record is gone by now" };
  const user = userOf(entry.ranges, ledger.book.family, options);
  if (user) return leave(`Pod ${user} has an address of it`);
  const wanting = await whoWants(cluster, entry.application);
  if (wanting) return leave(wanting);
  if (await find(cluster, spiderIPPools, { name })) return leave(`pool ${name} exists by now; check again`);
  await writeLedger(cluster, ledger, withRecords(ledger.book, new Map([[name, undefined]])));
  // A pool that came at the same moment must not be without its record.
  if (await find(cluster, spiderIPPools, { name })) {
    await addToRecord(finding, options);
    return leave(`pool ${name} came at this moment and has its record again; check again`);
  }
  const text = `gave ${formatRanges(entry.ranges, ledger.book.family).join(", ") || "no address"} back to SpiderSubnet ${subnet}`;
  return { done: true, text };
}

/** Returns who uses an address, by any witness. */
function userOf(ranges: RangeSet, family: 4 | 6, { snapshot }: RepairOptions): string | undefined {
  const index = new AllocationIndex(snapshot);
  const isIn = (of: { family: 4 | 6; address: bigint }): boolean =>
    of.family === family && overlaps(ranges, [{ first: of.address, last: of.address }]);
  const listed = index.listed.find(isIn);
  return index.records.find(isIn)?.pod ?? listed?.endpoint.metadata.name;
}

/** Returns why a record may still be wanted; `undefined` where its application is gone for certain, or none ever was. */
async function whoWants(cluster: Cluster, text: string | undefined): Promise<string | undefined> {
  const application = text === undefined ? undefined : parseApplicationText(text);
  if (!application) return undefined;
  const { apiVersion, kind, namespace, name } = application;
  const resource = await cluster.resolve(apiVersion, kind);
  if (!resource) return `whether ${recordLabel(text)} exists cannot be told: the API server does not serve its kind`;
  const ref = resource.namespaced ? { namespace, name } : { name };
  const found = await find(cluster, resource, ref, { metadataOnly: true });
  return found && `${recordLabel(text)} exists and may be about to get the pool; see autopool explain`;
}

async function countAnew({ subnet }: Finding, { cluster }: RepairOptions): Promise<Remedy> {
  const ledger = await readLedger(cluster, subnet);
  if (!ledger) return leave("the subnet is gone, or its ledger cannot be read");
  await writeLedger(cluster, ledger, ledger.book);
  const { book, total } = ledger;
  return { done: true, text: `counted ${countText(countOf(total))} in all, ${countText(book.count)} recorded` };
}
