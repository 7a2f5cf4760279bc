/**
 * From a key to operations: observes an application, tells its pools' machines what is new, and hands on what they ask for.
 *
 * The only place where facts meet machines. A snapshot lives here and nowhere else, and may be dropped at any time: the next
 * look rebuilds it. Keys are looked at once however often they were noted meanwhile, a few at a time, so that the event
 * loop stays responsive with tens of thousands of them.
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { Facts, PoolEvent } from "../machines/events.ts";
import type { Operation } from "../machines/operations.ts";
import { type PoolSnapshot, pathOf, poolStepper, type Stepper } from "../machines/step.ts";
import { nextTurn } from "./clock.ts";
import { type Complaint, isContent, type Wish } from "./observe/demand.ts";
import type { Life } from "./observe/pool-life.ts";

/** A step that a machine took: what the log and a trace are made of. */
export interface Transition {
  readonly key: string;
  readonly event: PoolEvent;
  readonly from: string;
  readonly to: string;
  readonly operations: readonly Operation[];
  /** Reason for which its operations cannot be done, as far as it knows then. */
  readonly refusal: string | undefined;
}

export interface ReconcilerOptions {
  observe(application: string): { native: boolean; wish: Wish; lives: Life[] };
  /** Carries out what a machine asks for. */
  dispatch(life: Life, operation: Operation): void;
  complain(complaint: Complaint): void;
  onTransition(transition: Transition): void;
  /** An application has neither wishes nor pools any more. */
  onForgotten(application: string): void;
  /** The lives of an application have been brought up to date. */
  onReconciled(lives: readonly Life[]): void;
  /** An application is about to be looked at. */
  onLook?(application: string): void;
  /** A machine is about to be told what no watch shows. */
  onTold?(key: string, event: PoolEvent): void;
  /** Nothing is looked at but what {@link Reconciler.look} says: a trace knows when that was. */
  readonly isDriven?: boolean;
  /** Another machine than the pool's, in tests. */
  readonly stepper?: Stepper;
}

interface Entry {
  readonly application: string;
  snapshot: PoolSnapshot;
  life: Life;
}

