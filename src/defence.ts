/**
 * The operator's own judgement of manual pools, subnets and reserved addresses: what came in with no webhook running is not trusted.
 *
 * Judges by the webhook's rules, and only when an object or what it collides with has changed: an automatic pool's event costs nothing
 * as long as nobody is refused. A verdict is always as of now for who asks; who is told, is told once for each change.
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { Family } from "./address/address.ts";
import { isAutoPool, type SpiderIPPool } from "./api/ippool.ts";
import type { SpiderReservedIP } from "./api/reserved-ip.ts";
import type { SpiderSubnet } from "./api/subnet.ts";
import { type Clock, nextTurn } from "./clock.ts";
import { DefenceJudge, type Verdict } from "./defence-judge.ts";
import { areOverlapping, type DefendedCaches, isOlder } from "./defence-world.ts";

export type DefendedKind = "SpiderIPPool" | "SpiderSubnet" | "SpiderReservedIP";

export interface DefenceOptions {
  readonly caches: DefendedCaches & { reservedObject(name: string): SpiderReservedIP | undefined };
  readonly families: readonly Family[];
  readonly clock: Clock;
  /** An object has been judged; `isNews`: the verdict is another one than last time. */
  onJudged(kind: DefendedKind, name: string, verdict: Verdict | undefined, isNews: boolean): void;
}

/** A record without a pool is usually one that is about to go: that is told only when it has stood so long. */
const patienceMs = 5_000;
/** Objects judged before other callbacks get their turn. */
const perTurn = 20;

type Key = `${DefendedKind}/${string}`;

export class Defence {
  readonly #options: DefenceOptions;
  readonly #judge: DefenceJudge;
  readonly #verdicts = new Map<Key, Verdict | undefined>();
  readonly #told = new Map<Key, Verdict>();
  readonly #dirty = new Set<Key>();
  /** Who is refused, or waits for a record to go, with its CIDR: what changes there may help. */
  readonly #unsettled = new Map<Key, string>();
  /** Since when a pool waits for a record to go; milliseconds since the epoch. */
  readonly #waiting = new Map<Key, number>();
  #open = false;
  #draining = false;

  constructor(options: DefenceOptions) {
    this.#options = options;
    this.#judge = new DefenceJudge(options.caches, options.families);
  }

  /** From now on what changes is judged; begins with these. */
  open(objects: Iterable<readonly [DefendedKind, string]>): void {
    this.#open = true;
    for (const [kind, name] of objects) this.#mark(`${kind}/${name}`);
  }

  close(): void {
    this.#open = false;
    this.#dirty.clear();
  }

  get isIdle(): boolean {
    return this.#dirty.size === 0 && !this.#draining;
  }

  ofPool(name: string): Verdict | undefined {
    return this.#verdict(`SpiderIPPool/${name}`);
  }

  /** Whether a pool may yet be refused, or not, when a record in its way has had time to go. */
  isWaiting(name: string): boolean {
    const key: Key = `SpiderIPPool/${name}`;
    return this.#verdict(key) === undefined && this.#waiting.has(key);
  }

  ofSubnet(name: string): Verdict | undefined {
    return this.#verdict(`SpiderSubnet/${name}`);
  }

  /** The subnet that a manual pool belongs to, or would: of its CIDR, sound and there to stay; the oldest, should there be two. */
  homeOf(pool: SpiderIPPool): SpiderSubnet | undefined {
    let home: SpiderSubnet | undefined;
    for (const subnet of this.#options.caches.subnets.ofCidr(pool.spec.subnet)) {
      const { name, deletionTimestamp } = subnet.metadata;
      if (deletionTimestamp !== undefined || this.ofSubnet(name)) continue;
      if (!home || isOlder(subnet, home)) home = subnet;
    }
    return home;
  }

  /** A pool has come, changed or gone; true if it is judged again. */
  onPool(name: string, previous: SpiderIPPool | undefined): boolean {
    const pool = this.#options.caches.pools.get(name);
    const manual = [previous, pool].filter((state) => state !== undefined && !isAutoPool(state));
    if (manual.length === 0) {
      // Only what an automatic pool no longer has can help somebody.
      if (this.#unsettled.size > 0 && previous && !isDeepStrictEqual(previous.spec.ips, pool?.spec.ips)) {
        this.#markUnsettled(previous.spec.subnet);
      }
      return false;
    }
    if (previous && pool && isSamePool(previous, pool)) return false;
    const { subnet: cidr } = ((pool ?? previous) as SpiderIPPool).spec;
    this.#mark(`SpiderIPPool/${name}`);
    this.#markUnsettled(cidr);
    if (pool) this.#markLater(pool, cidr);
    return true;
  }

  /** A subnet has come, changed or gone, or its ledger has. */
  onSubnet(name: string, previous: SpiderSubnet | undefined): void {
    const subnet = this.#options.caches.subnets.get(name);
    const { spec } = (subnet ?? previous) as SpiderSubnet;
    if (previous && subnet && isSameObject(previous, subnet)) {
      if (previous.status?.controlledIPPools !== subnet.status?.controlledIPPools) this.#markUnsettled(spec.subnet);
      return;
    }
    this.#mark(`SpiderSubnet/${name}`);
    this.#markUnsettled(spec.subnet);
    if (subnet) this.#markLater(subnet, spec.subnet);
    this.markPoolsOf(spec.subnet);
  }

