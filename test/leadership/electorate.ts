/**
 * Several electors on one memory cluster, each with clocks, a connection and a way of being cut off of its own.
 *
 * Notes every moment at which two of them think that they lead.
 * @module
 */

import { leases } from "../../src/api/resources.ts";
import { type Clock, sleep } from "../../src/clock.ts";
import {
  ApiError,
  type Cluster,
  UnknownOutcome,
  type WatchEvent,
  type WatchOptions,
} from "../../src/cluster/cluster.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import type { FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import type { ElectionSettings } from "../../src/leadership/election-settings.ts";
import { Elector } from "../../src/leadership/elector.ts";
import type { Lease } from "../../src/leadership/lease.ts";
import { type Log, silentLog } from "../../src/log.ts";
import { seededRandom } from "../../src/random.ts";

export const settings: ElectionSettings = {
  namespace: "autopool-system",
  leaseName: "the-lease",
  durationMs: 15_000,
  renewMs: 10_000,
  retryMs: 2_000,
};

export const leaseRef = { namespace: settings.namespace, name: settings.leaseName };

export interface VoterOptions {
  /** How far its clocks are from the others', in ms. */
  readonly skewMs?: number;
  readonly faults?: FaultPolicy;
  readonly settings?: Partial<ElectionSettings>;
}

/** One replica, as far as elections are concerned. */
export interface Voter {
  readonly name: string;
  readonly elector: Elector;
  /** When it began to lead, and when and why it lost, on the electorate's clock. */
  readonly began: number[];
  readonly lost: { readonly at: number; readonly reason: string }[];
  /** What it complained of. */
  readonly warnings: string[];
  /** Whether requests get no answer at the moment, and events of its watch do not come through. */
  isCutOff: boolean;
  /** Whether two of three requests are answered with 429, and "come again in a second". */
  isBusy: boolean;
  isDead: boolean;
  kill(): void;
}

export class Electorate {
  readonly clock = createVirtualClock();
  readonly server = createMemoryCluster({ clock: this.clock, resources: [leases] });
  readonly user: MemoryConnection = this.server.connect();
  readonly voters: Voter[] = [];
  /** Moments at which two led. */
  readonly broken: string[] = [];

  constructor() {
    this.server.observe(() => this.check());
  }

  /** Lets one more campaign. */
  join({ skewMs = 0, faults, settings: own }: VoterOptions = {}): Voter {
    const { clock } = this;
    const name = `replica-${this.voters.length + 1}`;
    const busy = { kind: "refuse", error: new ApiError(429, "TooManyRequests", "slow down", 1) } as const;
    const connection = this.server.connect({
      latencyMs: 4,
      faults: (request) => (voter.isBusy && request.number % 3 !== 0 ? busy : faults?.(request)),
    });
    const skewed: Clock = { now: () => clock.now() + skewMs, after: (ms, callback) => clock.after(ms, callback) };
    const warnings: string[] = [];
    const log: Log = {
      ...silentLog,
      warn: (message, { error } = {}) => warnings.push(`${message}: ${(error as Error).message}`),
    };
    const voter: Voter = {
      name,
      began: [],
      lost: [],
      warnings,
      isCutOff: false,
      isBusy: false,
      isDead: false,
      elector: new Elector({
        cluster: gated(connection, clock, () => voter.isCutOff),
        clock: skewed,
        wallClock: skewed,
        random: seededRandom(this.voters.length + 1),
        settings: { ...settings, ...own },
        identity: name,
        log,
        onLeading: () => voter.began.push(clock.now()),
        onLost: (reason) => voter.lost.push({ at: clock.now(), reason }),
      }),
      kill: () => {
        voter.isDead = true;
        connection.cut();
      },
    };
    this.voters.push(voter);
    voter.elector.campaign();
    return voter;
  }

  /** The living that lead at this moment. */
  get leaders(): Voter[] {
    return this.voters.filter(({ elector, isDead }) => elector.isLeading && !isDead);
  }

  get lease(): Lease | undefined {
    return this.server.objects<Lease>(leases)[0];
  }

  check(): void {
    const names = this.leaders.map(({ name }) => name);
    if (names.length > 1) this.broken.push(`${new Date(this.clock.now()).toISOString()} ${names.join(" and ")} lead`);
  }

  /** Moves time on, looking every few milliseconds. */
  async pass(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end; this.check()) {
      await this.clock.advance(Math.min(50, end - this.clock.now()));
    }
  }

  /** Moves time on until one leads that is not among those; returns it, or undefined if none does in time. */
  async next(limitMs: number, ...others: readonly Voter[]): Promise<Voter | undefined> {
    const found = (): Voter | undefined => this.leaders.find((voter) => !others.includes(voter));
    for (const end = this.clock.now() + limitMs; !found() && this.clock.now() < end; ) await this.pass(20);
    return found();
  }

  async close(): Promise<void> {
    for (const voter of this.voters) {
      voter.kill();
      voter.elector.release().catch(() => {});
    }
    await this.clock.advance(60_000);
  }
}

/** A connection that lets nothing through while it is cut: requests hang until they are given up. */
function gated(connection: MemoryConnection, clock: Clock, isCut: () => boolean): Cluster {
  const open = async (signal: AbortSignal | undefined): Promise<void> => {
    while (isCut() && !signal?.aborted) await sleep(clock, 100, signal);
    if (signal?.aborted) throw new UnknownOutcome("request aborted");
  };
  return {
    ...connection,
    async *watch(resource, options: WatchOptions) {
      await open(options.signal);
      for await (const event of connection.watch(resource, options)) {
        await open(options.signal);
        yield event as WatchEvent<never>;
      }
    },
    list: (resource, options) => open(options?.signal).then(() => connection.list(resource, options)),
    get: (resource, ref, options) => open(options?.signal).then(() => connection.get(resource, ref, options)),
    create: (resource, object, options) =>
      open(options?.signal).then(() => connection.create(resource, object, options)),
    update: (resource, object, options) =>
      open(options?.signal).then(() => connection.update(resource, object, options)),
  };
}
