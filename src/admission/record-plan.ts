/**
 * One write of a subnet's ledger for the pools at the door, computed: which are recorded, and why others are not.
 *
 * Requests are taken in the order in which they came, so of two that want one address the first has it. Nothing is chosen here:
 * a pool gets what it asks for, or nothing. Pure.
 * @module
 */

import { intersect, overlaps, type RangeSet, union } from "../address/range-set.ts";
import { type Book, type Entry, entryOf, withRecords } from "../api/book.ts";
import { type Admission, formatVersion, onTheWayMs } from "../api/controlled-pools.ts";
import { fromTimestamp, toTimestamp } from "../clock.ts";
import type { Gain } from "./gain.ts";
import { knownLedger, type LedgerState, type LiveWorld, overlaid } from "./live-world.ts";
import { postponed } from "./postponed.ts";
import type { HeldRequest, Judge } from "./request.ts";
import type { Denial } from "./rules/refusal.ts";
import { type KnownSubnet, knownPool } from "./rules/world.ts";

/** What came of a request; "elsewhere" where the subnet of this name has another CIDR now. */
export type LedgerAnswer = Denial | "recorded" | "elsewhere";

/** What is known beside the ledger. */
export interface Surroundings {
  readonly world: LiveWorld;
  readonly judge: Judge;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** etcd takes requests of 1.5 MiB; the object has more in it than its ledger. */
const LEDGER_BYTES_MAX = 1_500_000;

/** Returns the answers and, where something is recorded, the book to write. */
export function planRecords(
  state: LedgerState,
  requests: readonly HeldRequest[],
  surroundings: Surroundings,
): { readonly answers: readonly LedgerAnswer[]; readonly book: Book | undefined } {
  const { subnet, book } = state;
  const entries = new Map(book.entries);
  const changes = new Map<string, Entry>();
  const read = knownLedger(state);
  const known = read && { ...read, records: entries };
  const answers = requests.map((request): LedgerAnswer => {
    const { name, ranges, cidr, isAuto } = request.gain;
    if (subnet.spec.subnet !== cidr.canonical) return "elsewhere";
    const denial = denialOf(request, state, known, entries, surroundings);
    if (denial) return denial;
    // What an application's pool has was recorded before the pool was made.
    if (request.isDryRun || isAuto) return "recorded";
    const before = entries.get(name);
    // What it has though nobody has recorded it yet is recorded too, unless that is somebody else's.
    const held = intersect(request.gain.held, known?.total ?? []);
    const recorded =
      before?.ranges ?? ([...entries.values()].some((entry) => overlaps(entry.ranges, held)) ? [] : held);
    const admitted = admissionOf(request.gain, before, surroundings.now);
    const entry = entryOf(union(recorded, ranges), before?.application, name, cidr.family, admitted);
    entries.set(name, entry);
    changes.set(name, entry);
    return "recorded";
  });
  if (changes.size === 0) return { answers, book: undefined };
  const next = withRecords(book, changes);
  if (bytesOf(next) <= LEDGER_BYTES_MAX) return { answers, book: next };
  const full = `the ledger of SpiderSubnet "${subnet.metadata.name}" is full: use another subnet`;
  const denials = requests.map(({ gain }) => postponed(gain.denied, full));
  return {
    answers: answers.map((answer, i) => (answer === "recorded" ? (denials[i] as Denial) : answer)),
    book: undefined,
  };
}

/** Marks what is let in; of several that are on their way to one object the last one counts, if it is clear which that is. */
function admissionOf({ uid, generation }: Gain, before: Entry | undefined, now: number): Admission {
  const at = toTimestamp(now);
  if (uid === undefined) return { at };
  const other = before?.admitted;
  if (!other || onTheWayMs(fromTimestamp(other.at), now) === 0) return { at, version: formatVersion(uid, generation) };
  const [otherUid, otherGeneration] = (other.version ?? "").split("/");
  return otherUid === uid ? { at, version: formatVersion(uid, Math.max(generation, Number(otherGeneration))) } : { at };
}

function denialOf(
  { wanted, gain }: HeldRequest,
  { subnet, book }: LedgerState,
  known: KnownSubnet | undefined,
  entries: ReadonlyMap<string, Entry>,
  surroundings: Surroundings,
): Denial | undefined {
  const { judge, world } = surroundings;
  const what = `SpiderSubnet "${subnet.metadata.name}"`;
  if (!known) return postponed(gain.denied, `${what} cannot be read: repair it first`);
  if (book.defects.length > 0) {
    return postponed(gain.denied, `the ledger of ${what} is about to be repaired (${book.defects[0]}): try again`);
  }
  if (gain.isAuto) return judge(wanted, overlaid(world, { subnets: [known] }));
  if (subnet.metadata.deletionTimestamp !== undefined) {
    return postponed(gain.denied, `${what}, which has its addresses, is being deleted: try again when it is gone`);
  }
  const application = wanted.operation === "CREATE" ? entries.get(gain.name)?.application : undefined;
  if (application !== undefined) {
    const why = `${what} has addresses recorded under this name for the application ${application}: take another name`;
    return postponed(gain.denied, why);
  }
  const rivals = [...world.recordsNear(known, gain.ranges)].flatMap(([name]): [string, Entry][] => {
    const entry = entries.get(name);
    return entry && name !== gain.name && overlaps(entry.ranges, gain.ranges) ? [[name, entry]] : [];
  });
  for (const [name, entry] of rivals) {
    const sinceMs = onItsWaySinceMs(name, entry, gain.ranges, surroundings);
    if (sinceMs === undefined) continue;
    const since = `since ${Math.round(sinceMs / 1000)} s`;
    const why = `SpiderIPPool "${name}", which is on its way ${since}, has some of its addresses: try again in a minute`;
    return postponed(gain.denied, why);
  }
  const denial = judge(wanted, overlaid(world, { subnets: [known] }));
  if (denial || rivals.length === 0) return denial;
  // Whatever the rules say: records are disjoint.
  return postponed(gain.denied, `${what} has recorded some of its addresses for SpiderIPPool "${rivals[0]?.[0]}"`);
}

/** Returns how long ago a pool was let in that has not shown these addresses yet, and may; `undefined` where there is no such. */
function onItsWaySinceMs(
  name: string,
  { admitted }: Entry,
  ranges: RangeSet,
  { world, now }: Surroundings,
): number | undefined {
  const at = fromTimestamp(admitted?.at ?? "");
  if (onTheWayMs(at, now) === 0) return undefined;
  const pool = world.pool(name);
  const hasCome = pool && overlaps(knownPool(pool)?.total ?? [], ranges);
  return hasCome ? undefined : Math.max(0, now - at);
}

/** Size of a ledger inside the object that holds it: JSON in JSON. What is far from the limit is not measured. */
function bytesOf({ text = "" }: Book): number {
  return text.length < LEDGER_BYTES_MAX / 2 ? text.length : Buffer.byteLength(JSON.stringify(text));
}
