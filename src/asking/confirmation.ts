/**
 * Tells faults from races: what looks wrong is read again, past every cache, until it is certain or has gone.
 *
 * A suspicion is true when two looks in a row show the same, on objects that did not change in between; where they change all the
 * time, when so many looks in a row show it that no race can be. What operator and agents see to by themselves must also have
 * stood for a while without anything happening to it.
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
  readonly text: string;
  readonly versions: string;
  /** Since when it is said so, by a look of its own, in milliseconds since the epoch. */
  readonly since: number;
  /** Looks in a row that said so. */
  readonly looks: number;
}

/** Pauses before the looks; the last one goes on. */
const pausesMs = [500, 1000, 1500, 2000, 3000, 4000];
/** Looks in a row that are no race, whatever else happens to the objects. */
const looksMax = 5;
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
      else next.set(key, suspicion);
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
  return { finding, text: "", versions: "", since: 0, looks: 0 };
}

function seenAgain(before: Suspicion, finding: Finding, snapshot: Snapshot, now: number): Suspicion {
  const versions = versionsOf(finding, snapshot);
  const isSame = before.looks > 0 && before.text === finding.text;
  return {
    finding,
    text: finding.text,
    versions,
    since: isSame ? before.since : now,
    looks: isSame ? before.looks + 1 : 1,
  };
}

function isCertain(suspicion: Suspicion, before: Suspicion, patienceMs: number, now: number): boolean {
  const { finding, looks, since, versions } = suspicion;
  const isStable = looks >= 2 && versions === before.versions;
  const isSlow = finding.holds === "eventually" || findingRows[finding.name].holds === "eventually";
  return (isStable || looks >= looksMax) && (!isSlow || now - since >= patienceMs);
}

function versionsOf({ places }: Finding, snapshot: Snapshot): string {
  return places
    .map((place) => {
      const version = snapshot.version(place);
      return version ? `${version.uid} ${version.resourceVersion}` : "absent";
    })
    .join();
}
