/**
 * Observer, reconciler and machines without all that acts: fed with the lines that went into them, they decide again.
 *
 * The very code of the running operator; only its reflectors are replaced by {@link Feeds}, and looks are taken when the trace says
 * so. Needs neither cluster nor clock. Whether what comes out is what was recorded is for `replay.ts`.
 * @module
 */

import type { Facts } from "../../machines/events.ts";
import { pathOf, type Stepper } from "../../machines/step.ts";
import { groupOf } from "../api/application.ts";
import { parseAddressNumber } from "../api/pool-annotations.ts";
import { nextTurn } from "../clock.ts";
import type { Cluster, Resource } from "../cluster/cluster.ts";
import { type DemandSettings, isContent } from "../observe/demand.ts";
import { Observer } from "../observe/observer.ts";
import type { Life } from "../observe/pool-life.ts";
import { Reconciler } from "../reconciler.ts";
import { complaintLine, stepLine } from "./decided.ts";
import { Feeds } from "./feeds.ts";
import type { HeaderLine, MachineLine, OutputLine, ToldLine, TraceLine } from "./trace-line.ts";

export interface DecidingOptions {
  readonly settings: DemandSettings;
  /** Another machine than the pool's. */
  readonly stepper?: Stepper;
  /** Told of each step and complaint as it is decided. */
  readonly onDecided?: (decided: OutputLine) => void;
  /** Returns what a machine was told in the middle of a look, at once upon an operation that was asked for, if it was. */
  readonly toldNow?: () => ToldLine | undefined;
}

/** What is known of nothing. */
const nothing: Facts = { workload: undefined, pool: undefined, refusal: undefined };

/** Returns the settings of the process that wrote a trace. */
export function settingsOf({ settings }: HeaderLine): DemandSettings {
  const defaultNumber = parseAddressNumber(settings.defaultNumber) ?? { fixed: false, count: 1 };
  return { defaultNumber, families: settings.families };
}

export class DecidingPart {
  readonly observer: Observer;
  readonly reconciler: Reconciler;
  readonly #options: DecidingOptions;
  readonly #feeds: Feeds;
  /** By kind and group; a kind that is asked for before its line has come waits for it. */
  readonly #resources: Map<string, Resource>;
  readonly #asked = new Map<string, (resource: Resource) => void>();
  /** Since which line each application is due, in the order of their lines. */
  readonly #dueSince = new Map<string, number>();
  #lines = 0;
  #isOpen = false;
  #t = 0;

