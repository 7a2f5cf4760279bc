/**
 * Records what the deciding part of the operator is told and what it decides, at its edges and nowhere else.
 *
 * Costs next to nothing: every line refers to objects that are there already, and only sinks that write make text of them. What
 * no decision depends on is left out: pods of native applications, workloads that ask for no pool, and changes that leave a
 * workload as it is kept. Must not decide, write to the cluster or know where lines go.
 * @module
 */

import type { PoolEvent } from "../../machines/events.ts";
import { formatNumber } from "../api/pool-annotations.ts";
import { pods } from "../api/resources.ts";
import { type Clock, toMicroTimestamp } from "../clock.ts";
import type { Cluster, KubeObject, Resource } from "../cluster/cluster.ts";
import type { NamedChange } from "../cluster/reflected-store.ts";
import { type Reflector, type ReflectorOptions, startReflector } from "../cluster/reflector.ts";
import { asksForPools, wantsTheSame } from "../observe/application-index.ts";
import type { Complaint, DemandSettings } from "../observe/demand.ts";
import type { Observer } from "../observe/observer.ts";
import type { SeenPod } from "../observe/seen-pod.ts";
import { nativeKinds, type Workload } from "../observe/workload.ts";
import type { Reconciler, Transition } from "../reconciler.ts";
import { AUTOPOOL_VERSION } from "../version.ts";
import { withAnswers } from "./answers.ts";
import { checkpointOf, type Reflection } from "./checkpoint.ts";
import { complaintLine, stepLine } from "./decided.ts";
import { recordable } from "./recordable.ts";
import {
  type HeaderLine,
  resourceName,
  type SeenLine,
  TRACE_FORMAT,
  TRACE_VERSION,
  type TraceLine,
} from "./trace-line.ts";

/** Where lines go. */
export interface TraceSink {
  take(line: TraceLine): void;
  /** It wants to begin anew; until it may, it takes on. */
  readonly isFull: boolean;
  /** Begins anew with these lines: a header, and everything that is known. */
  begin(checkpoint: readonly TraceLine[]): void;
}

export interface TraceRecorderOptions {
  readonly clock: Clock;
  readonly settings: DemandSettings;
  readonly sinks: readonly TraceSink[];
}

export class TraceRecorder {
  readonly #options: TraceRecorderOptions;
  readonly #startedAt: number;
  readonly #reflections: Reflection[] = [];
  #deciding: { readonly observer: Observer; readonly reconciler: Reconciler } | undefined;
  /** Nothing is being listed for the first time: a checkpoint holds all that there is. */
  #isFilled = false;
  #isLearning = false;
  #isRenewing = false;

  constructor(options: TraceRecorderOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#take(this.#header("start"));
  }

  /** Watches as {@link startReflector} does, and records what is told. */
  readonly reflect: typeof startReflector = <O extends KubeObject, T>(
    options: ReflectorOptions<O, T>,
  ): Reflector<T> => {
    const { resource, onEvent, onSync } = options;
    const of = resourceName(resource);
    const matters = mattersIn(resource) as (change: NamedChange<T>) => boolean;
    this.#take({ line: "watching", t: this.#t(), resource });
    const reflector = startReflector<O, T>({
      ...options,
      onEvent: (change) => {
        if (matters(change)) this.#take(this.#seenLine(of, change));
        onEvent(change);
      },
      ...(onSync && {
        onSync: () => {
          this.#take({ line: "synced", t: this.#t(), of });
          onSync();
        },
      }),
    });
    this.#reflections.push({ resource, reflector: reflector as Reflector<unknown>, tellsSync: onSync !== undefined });
    return {
      ...reflector,
      get size() {
        return reflector.size;
      },
      learn: (object) => {
        this.#isLearning = true;
        reflector.learn(object);
        this.#isLearning = false;
      },
    };
  };

  /** Returns the cluster, with the answers to its writes recorded. */
  answering(cluster: Cluster): Cluster {
    const { clock } = this.#options;
    return withAnswers(cluster, clock, (answer) => this.#take({ line: "answered", t: this.#t(), ...answer }));
  }

  /** Says whose knowledge a checkpoint is made of. */
  attach(observer: Observer, reconciler: Reconciler): void {
    this.#deciding = { observer, reconciler };
  }

  /** All caches are filled; a replica that does not lead may stay like this for months. */
  filled(): void {
    this.#isFilled = true;
  }

  /** Looking begins. */
  opened(): void {
    this.#take({ line: "opened", t: this.#t() });
  }

  looked(application: string): void {
    this.#take({ line: "looked", t: this.#t(), application });
  }

  told(key: string, event: PoolEvent): void {
    this.#take({ line: "told", t: this.#t(), key, event });
  }

  stepped(transition: Transition): void {
    this.#take(stepLine(transition, this.#t()));
  }

  complained(complaint: Complaint): void {
    this.#take(complaintLine(complaint, this.#t()));
  }

  #t(): number {
    return this.#options.clock.now() - this.#startedAt;
  }

  #take(line: TraceLine): void {
    let isFull = false;
    for (const sink of this.#options.sinks) {
      sink.take(line);
      isFull ||= sink.isFull;
    }
    if (!isFull || !this.#isFilled || this.#isRenewing) return;
    this.#isRenewing = true;
    // A change may be one of many that are being told: only behind them do the caches hold what has been recorded.
    queueMicrotask(() => this.#renew());
  }

  #renew(): void {
    this.#isRenewing = false;
    if (!this.#deciding) return;
    const t = this.#t();
    const lines = [
      this.#header("checkpoint"),
      ...checkpointOf({ ...this.#deciding, reflections: this.#reflections, t }),
    ];
    for (const sink of this.#options.sinks) if (sink.isFull) sink.begin(lines);
  }

  #header(begins: HeaderLine["begins"]): HeaderLine {
    const { defaultNumber, families } = this.#options.settings;
    return {
      line: "header",
      t: begins === "start" ? 0 : this.#t(),
      format: TRACE_FORMAT,
      version: TRACE_VERSION,
      at: toMicroTimestamp(this.#startedAt),
      autopool: AUTOPOOL_VERSION,
      settings: { defaultNumber: formatNumber(defaultNumber), families },
      begins,
    };
  }

  #seenLine(of: string, { type, key, uid, object }: NamedChange<unknown>): SeenLine {
    const base: SeenLine = { line: "seen", t: this.#t(), of, key, uid, type, object: recordable(object as object) };
    return this.#isLearning ? { ...base, learned: true } : base;
  }
}

/** Returns which changes of a resource a decision may depend on. */
function mattersIn(resource: Resource): (change: NamedChange<never>) => boolean {
  if (resource === pods) {
    return ({ object, previous }: NamedChange<SeenPod>) =>
      object.pinned !== undefined || previous?.pinned !== undefined;
  }
  if (!nativeKinds.some((native) => native.resource === resource)) return () => true;
  return ({ type, object, previous }: NamedChange<Workload>) => {
    if (type === "modified" && previous && wantsTheSame(previous, object)) return false;
    return asksForPools(object) || (previous !== undefined && asksForPools(previous));
  };
}
