/**
 * An API server's admission in front of a memory cluster: each request is judged and held by one of several replicas, each with
 * caches and a connection of its own, and then takes its time until it is stored.
 *
 * As on the real server the object has its UID and generation before it is admitted, an update is admitted again for every version that
 * it is tried on, and a request that was admitted may still fail or be late.
 * @module
 */

import { Door } from "../../src/admission/hold.ts";
import { judgeByKind, kindRules, rulesOf } from "../../src/admission/kind-rules.ts";
import { LiveWorld } from "../../src/admission/live-world.ts";
import type { Wanted } from "../../src/admission/rules/judge.ts";
import type { Denial } from "../../src/admission/rules/refusal.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { API_VERSION } from "../../src/api/names.ts";
import { spiderIPPools } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { type Clock, sleep } from "../../src/clock.ts";
import { ApiError, type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import type { ClusterRequest, FaultPolicy } from "../../src/cluster/memory/faults.ts";
import type { MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import type { Admit } from "../../src/cluster/memory/writes.ts";
import { Observer } from "../../src/observe/observer.ts";
import { seededRandom } from "../../src/random.ts";
import { defaultSettings } from "../../src/settings.ts";

/** Where the claims are. */
export const CLAIMS_NAMESPACE = "autopool-system";

/** The annotation by which a test says which UID the server is to choose. */
const UID = "test/uid";

/** Gives objects the UID that they were admitted with; to be passed to the memory cluster. */
export const admitWithUid: Admit = (_resource, { metadata }, old) => {
  const uid = metadata.annotations?.[UID];
  if (!old && uid !== undefined) metadata.uid = uid;
};

export interface ReplicaOptions {
  readonly seed?: number;
  readonly enableSubnet?: boolean;
  /** How long events of watches take, in ms; the rest takes 2 ms. */
  readonly staleMs?: number;
  readonly faults?: FaultPolicy;
}

/** One replica of the webhook. */
export class Replica {
  readonly observer: Observer;
  readonly world: LiveWorld;
  readonly door: Door;
  /** What it asked of the API server, without its watches. */
  readonly requests: ClusterRequest[] = [];
  readonly connection: MemoryConnection;

  constructor(server: MemoryCluster, clock: Clock, options: ReplicaOptions = {}) {
    const { seed = 1, enableSubnet = true, staleMs = 0, faults = () => undefined } = options;
    const random = seededRandom(seed);
    this.connection = server.connect({
      latencyMs: 2,
      faults: (request) => {
        if (request.verb === "watch") return staleMs > 0 ? { kind: "delay", ms: staleMs } : undefined;
        if (request.verb === "list") return undefined;
        this.requests.push(request);
        return faults(request);
      },
    });
    const nothing = (): void => undefined;
    this.observer = new Observer({
      ...{ cluster: this.connection, clock, random, settings: defaultSettings },
      ...{ onApplication: nothing, onPool: nothing, onSubnet: nothing, onReserved: nothing, onPodEnd: nothing },
      ...{ onState: nothing, onUnknownOwner: nothing },
    });
    this.world = new LiveWorld(this.observer, { families: [4, 6], enableSubnet });
    this.door = new Door({
      ...{
        cluster: this.connection,
        clock,
        random,
        namespace: CLAIMS_NAMESPACE,
        world: this.world,
        judge: judgeByKind,
      },
      learnSubnet: (subnet) => this.observer.learnSubnet(subnet),
      offerBook: (subnet, book) => this.observer.offerBook(subnet, book),
    });
  }

  async stop(): Promise<void> {
    this.connection.cut();
    await this.observer.stop();
  }
}

export interface FrontDoorOptions {
  readonly clock: Clock;
  readonly server: MemoryCluster;
  readonly random: () => number;
  /** Milliseconds from the last admission to the write; up to a minute on the real server. */
  readonly storeMs?: () => number;
  /** Whether requests fail after they were admitted, as at a quota. */
  readonly isLost?: () => boolean;
  /** Whether what is given away is held at all. */
  readonly isHeld?: boolean;
  /** How long the webhook may take, in ms. */
  readonly timeoutMs?: number;
}

/** What became of a request. */
export type Outcome = "stored" | "lost" | Denial | ApiError;

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #store: Cluster;
  #created = 0;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.#store = options.server.connect();
  }

  async create(via: Replica, resource: Resource, object: KubeObject): Promise<Outcome> {
    this.#created += 1;
    const uid = `uid-${this.#created}`;
    const metadata = { ...object.metadata, uid, generation: 1, annotations: { [UID]: uid } };
    const wanted = { ...object, apiVersion: API_VERSION, kind: resource.kind, metadata };
    const filled = rulesOf(kindRules, resource.kind)?.defaults(wanted, via.world) ?? wanted;
    return this.#let(via, { operation: "CREATE", object: filled }, () => this.#store.create(resource, filled));
  }

  /** Changes an object, again and again until it is stored on the version that it was admitted for. */
  async update<T extends KubeObject>(
    via: Replica,
    resource: Resource,
    name: string,
    edit: (object: T) => T,
  ): Promise<Outcome> {
    for (;;) {
      const old = await this.#store.get<T>(resource, { name });
      const object = edit(structuredClone(old));
      const metadata = { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 };
      const wanted = { operation: "UPDATE", object: { ...object, metadata }, old } as const;
      const outcome = await this.#let(via, wanted, () => this.#store.update(resource, object));
      if (!(outcome instanceof ApiError) || !hasCode(outcome, 409)) return outcome;
    }
  }

  async #let(via: Replica, wanted: Wanted<KubeObject>, store: () => Promise<unknown>): Promise<Outcome> {
    const { clock, storeMs = () => 1, isLost = () => false, isHeld = true } = this.#options;
    const denial = judgeByKind(wanted, via.world) ?? (isHeld ? await this.hold(via, wanted) : undefined);
    if (denial) return denial;
    await sleep(clock, storeMs());
    if (isLost()) return "lost";
    return store().then(
      () => "stored",
      (error: ApiError) => error,
    );
  }

  async hold(via: Replica, wanted: Wanted<KubeObject>, isDryRun = false): Promise<Denial | undefined> {
    const { clock, timeoutMs = 9_000 } = this.#options;
    const ending = new AbortController();
    const cancel = clock.after(timeoutMs, () => ending.abort());
    try {
      return await via.door.hold(wanted, { isDryRun, signal: ending.signal });
    } finally {
      cancel();
    }
  }
}

export function aSubnet(name: string, cidr: string, ...ips: string[]): SpiderSubnet {
  return { metadata: { name }, spec: { subnet: cidr, ips } };
}

export function aPool(name: string, cidr: string, ...ips: string[]): SpiderIPPool {
  return { apiVersion: API_VERSION, kind: spiderIPPools.kind, metadata: { name }, spec: { subnet: cidr, ips } };
}
