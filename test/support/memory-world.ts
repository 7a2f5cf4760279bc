/**
 * A memory cluster with a user and an operator on it, watched at every commit.
 *
 * The user's requests take no time and are never refused by a fault, the operator's take at least a millisecond: so whatever is
 * committed while the user acts is the user's doing. What a user breaks by hand is excused until it is whole again;
 * everything else that breaks an invariant is noted in `broken` at the very commit that did it.
 * @module
 */

import type { SpiderIPPool } from "../../src/api/ippool.ts";
import * as api from "../../src/api/resources.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import type { ClusterRequest, FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster, type MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import type { Change } from "../../src/cluster/memory/store.ts";
import { createVirtualClock, type VirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import type { Admit } from "../../src/cluster/memory/writes.ts";
import type { Log } from "../../src/log.ts";
import { silentLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { seededRandom } from "../../src/random.ts";
import { defaultSettings, type OperatorSettings } from "../../src/settings.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { TraceRecorder, type TraceSink } from "../../src/trace/recorder.ts";
import { forbiddenChange, type Rule, type Violation, violationsOf } from "./invariants.ts";

export interface WorldOptions {
  readonly seed?: number;
  readonly admit?: Admit;
  readonly settings?: Partial<OperatorSettings>;
  readonly log?: (clock: VirtualClock) => Log;
  /** Milliseconds of one request of the operator; 2 if absent. */
  readonly latencyMs?: () => number;
  /** Take the traces of all operators, one after the other. */
  readonly sinks?: readonly TraceSink[];
}

/** What a user's edit of a pool may break: the relation to its record, or everything about the pool. */
export type Damage = "record" | "pool";

/** The rules that an edit of a record excuses; an edit of a pool excuses all. */
const ofRecord: ReadonlySet<Rule> = new Set(["I in R", "R apart"]);
/** An edit may meet writes that are under way: only after this time a pool without violations counts as whole. */
const healingMs = 30_000;

export class MemoryWorld {
  readonly clock = createVirtualClock();
  readonly server: MemoryCluster;
  readonly user: MemoryConnection;
  /** Violations that nobody but the operator can have caused, with the time and version of the commit. */
  readonly broken: string[] = [];
  /** Requests of all operators. */
  readonly requests: ClusterRequest[] = [];
  operator: Operator | undefined;
  #connection: MemoryConnection | undefined;
  readonly #rivals = new Set<() => void>();
  readonly #options: WorldOptions;
  readonly #subnets = new Map<string, SpiderSubnet>();
  readonly #pools = new Map<string, SpiderIPPool>();
  readonly #excused = new Map<string, { damage: Damage; since: number }>();
  readonly #edited = new Set<string>();
  #isUser = false;
  #starts = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    const { seed = 1, admit } = options;
    this.server = createMemoryCluster({
      clock: this.clock,
      resources: [...Object.values(api), cloneSets],
      random: seededRandom(seed),
      ...(admit && { admit }),
    });
    this.user = this.server.connect();
    this.server.observe((change) => this.#check(change));
  }

  /** Starts an operator of its own connection; it syncs as time goes on. */
  start(faults: FaultPolicy = () => undefined): void {
    const { operator, connection } = this.#launch(faults);
    this.operator = operator;
    this.#connection = connection;
  }

  /** Starts one more operator beside the others, which acts as if it were the only one; returns what ends it as a crash does. */
  startRival(faults: FaultPolicy = () => undefined): () => void {
    const { operator, connection } = this.#launch(faults);
    const crash = (): void => {
      connection.cut();
      operator.stop().catch(() => undefined);
      this.#rivals.delete(crash);
    };
    this.#rivals.add(crash);
    return crash;
  }

  #launch(faults: FaultPolicy): { operator: Operator; connection: MemoryConnection } {
    const { clock } = this;
    const { seed = 1, log, latencyMs = () => 2, sinks } = this.#options;
    const settings = { ...defaultSettings, ...this.#options.settings };
    this.#starts += 1;
    const random = seededRandom(seed * 1000 + this.#starts);
    const connection = this.server.connect({
      latencyMs,
      faults: (request) => {
        this.requests.push(request);
        return faults(request);
      },
    });
    const operator = new Operator({
      cluster: connection,
      clock,
      random,
      settings,
      log: log?.(clock) ?? silentLog,
      ...(sinks && { recorder: new TraceRecorder({ clock, settings, sinks }) }),
    });
    // Rejected where it is stopped before it has synced.
    operator.start().catch(() => undefined);
    return { operator, connection };
  }

  /** Ends the operator as `kill -9` does: no answer reaches it, nothing that it sent later has an effect. */
  crash(): void {
    this.#connection?.cut();
    this.operator?.stop().catch(() => undefined);
    this.operator = undefined;
  }

  /** Does what a user does; what that breaks of the invariants is not the operator's fault. */
  async act<R>(action: (user: MemoryConnection) => Promise<R>): Promise<R> {
    this.#isUser = true;
    try {
      return await action(this.user);
    } finally {
      this.#isUser = false;
    }
  }

  /** Says that the user is about to break what holds for this pool. */
  excuse(pool: string, damage: Damage): void {
    const before = this.#excused.get(pool);
    if (damage === "pool") this.#edited.add(pool);
    this.#excused.set(pool, { damage: before?.damage === "pool" ? "pool" : damage, since: this.clock.now() });
  }

  objects<T extends KubeObject = KubeObject>(resource: Resource): T[] {
    return this.server.objects<T>(resource);
  }

  get pools(): SpiderIPPool[] {
    return [...this.#pools.values()];
  }

  get subnets(): SpiderSubnet[] {
    return [...this.#subnets.values()];
  }

  /** Moves time on until the operator has nothing to do for a while; false if it does not come to rest. */
  async settle(limitMs = 120_000): Promise<boolean> {
    const end = this.clock.now() + limitMs;
    for (let version = -1; this.clock.now() < end; ) {
      version = this.server.version();
      await this.clock.advance(1_000);
      if (this.operator?.isIdle && version === this.server.version()) return true;
    }
    return false;
  }

  async close(): Promise<void> {
    this.crash();
    for (const crash of this.#rivals) crash();
    await this.user.close();
  }

  #check(change: Change): void {
    const { resource } = change;
    if (resource.plural === spiderSubnets.plural) this.#keep(this.#subnets, change);
    else if (resource.plural === spiderIPPools.plural) this.#keep(this.#pools, change);
    else return;
    const violations: Violation[] = violationsOf(this.subnets, this.pools);
    if (resource.plural === spiderIPPools.plural && change.old && change.type === "MODIFIED" && !this.#isUser) {
      // A pinned pool that a user has resized is brought back, possibly much later: by its next application.
      const isEdited = this.#edited.has(change.object.metadata.name);
      const forbidden = forbiddenChange(change.old as never, change.object as never);
      violations.push(...forbidden.filter(({ text }) => !isEdited || text.endsWith("deleted")));
    }
    this.#judge(violations, change.version);
  }

  #keep<T extends KubeObject>(known: Map<string, T>, { type, object }: Change): void {
    if (type === "DELETED") known.delete(object.metadata.name);
    else known.set(object.metadata.name, object as unknown as T);
  }

  #judge(violations: readonly Violation[], version: number): void {
    const now = this.clock.now();
    for (const [pool, { since }] of this.#excused) {
      if (now - since < healingMs || violations.some(({ pools }) => pools.includes(pool))) continue;
      this.#excused.delete(pool);
    }
    for (const violation of violations) {
      if (this.#isExcused(violation)) continue;
      this.broken.push(
        `${new Date(now).toISOString()} version ${version}${this.#isUser ? " (user)" : ""}: ${violation.text}`,
      );
    }
  }

  #isExcused({ rule, pools }: Violation): boolean {
    return pools.some((pool) => {
      const damage = this.#excused.get(pool)?.damage;
      return damage === "pool" || (damage === "record" && ofRecord.has(rule));
    });
  }
}
