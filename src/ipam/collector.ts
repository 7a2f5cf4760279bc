/**
 * Collects leaked addresses: watches for holders that end, looks through all records now and then, and has each suspect judged.
 *
 * Suspicions come from caches and cost no request; the judgement and every release are the reclaimer's, on what the API server
 * says at that moment. An event costs the same however many records there are; a pool is looked through only where its count
 * and its endpoints do not agree, and all of them every `gcIntervalMs`. Safe beside another collector.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { FINISHED_PODS } from "../api/pod.ts";
import { pods as podResource, spiderEndpoints } from "../api/resources.ts";
import { steadyBackOffMs } from "../back-off.ts";
import { type Cancel, type Clock, nextTurn } from "../clock.ts";
import type { Cluster, KubeObject, Resource } from "../cluster/cluster.ts";
import type { NamedChange } from "../cluster/reflected-store.ts";
import { type Reflector, type ReflectorState, startReflector } from "../cluster/reflector.ts";
import { type Watch, watchOf } from "../cluster/watch.ts";
import { BALANCE_MS, type CollectorSettings, SETTLE_MS } from "./collector-settings.ts";
import { EndpointIndex, type HeldEndpoint } from "./endpoint-index.ts";
import { FreedCounts } from "./freed-counts.ts";
import type { Holder } from "./holder-reader.ts";
import { LookQueue } from "./look-queue.ts";
import { holdersOf } from "./pool-scan.ts";
import { type FreedAddress, Reclaimer, type ReclaimerOptions } from "./reclaimer.ts";
import { holderKey, holderOf, Suspect } from "./suspect.ts";
import { type PodUids, Suspicion } from "./suspicion.ts";

export interface CollectorOptions extends Pick<ReclaimerOptions, "release" | "keepsAddresses" | "onEndpointRemoved"> {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: CollectorSettings;
  /** Caches of all pods and pools, filled before {@link Collector.start}. */
  readonly pods: PodUids;
  readonly pools: { get(name: string): SpiderIPPool | undefined; values(): Iterable<SpiderIPPool> };
  onFreed(freed: FreedAddress): void;
  /** Nothing need be remembered of this pool. */
  onPoolGone(name: string): void;
  onFailure(holder: Holder, error: unknown, retryInMs: number): void;
  /** The records of this pool cannot be read; they stay as they are. */
  onUnreadable(pool: string, error: unknown): void;
  onState(resource: Resource, state: ReflectorState): void;
}

const againBackOff = { firstMs: 15_000, maxMs: 120_000 };
const failureBackOff = { firstMs: 1_000, maxMs: 60_000 };
const recordsPerTurn = 2_000;

