/**
 * Tells faults from races: what looks wrong is read again, past every cache, until it is certain or has gone.
 *
 * A suspicion is true when two looks in a row show the same, on objects that did not change in between; where they change all the
 * time, when so many looks in a row show it that no race can be. What operator and agents see to by themselves must also have
 * stood for a while: where it becomes another fault again and again, somebody is seeing to it, and it is none.
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { findAll } from "./check.ts";
import { type CheckView, type Finding, findingRows } from "./finding.ts";
import { type Place, placeKey, type Snapshot } from "./snapshot.ts";
import { type Part, readSnapshot, rereadPlaces } from "./snapshot-reader.ts";

export interface ConfirmationOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly view: Omit<CheckView, "now">;
  /** How long what is seen to by itself is given, in milliseconds. */
  readonly patienceMs: number;
  /** Told how many suspicions there are, before each look. */
  readonly onLook?: (suspicions: number, waitMs: number) => void;
}

export interface Confirmed {
  readonly findings: readonly Finding[];
  /** What looked wrong and was not. */
  readonly races: number;
  readonly snapshot: Snapshot;
}

/** A suspicion as it was seen last. */
interface Suspicion {
  readonly finding: Finding;
  /** What was said, and on which versions of the objects. */
  readonly essence: string;
  readonly versions: string;
  /** Since when it is said so, by a look of its own, in milliseconds since the epoch. */
  readonly since: number;
  /** Looks in a row that said so. */
  readonly looks: number;
  /** How often it became another fault. */
  readonly turns: number;
}

/** Pauses before the looks; the last one goes on. */
const pausesMs = [500, 1000, 1500, 2000, 3000, 4000];
/** Looks in a row that are no race, whatever else happens to the objects. */
const looksMax = 5;
/** What takes a while and becomes another fault more often is being seen to. */
const turnsMax = 1;
/** With more to read than this, lists cost less. */
const placesMax = 2000;
const checkedParts: readonly Part[] = ["subnets", "pools", "reserved", "endpoints", "pods", "nodes"];

/** Reads everything once, and what looks wrong until it is certain. */
export async function findConfirmed(options: ConfirmationOptions): Promise<Confirmed> {
  const { cluster, clock, signal } = options;
  const viewNow = (): CheckView => ({ ...options.view, now: clock.now() });
  let snapshot = await readSnapshot(cluster, checkedParts, signal);
  let suspicions = new Map<string, Suspicion>();
  for (const [key, finding] of findAll(snapshot, viewNow())) suspicions.set(key, unseen(finding));
  const first = suspicions.size;
  const findings: Finding[] = [];
  for (let look = 0; suspicions.size > 0 && !signal.aborted; look++) {
    const pauseMs = pausesMs[Math.min(look, pausesMs.length - 1)] ?? 0;
    options.onLook?.(suspicions.size, pauseMs);
    await sleep(clock, pauseMs, signal);
    snapshot = await lookAgain(options, snapshot, suspicions);
    const now = findAll(snapshot, viewNow());
    const next = new Map<string, Suspicion>();
    for (const [key, before] of suspicions) {
      const finding = now.get(key);
      if (!finding) continue;
      const suspicion = seenAgain(before, finding, snapshot, clock.now());
      if (isCertain(suspicion, before, options.patienceMs, clock.now())) findings.push(finding);
      else if (!isSlow(finding) || suspicion.turns <= turnsMax) next.set(key, suspicion);
    }
    suspicions = next;
  }
  return { findings, races: first - findings.length - suspicions.size, snapshot };
}

async function lookAgain(
  { cluster, signal }: ConfirmationOptions,
  snapshot: Snapshot,
  suspicions: ReadonlyMap<string, Suspicion>,
): Promise<Snapshot> {
  const places = placesOf([...suspicions.values()].map(({ finding }) => finding));
  const isMany = places.size > placesMax;
  const fresh = isMany ? await readSnapshot(cluster, checkedParts, signal) : snapshot;
  // Lists do not say whether an owner still wants its endpoint's addresses.
  const rest = isMany
    ? [...places.values()].filter(({ resource }) => resource.kind === "SpiderEndpoint")
    : places.values();
  await rereadPlaces(cluster, fresh, rest, signal);
  return fresh;
}

/** What findings rest on, each object once. */
export function placesOf(findings: readonly Finding[]): Map<string, Place> {
  return new Map(findings.flatMap(({ places }) => places.map((place) => [placeKey(place), place])));
}

function unseen(finding: Finding): Suspicion {
  return { finding, essence: "", versions: "", since: 0, looks: 0, turns: 0 };
}

function seenAgain(before: Suspicion, finding: Finding, snapshot: Snapshot, now: number): Suspicion {
  const essence = finding.essence ?? finding.text;
  const isFirst = before.looks === 0;
  // What holds at every instant is wrong at every instant, whatever else becomes of it.
  const isSame = !isFirst && (before.essence === essence || !isSlow(finding));
  return {
    finding,
    essence,
    versions: versionsOf(finding, snapshot),
    since: isSame ? before.since : now,
    looks: isSame ? before.looks + 1 : 1,
    turns: before.turns + (isFirst || isSame ? 0 : 1),
  };
}

function isSlow(finding: Finding): boolean {
  return finding.holds === "eventually" || findingRows[finding.name].holds === "eventually";
}

function isCertain(suspicion: Suspicion, before: Suspicion, patienceMs: number, now: number): boolean {
  const { finding, looks, since, versions } = suspicion;
  const isStable = looks >= 2 && versions === before.versions;
  return (isStable || looks >= looksMax) && (!isSlow(finding) || now - since >= patienceMs);
}

function versionsOf({ places }: Finding, snapshot: Snapshot): string {
  return places
    .map((place) => {
      const version = snapshot.version(place);
      return version ? `${version.uid} ${version.resourceVersion}` : "absent";
    })
    .join();
}
