/**
 * Leader election by a Lease: of all replicas that campaign at most one leads, and soon after it is gone another one does.
 *
 * The rules are client-go's. A follower takes the lease once its holder has shown no sign of life for as long as the lease says, measured
 * by the follower's own clock since it saw the last one, so clocks need not agree. The leader gives up when its renewals have failed for
 * `renewMs`, before anybody else may begin. Unlike client-go's the lease is watched: one that is given back is taken at once. A
 * leadership that is lost is lost for good, and the process is to end.
 * @module
 */

import { steadyBackOffMs } from "../back-off.ts";
import { type Cancel, type Clock, sleep } from "../clock.ts";
import { askedPauseMs, type Cluster, hasCode, type ObjectRef } from "../cluster/cluster.ts";
import type { ReflectorState } from "../cluster/reflector.ts";
import type { Log } from "../log.ts";
import type { ElectionSettings } from "./election-settings.ts";
import { durationOf, heldLease, holderOf, type Lease, releasedLease, signOfLife } from "./lease.ts";
import { LeaseStore } from "./lease-store.ts";

export interface ElectorOptions {
  /** With connections of its own: no other request may keep a renewal waiting. */
  readonly cluster: Cluster;
  /** Measures; must not step when somebody sets the machine's clock. */
  readonly clock: Clock;
  /** Dates the lease. */
  readonly wallClock: Pick<Clock, "now">;
  /** In [0, 1). */
  readonly random: () => number;
  readonly settings: ElectionSettings;
  /** Who campaigns; must be unlike every other process's. */
  readonly identity: string;
  readonly log: Log;
  /** Leadership has begun. */
  onLeading(): void;
  /** Leadership is over, unasked; nothing may be written any more. */
  onLost(reason: string): void;
}

/** How often giving the lease back is tried. */
const RELEASES_MAX = 3;

export class Elector {
  readonly #options: ElectorOptions;
  readonly #ref: ObjectRef & { readonly namespace: string };
  #store: LeaseStore | undefined;
  #phase: "idle" | "following" | "leading" | "ended" = "idle";
  /** Nobody holds the lease, or its holder is taken for dead. */
  #isFree = false;
  #sign: string | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #complaint: string | undefined;
  #trying: Promise<void> | undefined;
  #cancelExpiry: Cancel | undefined;
  #cancelDeadline: Cancel | undefined;
  #cancelNext: Cancel | undefined;

  constructor(options: ElectorOptions) {
    this.#options = options;
    const { namespace, leaseName: name } = options.settings;
    this.#ref = { namespace, name };
  }

  /** Whether writing is allowed at this moment; false before others may think so, however late our own timers are. */
  get isLeading(): boolean {
    return this.#phase === "leading" && this.#sinceRenewal < this.#options.settings.renewMs;
  }

  /** Who leads, as far as is known. */
  get leader(): string | undefined {
    return holderOf(this.#store?.current);
  }

  /** Begins to watch the lease and to take it when it is free. */
  campaign(): void {
    if (this.#phase !== "idle") return;
    this.#phase = "following";
    const { cluster, clock, random, settings } = this.#options;
    this.#store = new LeaseStore({
      cluster,
      clock,
      random,
      ref: this.#ref,
      limitMs: settings.renewMs / 2,
      onSeen: (lease) => this.#take(lease),
      onState: (state) => this.#note(state),
    });
  }

  /** Ends the campaign, and gives back the lease if it is held: to be called after the last write. */
  async release(): Promise<void> {
    const wasTrying = this.#trying;
    this.#end();
    await wasTrying;
    await this.#giveBack(wasTrying !== undefined);
    await this.#store?.stop();
  }