export class Collector {
  /** What was freed since the start, and why. */
  readonly freed = new FreedCounts();
  readonly #options: CollectorOptions;
  readonly #endpoints = new EndpointIndex();
  readonly #finished: Reflector<true>;
  readonly #endpointReflector: Reflector<HeldEndpoint>;
  readonly #suspicion: Suspicion;
  readonly #reclaimer: Reclaimer;
  readonly #queue: LookQueue<Suspect>;
  /** Holders of records without an endpoint that live: left alone until something happens to their pods. */
  readonly #strays = new Map<string, Suspect>();
  /** Pools that have changed, or whose count differs from their endpoints'. */
  readonly #unbalanced = new Set<string>();
  readonly #ending = new AbortController();
  #cancels: Cancel[] = [];
  #isStarted = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { clock, random, settings } = options;
    this.#finished = this.#reflect<KubeObject, true>(podResource, () => true, {
      metadataOnly: true,
      fieldSelector: FINISHED_PODS,
      onEvent: ({ type, key, uid }) => {
        if (type === "added" && this.#isStarted) this.#suspect(holderOf(key, uid));
      },
    });
    this.#endpointReflector = this.#reflect<SpiderEndpoint, HeldEndpoint>(spiderEndpoints, this.#endpoints.reduce, {
      onEvent: (change) => {
        for (const pool of this.#endpoints.take(change)) this.#unbalanced.add(pool);
        if (change.type !== "deleted" && this.#isStarted) this.#checkEndpoint(change.key, change.object);
      },
    });
    this.#suspicion = new Suspicion(options.pods, this.#finished, this.#endpoints);
    this.#reclaimer = new Reclaimer({
      ...options,
      settings: { ...settings, delayMs: settings.gcDelayMs, settleMs: SETTLE_MS },
      onFreed: (freed) => {
        this.freed.count(freed);
        options.onFreed(freed);
      },
    });
    this.#queue = new LookQueue<Suspect>({
      clock,
      random,
      concurrency: 8,
      backOff: failureBackOff,
      look: (suspect) => this.#look(suspect),
      onFailure: options.onFailure,
    });
  }

  /** Nothing is being judged or released, or is due. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Looks that failed since the start; each is tried again. */
  get failures(): number {
    return this.#queue.failures;
  }

  /** What it watches beside the caches that it is given. */
  watches(): Watch[] {
    return [watchOf("pods/finished", this.#finished), watchOf("spiderendpoints", this.#endpointReflector)];
  }

  /** Resolves when all records have been looked through once, or the collector was stopped before that. */
  async start(): Promise<void> {
    const filled = Promise.all([this.#finished.synced, this.#endpointReflector.synced]);
    const isFilled = await filled.then(
      () => true,
      () => false,
    );
    if (!isFilled || this.#ending.signal.aborted) return;
    this.#isStarted = true;
    this.#balanceLater();
    await this.#scan();
  }

  /** Finishes the writes under way. */
  async stop(): Promise<void> {
    this.#ending.abort();
    for (const cancel of this.#cancels) cancel();
    await Promise.all([this.#queue.stop(), this.#finished.stop(), this.#endpointReflector.stop()]);
  }

  /**
   * Takes in that a pod is terminating or gone.
   *
   * @param key `namespace/name`
   * @param endsAt its deletionTimestamp in milliseconds since the epoch; absent where the pod is gone
   */
  onPodEnd(key: string, podUid: string, endsAt?: number): void {
    const suspect = this.#suspect(holderOf(key, podUid), Math.max(0, (endsAt ?? 0) - this.#options.clock.now()));
    suspect.isEnding = true;
  }

  /** Takes in that a pool has changed, come or gone. */
  onPool(name: string): void {
    this.#unbalanced.add(name);
    if (this.#options.pools.get(name) === undefined) this.#options.onPoolGone(name);
  }

  /** Adds a suspect; what was known of it before goes with it. */
  #suspect(holder: Holder, afterMs = 0): Suspect {
    const key = holderKey(holder);
    const stray = this.#strays.get(key);
    this.#strays.delete(key);
    return this.#queue.add(key, afterMs + this.#options.settings.gcDelayMs, () => stray ?? new Suspect(holder));
  }

  async #look(suspect: Suspect): Promise<number | undefined> {
    const { clock, random } = this.#options;
    if (!this.#isStarted) return this.#options.settings.gcDelayMs;
    if (!this.#suspicion.isWorthALook(suspect)) return undefined;
    const { kept } = await this.#reclaimer.look(suspect, this.#ending.signal);
    const times = kept.map(({ keep, againAt }) => {
      if (againAt !== undefined) return againAt - clock.now();
      return keep === "pod-ending" ? steadyBackOffMs(againBackOff, suspect.looks + 1, random) : undefined;
    });
    const known = times.filter((time) => time !== undefined);
    suspect.looks += 1;
    if (known.length > 0) return Math.max(0, Math.min(...known));
    if (kept.some(({ keep }) => keep === "pod-alive")) this.#strays.set(suspect.key, suspect);
    return undefined;
  }

  /** Looks through all records and endpoints, a part of them at a time. */
  async #scan(): Promise<void> {
    const { clock, settings, pools } = this.#options;
    const { signal } = this.#ending;
    this.#strays.clear();
    let seen = 0;
    const breathe = async (count: number): Promise<boolean> => {
      seen += count;
      if (seen >= recordsPerTurn) {
        seen = 0;
        await nextTurn();
      }
      return !signal.aborted;
    };
    for (const pool of pools.values()) if (!(await breathe(this.#scanPool(pool)))) return;
    for (const [key, endpoint] of this.#endpoints.entries()) {
      this.#checkEndpoint(key, endpoint);
      if (!(await breathe(1))) return;
    }
    this.#cancels[0] = clock.after(settings.gcIntervalMs, () => void this.#scan());
  }

  /** Returns how many records it has looked at. */
  #scanPool(pool: SpiderIPPool): number {
    try {
      let count = 0;
      for (const holder of holdersOf(pool)) {
        count += holder.addresses.length;
        if (this.#suspicion.isSound(holder)) continue;
        const key = holderKey(holder);
        if (this.#strays.get(key)?.has(holder.pool, holder.addresses)) continue;
        // One that waits keeps its time.
        const suspect = this.#queue.get(key) ?? this.#suspect(holder);
        suspect.note(holder.pool, holder.addresses);
      }
      return count;
    } catch (error) {
      this.#options.onUnreadable(pool.metadata.name, error);
      return 1;
    }
  }

  #checkEndpoint(key: string, { podUid }: HeldEndpoint): void {
    const holder = holderOf(key, podUid);
    if (!this.#suspicion.isRunning(holder)) this.#suspect(holder);
  }

  /** Looks through the pools whose number of records is not what their endpoints list. */
  #balanceLater(): void {
    const { clock, pools } = this.#options;
    this.#cancels[1] = clock.after(BALANCE_MS, () => {
      for (const name of this.#unbalanced) {
        const pool = pools.get(name);
        if (!pool || (pool.status?.allocatedIPCount ?? 0) === this.#endpoints.countOf(name)) {
          this.#unbalanced.delete(name);
        } else this.#scanPool(pool);
      }
      this.#balanceLater();
    });
  }

  #reflect<O extends KubeObject, T>(
    resource: Resource,
    transform: (object: O) => T,
    more: { onEvent(change: NamedChange<T>): void; metadataOnly?: boolean; fieldSelector?: string },
  ): Reflector<T> {
    const { cluster, clock, random, onState } = this.#options;
    const told = (state: ReflectorState): void => onState(resource, state);
    return startReflector<O, T>({ cluster, resource, clock, random, transform, onState: told, ...more });
  }
}