  constructor(options: DecidingOptions, feeds = new Feeds(), resources = new Map<string, Resource>()) {
    this.#options = options;
    const { settings, stepper, onDecided } = options;
    this.#feeds = feeds;
    this.#resources = resources;
    const ignored = (): void => {};
    this.observer = new Observer({
      cluster: { resolve: (apiVersion: string, kind: string) => this.#resolve(apiVersion, kind) } as Cluster,
      clock: { now: () => 0, after: () => ignored },
      random: () => 0,
      settings,
      reflect: feeds.reflect,
      onApplication: (key) => this.#note(key),
      onPool: ignored,
      onSubnet: ignored,
      onReserved: ignored,
      onPodEnd: ignored,
      onState: ignored,
      onUnknownOwner: ignored,
    });
    this.reconciler = new Reconciler({
      observe: (application) => this.observer.observe(application),
      dispatch: () => this.#tellNow(),
      complain: (complaint) => onDecided?.(complaintLine(complaint, this.#t)),
      onTransition: (transition) => onDecided?.(stepLine(transition, this.#t)),
      onForgotten: (application) => this.observer.applications.forget(application),
      onReconciled: ignored,
      isDriven: true,
      ...(stepper && { stepper }),
    });
  }

  /** Takes a line in, and decides what is to be decided thereupon. Lines that came out decide nothing. */
  async take(line: TraceLine): Promise<void> {
    this.#t = line.t;
    this.#lines += 1;
    switch (line.line) {
      case "seen":
        this.#feeds.take(line);
        break;
      case "looked":
        this.#look(line.application);
        break;
      case "told":
        this.reconciler.tell(line.key, line.event);
        break;
      case "watching":
        await this.#watching(line.resource);
        break;
      case "synced":
        this.#feeds.sync(line.of);
        break;
      case "opened":
        this.#open();
        break;
      case "machine":
        this.#adopt(line);
        break;
      case "resumed":
        await this.#resume(line.due);
        break;
    }
  }

  /** Looks at everything that is due. */
  lookAtAll(): void {
    if (!this.#isOpen) return;
    for (const application of this.reconciler.due) this.#lookAt(application);
  }

  /** Returns a successor: a process that begins now, with all that is there listed. */
  async restarted(): Promise<DecidingPart> {
    const successor = new DecidingPart(this.#options, this.#feeds.copy(), this.#resources);
    await nextTurn();
    if (this.#isOpen) successor.#open();
    successor.lookAtAll();
    // Owners are looked for when a look has found out that there are any.
    await nextTurn();
    successor.lookAtAll();
    return successor;
  }

  /** An operation may be refused before the look that has asked for it goes on. */
  #tellNow(): void {
    const { toldNow } = this.#options;
    for (let told = toldNow?.(); told; told = toldNow?.()) this.reconciler.tell(told.key, told.event);
  }

  #note(application: string): void {
    if (!this.reconciler.due.has(application)) this.#dueSince.set(application, this.#lines);
    this.reconciler.enqueue(application);
  }

  /** Looks in the order of noting: what has been due since an earlier line comes first, though the trace did not find it due. */
  #look(application: string): void {
    const since = this.#dueSince.get(application);
    if (since === undefined) return;
    for (const [earlier, at] of this.#dueSince) {
      if (at >= since) break;
      this.#lookAt(earlier);
    }
    this.#lookAt(application);
  }

  #lookAt(application: string): void {
    this.#dueSince.delete(application);
    this.reconciler.look(application);
  }

  #open(): void {
    this.#isOpen = true;
    for (const key of this.observer.applications.keys()) this.#note(key);
    this.reconciler.open();
  }

  #adopt({ key, application, native, subnet, facts, wanted }: MachineLine): void {
    // One that has neither pods nor pools is known for what it wanted.
    if (wanted) this.observer.applications.watch(wanted.application);
    const { pool, owner } = this.observer.observe(application).lives.find((life) => life.key === key) ?? {};
    const [workloadFact, poolFact = "gone"] = [facts.workload, facts.pool];
    const life: Life = { key, native, subnet, wanted, pool, owner, workloadFact, poolFact };
    this.reconciler.adopt(application, life, { ...nothing, ...facts });
  }

  /** Objects of a checkpoint are no news: only what was due is. */
  async #resume(due: readonly string[]): Promise<void> {
    await nextTurn();
    this.reconciler.close();
    this.#dueSince.clear();
    this.#isOpen = true;
    for (const application of due) this.#note(application);
    this.reconciler.open();
  }

  async #watching(resource: Resource): Promise<void> {
    const name = `${resource.kind}.${resource.group}`;
    this.#resources.set(name, resource);
    this.#asked.get(name)?.(resource);
    // Whoever waits for it begins to watch.
    await nextTurn();
  }

  #resolve(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const name = `${kind}.${groupOf(apiVersion)}`;
    const known = this.#resources.get(name);
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => this.#asked.set(name, resolve));
  }
}

/** What a machine stands at in the end. */
export interface Standing {
  readonly state: string;
  readonly workload: Facts["workload"];
  readonly pool: Facts["pool"];
}

/**
 * Returns where all machines stand and what they are asked for, by key. Left out is what is known of applications whose wishes
 * cannot be read: for them it counts what they wanted before, which a successor cannot know.
 */
export function standingsOf({ observer, reconciler }: DecidingPart): Map<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const { life, application, snapshot } of reconciler.entries()) {
    const { wish } = observer.observe(application);
    if (wish.demand.kind !== "wants" && wish.demand.kind !== "gone" && !isContent(wish)) continue;
    const { workload, pool } = snapshot.context;
    // What it wanted once counts for a pool that is to stay as it is; a successor need not know it.
    const known = life.workloadFact === undefined ? undefined : workload;
    standings.set(life.key, { state: pathOf(snapshot), workload: known, pool });
  }
  return standings;
}
