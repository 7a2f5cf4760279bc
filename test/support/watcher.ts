/**
 * A witness of its own: watches subnets and pools and holds every version of them to the invariants, in the order of writing.
 *
 * Two watches have no order between them, but their versions do: all objects are kept in one store with one counter. So events
 * are sorted by version before they are looked at, and what is looked at is what the store held at that very moment.
 * @module
 */

import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { type Cluster, hasCode, type KubeObject, type Resource, type WatchEvent } from "../../src/cluster/cluster.ts";
import { violationsOf } from "./invariants.ts";

/** Either kind that is watched. */
type Watched = SpiderIPPool | SpiderSubnet;

interface Seen {
  readonly version: bigint;
  readonly resource: Resource;
  readonly type: WatchEvent["type"];
  readonly object: Watched;
}

const againMs = 50;
const watchSeconds = 600;

const versionOf = ({ metadata }: KubeObject): bigint => BigInt(metadata.resourceVersion ?? 0);

export class Watcher {
  /** Every violation once, when it begins, with the version that brought it about. */
  readonly broken: string[] = [];
  /** One line for each version, oldest first: what to read when something is broken. */
  readonly history: string[] = [];
  /** How often versions may have been missed. */
  gaps = 0;
  /** As they were seen last; ahead of what has been checked. */
  readonly pools = new Map<string, SpiderIPPool>();
  readonly subnets = new Map<string, SpiderSubnet>();
  readonly #cluster: Cluster;
  /** CIDR of the subnets and pools that count; others belong to other tests. */
  readonly #cidr: string;
  readonly #ending = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();
  /** Not checked yet. */
  #pending: Seen[] = [];
  #checkedTo = 0n;
  readonly #checkedPools = new Map<string, SpiderIPPool>();
  readonly #checkedSubnets = new Map<string, SpiderSubnet>();
  #standing: ReadonlySet<string> = new Set();

  private constructor(cluster: Cluster, cidr: string) {
    this.#cluster = cluster;
    this.#cidr = cidr;
  }

  /** Watches the subnets and pools of one CIDR from now on. */
  static async start(cluster: Cluster, cidr: string): Promise<Watcher> {
    const watcher = new Watcher(cluster, cidr);
    const positions = [await watcher.#list(spiderSubnets), await watcher.#list(spiderIPPools)] as const;
    watcher.check();
    watcher.#ended = Promise.all([
      watcher.#watch(spiderSubnets, positions[0]),
      watcher.#watch(spiderIPPools, positions[1]),
    ]);
    return watcher;
  }

  /** Looks at all versions seen so far, and returns what is broken. To be called when nobody writes, so that none is under way. */
  check(): readonly string[] {
    const sorted = this.#pending.toSorted((a, b) => (a.version < b.version ? -1 : 1));
    this.#pending = [];
    for (const seen of sorted) this.#step(seen);
    return this.broken;
  }

  /** Forgets what was broken up to now, where the test itself has broken it. */
  forgive(): void {
    this.check();
    this.broken.length = 0;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#ended;
  }

  async #list(resource: Resource): Promise<string> {
    const { items, resourceVersion } = await this.#cluster.list<Watched>(resource);
    for (const object of items) this.#take(resource, { type: "ADDED", object });
    return resourceVersion;
  }

  async #watch(resource: Resource, from: string): Promise<void> {
    const { signal } = this.#ending;
    let resourceVersion = from;
    while (!signal.aborted) {
      try {
        const options = { resourceVersion, timeoutSeconds: watchSeconds, signal };
        for await (const event of this.#cluster.watch<Watched>(resource, options)) {
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          if (event.type !== "BOOKMARK") this.#take(resource, event);
        }
      } catch (error) {
        if (hasCode(error, 410)) resourceVersion = await this.#listAgain(resource, resourceVersion);
      }
      await sleep(systemClock, againMs, signal);
    }
  }

  /** A server that was started anew has forgotten what was before; what was missed is not known, only what there is now. */
  async #listAgain(resource: Resource, before: string): Promise<string> {
    this.gaps += 1;
    const known: ReadonlyMap<string, Watched> = resource === spiderIPPools ? this.pools : this.subnets;
    const names = new Set(known.keys());
    try {
      const { items, resourceVersion } = await this.#cluster.list<Watched>(resource);
      for (const { metadata } of items) names.delete(metadata.name);
      for (const name of names) {
        const last = known.get(name) as Watched;
        const metadata = { ...last.metadata, resourceVersion };
        this.#take(resource, { type: "DELETED", object: { ...last, metadata } as Watched });
      }
      for (const object of items) {
        const isNews = known.get(object.metadata.name)?.metadata.resourceVersion !== object.metadata.resourceVersion;
        if (isNews) this.#take(resource, { type: "MODIFIED", object });
      }
      return resourceVersion;
    } catch {
      return before; // tried again
    }
  }

  #take(resource: Resource, { type, object }: WatchEvent<Watched>): void {
    if (object.spec.subnet !== this.#cidr) return;
    const { name } = object.metadata;
    const known: Map<string, Watched> = resource === spiderIPPools ? this.pools : this.subnets;
    if (type === "DELETED") known.delete(name);
    else known.set(name, object);
    this.#pending.push({ version: versionOf(object), resource, type, object });
  }

  #step({ version, resource, type, object }: Seen): void {
    const { name } = object.metadata;
    const known: Map<string, Watched> = resource === spiderIPPools ? this.#checkedPools : this.#checkedSubnets;
    if (type === "DELETED") known.delete(name);
    else known.set(name, object);
    this.history.push(`${version} ${type} ${name} ${describe(object)}`);
    if (version < this.#checkedTo)
      this.broken.push(`${version} of ${name} came after a check up to ${this.#checkedTo}`);
    else this.#checkedTo = version;
    const texts = violationsOf([...this.#checkedSubnets.values()], [...this.#checkedPools.values()]).map(
      ({ text }) => text,
    );
    for (const text of texts) {
      if (!this.#standing.has(text)) this.broken.push(`${version} ${type} ${name}: ${text}`);
    }
    this.#standing = new Set(texts);
  }
}

function describe(object: Watched): string {
  const { deletionTimestamp } = object.metadata;
  const { controlledIPPools, allocatedIPs, state } = (object.status ?? {}) as Record<string, unknown>;
  const ledger = controlledIPPools === undefined ? "" : ` ledger ${controlledIPPools}`;
  const inUse = allocatedIPs === undefined ? "" : ` in use ${allocatedIPs}`;
  return `${object.spec.ips} ${state ?? ""}${deletionTimestamp === undefined ? "" : " terminating"}${inUse}${ledger}`;
}