/** Keys looked at before other callbacks get their turn. */
const keysPerTurn = 100;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #stepper: Stepper;
  readonly #entries = new Map<string, Entry>();
  readonly #byApplication = new Map<string, Set<string>>();
  readonly #dirty = new Set<string>();
  #open = false;
  #draining: Promise<void> | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#stepper = options.stepper ?? poolStepper;
  }

  /** Notes that an application has to be looked at. */
  enqueue(application: string): void {
    this.#dirty.add(application);
    this.#drain();
  }

  /** From now on what was noted is looked at; before, nothing is (docs/lifecycle.md, invariant 5). */
  open(): void {
    this.#open = true;
    this.#drain();
  }

  close(): void {
    this.#open = false;
    this.#dirty.clear();
  }

  get isIdle(): boolean {
    return this.#dirty.size === 0 && this.#draining === undefined;
  }

  /** Applications that are to be looked at, in this order. */
  get due(): ReadonlySet<string> {
    return this.#dirty;
  }

  /** Looks at an application now. */
  look(application: string): void {
    this.#dirty.delete(application);
    this.#options.onLook?.(application);
    this.#reconcile(application);
  }

  /** Takes a life over as a predecessor left it, with what its machine knew. */
  adopt(application: string, life: Life, facts: Facts): void {
    const snapshot = this.#stepper.restore({ native: life.native }, facts);
    this.#entries.set(life.key, { application, snapshot, life });
    this.#byApplication.set(application, (this.#byApplication.get(application) ?? new Set()).add(life.key));
  }

  /** A pool's life and its machine's snapshot. */
  entry(key: string): Readonly<Entry> | undefined {
    return this.#entries.get(key);
  }

  /** All lives, in no order. */
  entries(): IterableIterator<Readonly<Entry>> {
    return this.#entries.values();
  }

  /** Tells a machine something that no watch shows: a refusal, or that its cause is gone. */
  tell(key: string, event: PoolEvent): void {
    const entry = this.#entries.get(key);
    if (!entry || !this.#open) return;
    this.#options.onTold?.(key, event);
    this.#step(entry, event);
  }

  #drain(): void {
    if (!this.#open || this.#options.isDriven || this.#draining || this.#dirty.size === 0) return;
    this.#draining = this.#run().finally(() => {
      this.#draining = undefined;
      this.#drain();
    });
  }

  async #run(): Promise<void> {
    // What else comes in this turn belongs to the same look.
    await Promise.resolve();
    let count = 0;
    for (const application of this.#dirty) {
      this.look(application);
      if (++count % keysPerTurn === 0) await nextTurn();
    }
  }

  #reconcile(application: string): void {
    const { native, wish, lives } = this.#options.observe(application);
    for (const complaint of wish.complaints) this.#options.complain(complaint);
    const known = this.#byApplication.get(application) ?? new Set<string>();
    this.#byApplication.set(application, known);
    const seen = new Set<string>();
    for (const life of lives) {
      seen.add(life.key);
      const entry = this.#entries.get(life.key);
      // Nobody wants it, and it is not there: that is no life to begin.
      if (!entry && life.workloadFact === "gone" && life.poolFact === "gone") continue;
      this.#advance(entry ?? { application, snapshot: this.#stepper.start({ native }), life }, life);
    }
    // Where wishes are unknown, what is waited for is waited for on.
    const isCertain = wish.demand.kind === "wants" || wish.demand.kind === "gone" || isContent(wish);
    for (const key of isCertain ? [...known] : []) {
      const entry = this.#entries.get(key);
      if (!entry || seen.has(key)) continue;
      const life = { ...entry.life, wanted: undefined, pool: undefined };
      this.#advance(entry, { ...life, workloadFact: "gone", poolFact: "gone" });
    }
    if (known.size === 0) {
      this.#byApplication.delete(application);
      if (wish.demand.kind === "gone") this.#options.onForgotten(application);
    }
    this.#options.onReconciled(lives);
  }

  /** Tells a machine the facts that are new to it, the pool before its application. */
  #advance(entry: Entry, life: Life): void {
    const wasUnknown = entry.life.wanted === undefined && life.wanted !== undefined;
    entry.life = life;
    this.#entries.set(life.key, entry);
    this.#byApplication.get(entry.application)?.add(life.key);
    const { context } = entry.snapshot;
    const { poolFact, workloadFact } = life;
    if (!isDeepStrictEqual(poolFact, context.pool)) {
      this.#step(entry, poolFact === "gone" ? { type: "pool.gone" } : { type: "pool.observed", ...poolFact });
    }
    if (entry.snapshot.status === "done") {
      // The pool's life is over, and a successor wants the next one already.
      const { application } = entry;
      if (life.wanted)
        this.#advance({ application, snapshot: this.#stepper.start({ native: life.native }), life }, life);
      return;
    }
    if (workloadFact === undefined) return;
    if (isDeepStrictEqual(workloadFact, context.workload)) {
      // The wish can be read again and is the same: what was asked for meanwhile was passed over.
      if (wasUnknown) this.#step(entry, { type: "capacity.changed" });
      return;
    }
    this.#step(
      entry,
      workloadFact === "gone" ? { type: "workload.gone" } : { type: "workload.observed", ...workloadFact },
    );
  }

  #step(entry: Entry, event: PoolEvent): void {
    if (entry.snapshot.status === "done") return;
    const from = pathOf(entry.snapshot);
    const { snapshot, operations } = this.#stepper.step(entry.snapshot, event);
    entry.snapshot = snapshot;
    const { key } = entry.life;
    const refusal = snapshot.context.refusal?.reason;
    this.#options.onTransition({ key, event, from, to: pathOf(snapshot), operations, refusal });
    if (snapshot.status === "done") {
      this.#entries.delete(key);
      this.#byApplication.get(entry.application)?.delete(key);
    }
    for (const operation of operations) this.#options.dispatch(entry.life, operation);
  }
}