  get #sinceRenewal(): number {
    return this.#options.clock.now() - this.#renewedAt;
  }

  #isOurs(lease: Lease | undefined): boolean {
    return holderOf(lease) === this.#options.identity;
  }

  #take(lease: Lease | undefined): void {
    if (this.#phase === "leading") {
      if (lease && !this.#isOurs(lease)) this.#lose(`"${holderOf(lease) ?? "nobody"}" holds the lease`);
      // Who has deleted it meant no harm: others give us the time to make it anew.
      else if (!lease) this.#tryIn(0);
    } else if (this.#phase === "following") this.#follow(lease);
  }

  #follow(lease: Lease | undefined): void {
    const { clock, settings, log } = this.#options;
    const holder = holderOf(lease);
    if (!lease || holder === undefined || this.#isOurs(lease)) {
      // One that is gone may have been deleted under a leader, which lives on until its time is over.
      if (lease || !this.#cancelExpiry) this.#free();
      return;
    }
    const sign = signOfLife(lease);
    if (sign === this.#sign) return;
    if (this.#sign === undefined) log.info("another replica leads", { leader: holder });
    this.#sign = sign;
    this.#isFree = false;
    this.#cancelNext?.();
    this.#cancelExpiry?.();
    this.#cancelExpiry = clock.after(durationOf(lease, settings.durationMs), () => this.#free());
  }

  #free(): void {
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    this.#isFree = true;
    // Others see it at the same moment.
    this.#tryIn(this.#options.random() * (this.#options.settings.retryMs / 10));
  }

  #tryIn(ms: number): void {
    this.#cancelNext?.();
    this.#cancelNext = this.#options.clock.after(ms, () => {
      this.#trying ??= this.#try().finally(() => {
        this.#trying = undefined;
      });
    });
  }

  /** Claims or renews the lease. */
  async #try(): Promise<void> {
    const { clock, wallClock, identity, settings } = this.#options;
    const store = this.#store as LeaseStore;
    const { durationMs } = settings;
    // The lease counts from the moment at which it was asked for: others may have seen it that early.
    const sentAt = clock.now();
    try {
      await store.write(heldLease(this.#ref, store.current, { identity, durationMs, now: wallClock.now() }));
      this.#hold(sentAt);
    } catch (error) {
      await this.#fail(store, error);
    }
  }

  #hold(sentAt: number): void {
    const { clock, settings, log } = this.#options;
    // The watch may have been faster than the answer, with worse news.
    if (this.#phase === "ended" || !this.#isOurs(this.#store?.current)) return;
    this.#failures = 0;
    this.#complaint = undefined;
    this.#renewedAt = sentAt;
    this.#cancelExpiry?.();
    this.#cancelDeadline?.();
    const leftMs = Math.max(0, settings.renewMs - this.#sinceRenewal);
    this.#cancelDeadline = clock.after(leftMs, () => this.#lose(`it was not renewed for ${settings.renewMs / 1000} s`));
    this.#tryIn(settings.retryMs);
    if (this.#phase === "leading") return;
    this.#phase = "leading";
    log.info("leading", { lease: `${this.#ref.namespace}/${this.#ref.name}`, identity: this.#options.identity });
    this.#options.onLeading();
  }

  async #fail(store: LeaseStore, error: unknown): Promise<void> {
    const { random, settings } = this.#options;
    this.#failures += 1;
    // Somebody else has written, or it is not there any more.
    if (hasCode(error, 404, 409)) await store.read().catch(() => {});
    if (this.#phase === "ended" || (this.#phase === "following" && !this.#isFree)) return;
    this.#complain("lease not written", error);
    const isLeader = this.#phase === "leading";
    const pauseMs = settings.retryMs / (isLeader ? 4 : 2);
    const waitMs = steadyBackOffMs({ firstMs: pauseMs, maxMs: 2 * pauseMs }, this.#failures, random);
    // A leader that a busy server sends away does not wait as asked: its end would cost that server more than one small request.
    this.#tryIn(isLeader ? waitMs : Math.max(askedPauseMs(error), waitMs));
  }

  #lose(reason: string): void {
    this.#end();
    this.#options.onLost(reason);
  }

  #end(): void {
    this.#phase = "ended";
    for (const cancel of [this.#cancelExpiry, this.#cancelDeadline, this.#cancelNext]) cancel?.();
  }

  /** Tries a few times; where it does not succeed the lease runs out by itself. */
  async #giveBack(isUncertain: boolean): Promise<void> {
    const { clock, wallClock, settings, log } = this.#options;
    const store = this.#store;
    if (!store) return;
    if (isUncertain) await store.read().catch(() => {});
    for (let attempt = 1; attempt <= RELEASES_MAX && store.current && this.#isOurs(store.current); attempt += 1) {
      try {
        await store.write(releasedLease(store.current, wallClock.now()));
        return log.info("leadership given back");
      } catch (error) {
        log.warn("lease not given back", { error });
        await sleep(clock, settings.retryMs / 10);
        await store.read().catch(() => {});
      }
    }
  }

  #note(state: ReflectorState): void {
    if (state.phase === "waiting") this.#complain("lease not watched", state.error);
  }

  /** What goes on failing in the same way is told once. */
  #complain(message: string, error: unknown): void {
    const text = `${message}: ${(error as Error).message}`;
    if (text === this.#complaint) return;
    this.#complaint = text;
    this.#options.log.warn(message, { lease: `${this.#ref.namespace}/${this.#ref.name}`, error });
  }
}