  onReserved(name: string): void {
    this.#mark(`SpiderReservedIP/${name}`);
  }

  /** Judges all manual pools of a CIDR again. */
  markPoolsOf(cidr: string): void {
    for (const { metadata } of this.#options.caches.pools.manualOfCidr(cidr))
      this.#mark(`SpiderIPPool/${metadata.name}`);
  }

  #markUnsettled(cidr: string): void {
    for (const [key, other] of this.#unsettled) if (areOverlapping(cidr, other)) this.#mark(key);
  }

  /** Those before which this object goes may be refused because of it. */
  #markLater(object: SpiderIPPool | SpiderSubnet, cidr: string): void {
    const { pools, subnets } = this.#options.caches;
    for (const text of pools.cidrs()) {
      if (!areOverlapping(text, cidr)) continue;
      for (const pool of pools.manualOfCidr(text)) {
        const isSafe = text === cidr && this.#judge.isRecorded(pool);
        if (!isSafe && isOlder(object, pool)) this.#mark(`SpiderIPPool/${pool.metadata.name}`);
      }
    }
    for (const subnet of subnets.values()) {
      const isConcerned = areOverlapping(subnet.spec.subnet, cidr) && isOlder(object, subnet);
      if (isConcerned) this.#mark(`SpiderSubnet/${subnet.metadata.name}`);
    }
  }

  #mark(key: Key): void {
    if (!this.#open) return;
    this.#verdicts.delete(key);
    this.#dirty.add(key);
    if (!this.#draining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    // What else comes in this turn belongs to the same look.
    await Promise.resolve();
    let count = 0;
    for (const key of this.#dirty) {
      this.#dirty.delete(key);
      this.#tell(key);
      if (++count % perTurn === 0) await nextTurn();
    }
    this.#draining = false;
  }

  #tell(key: Key): void {
    const [verdict, before] = [this.#verdict(key), this.#told.get(key)];
    if (verdict) this.#told.set(key, verdict);
    else this.#told.delete(key);
    const [kind, name] = partsOf(key);
    if (!this.#object(kind, name)) this.#verdicts.delete(key);
    this.#options.onJudged(kind, name, verdict, verdict?.message !== before?.message);
  }

  #verdict(key: Key): Verdict | undefined {
    if (this.#verdicts.has(key)) return this.#verdicts.get(key);
    const [kind, name] = partsOf(key);
    const object = this.#object(kind, name);
    const found = object && this.#judged(kind, object);
    if (found && kind !== "SpiderReservedIP") {
      this.#unsettled.set(key, (object as SpiderIPPool | SpiderSubnet).spec.subnet);
    } else this.#unsettled.delete(key);
    const verdict = found?.mayPass && !this.#hasWaited(key) ? undefined : found;
    if (!found?.mayPass) this.#waiting.delete(key);
    // Until changes are told nothing is kept.
    if (this.#open) this.#verdicts.set(key, verdict);
    return verdict;
  }

  #object(kind: DefendedKind, name: string): SpiderIPPool | SpiderSubnet | SpiderReservedIP | undefined {
    const { pools, subnets, reservedObject } = this.#options.caches;
    return kind === "SpiderIPPool"
      ? pools.get(name)
      : kind === "SpiderSubnet"
        ? subnets.get(name)
        : reservedObject(name);
  }

  #judged(kind: DefendedKind, object: SpiderIPPool | SpiderSubnet | SpiderReservedIP): Verdict | undefined {
    if (kind === "SpiderReservedIP") return this.#judge.ofReserved(object as SpiderReservedIP);
    if (kind === "SpiderSubnet") return this.#judge.ofSubnet(object as SpiderSubnet);
    const pool = object as SpiderIPPool;
    return isAutoPool(pool) ? undefined : this.#judge.ofPool(pool, this.homeOf(pool));
  }

  /** Whether a record has stood in the way for long enough; looks again when it has. */
  #hasWaited(key: Key): boolean {
    const { clock } = this.#options;
    const since = this.#waiting.get(key);
    if (since !== undefined) return clock.now() - since >= patienceMs;
    this.#waiting.set(key, clock.now());
    clock.after(patienceMs, () => this.#waiting.has(key) && this.#mark(key));
    return false;
  }
}

function partsOf(key: Key): [DefendedKind, string] {
  const at = key.indexOf("/");
  return [key.slice(0, at) as DefendedKind, key.slice(at + 1)];
}

/** Everything that a verdict depends on, in the object itself. */
function isSamePool(a: SpiderIPPool, b: SpiderIPPool): boolean {
  const owners = [a, b].map(({ metadata }) => metadata.ownerReferences ?? []);
  return isSameObject(a, b) && isAutoPool(a) === isAutoPool(b) && isDeepStrictEqual(owners[0], owners[1]);
}

function isSameObject(a: SpiderIPPool | SpiderSubnet, b: SpiderIPPool | SpiderSubnet): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    (a.spec === b.spec || isDeepStrictEqual(a.spec, b.spec))
  );
}
