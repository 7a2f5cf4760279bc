/**
 * Waiting for automatic pools: until the operator has made one, or until one that is full has a free address again.
 *
 * Nothing is polled: the watch on pools wakes those who wait, and only a change of a pool that matters to them (ipam §2.11).
 * Whoever waits longer than a moment has the pod told why, once, and of all that it waits for.
 * @module
 */

import { type Application, nameLabel } from "../api/application.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { LABEL } from "../api/names.ts";
import type { Clock } from "../clock.ts";
import { aggregate } from "./aggregate.ts";
import type { AutoPoolWish, PoolCatalog } from "./candidate.ts";

/** Why a pod waits; the words are reasons of Events. */
export type WaitReason = "WaitingForPool" | "AddressesExhausted";

/** A pool comes within milliseconds as a rule; only what takes longer is worth an Event. */
const TOLD_AFTER_MS = 2000;

/** Returns the pools that have been made for a wish, by name; those that are being deleted are on their way to be made anew. */
export function poolsMadeFor(wish: AutoPoolWish, top: Application, catalog: PoolCatalog): SpiderIPPool[] {
  const labels = {
    [LABEL.ownerSubnet]: wish.subnet,
    [LABEL.applicationName]: nameLabel(top.name),
    [LABEL.applicationUid]: top.uid,
    [LABEL.interface]: wish.nic,
    [LABEL.ipVersion]: `IPv${wish.family}`,
  };
  const isFor = ({ metadata }: SpiderIPPool): boolean =>
    metadata.deletionTimestamp === undefined &&
    Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value);
  return [...catalog.ofApplication(top)].filter(isFor).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** Says that a wish has no pool yet. */
export function notMade({ nic, family, subnet }: AutoPoolWish, top: Application): string {
  const owner = `${top.kind} ${top.namespace}/${top.name}`;
  return `no matching auto-created IPPool candidate: SpiderSubnet ${subnet} has no IPv${family} IPPool for interface ${nic} of ${owner} yet; what hinders it, the Events of that ${top.kind} say`;
}

export interface PoolWaitOptions {
  readonly clock: Clock;
  /** Calls back at every change of a pool that the watch shows, until the returned function is called. */
  readonly onPoolChange: (listener: () => void) => () => void;
  /** How long, all in all, in milliseconds. */
  readonly patienceMs: number;
  /** Tells the pod's users; called at most once. */
  readonly tell: (reason: WaitReason, message: string) => void;
}

/** What is waited for. */
export interface PoolWish {
  /** Names the versions of the pools that matter, as the watch has shown them. */
  readonly fingerprint: () => string;
  /** What it said before they were tried. */
  readonly seen: string;
  readonly reason: WaitReason;
  readonly message: string;
  /** Aborts when it is of no use to wait any longer. */
  readonly hopeless?: AbortSignal;
}

/** The patience of one ADD. */
export class PoolWait {
  readonly #options: PoolWaitOptions;
  readonly #since: number;
  /** What is waited for now. */
  readonly #wishes = new Set<PoolWish>();
  #isTold = false;

  constructor(options: PoolWaitOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  /**
   * Waits until the pools that matter are others than they were; resolves to false when the time is up or there is no hope.
   * @throws The signal's reason, when it aborts.
   */
  async change(wish: PoolWish, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    const hasChanged = await this.#change(wish, signal);
    signal?.throwIfAborted();
    return hasChanged;
  }

  #change(wish: PoolWish, signal: AbortSignal | undefined): Promise<boolean> {
    const { fingerprint, seen, hopeless } = wish;
    const { clock, patienceMs, onPoolChange } = this.#options;
    if (fingerprint() !== seen) return Promise.resolve(true);
    const ends = AbortSignal.any([signal, hopeless].filter((each) => each !== undefined));
    if (ends.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (hasChanged: boolean): void => {
        for (const stop of stops) stop();
        resolve(hasChanged);
      };
      const abort = (): void => end(false);
      ends.addEventListener("abort", abort, { once: true });
      this.#wishes.add(wish);
      const passedMs = clock.now() - this.#since;
      const stops = [
        onPoolChange(() => {
          if (fingerprint() !== seen) end(true);
        }),
        clock.after(patienceMs - passedMs, () => end(false)),
        clock.after(TOLD_AFTER_MS - passedMs, () => this.#tell(wish.reason)),
        () => ends.removeEventListener("abort", abort),
        () => this.#wishes.delete(wish),
      ];
    });
  }

  #tell(reason: WaitReason): void {
    if (this.#isTold) return;
    this.#isTold = true;
    // Which family began to wait first is chance, and must not be what the Event differs by.
    const messages = [...this.#wishes].filter((wish) => wish.reason === reason).map(({ message }) => message);
    this.#options.tell(reason, aggregate(messages.toSorted((a, b) => a.localeCompare(b))));
  }
}

/** Names pools and their versions. */
export function fingerprintOf(pools: Iterable<SpiderIPPool | undefined>): string {
  return [...pools].map((pool) => `${pool?.metadata.name}@${pool?.metadata.resourceVersion}`).join(" ");
}
