/**
 * Keeps a local copy of one resource and tells what changes: list, then watch, for ever.
 *
 * Promises that nothing is missed and nothing unchanged is told twice, across ended watches, lost connections and expired
 * versions (410, then it lists again). Any other failure is waited out with jittered back-off; it never gives up. One
 * request at a time. Works on the port `Cluster` alone; what the changes mean is for `src/observe`.
 * @module
 */

import { steadyBackOffMs } from "../back-off.ts";
import { type Clock, sleep } from "../clock.ts";
import { ApiError, type Cluster, type KubeObject, type ListOptions, type ObjectRef, type Resource } from "./cluster.ts";
import { listPages } from "./paged-list.ts";
import { type NamedChange, ReflectedStore, type Seen, seen, storeKey } from "./reflected-store.ts";

/** What the reflector is doing; "waiting" after a failure, until it tries again. */
export type ReflectorState =
  | { readonly phase: "listing" | "stopped" }
  | { readonly phase: "watching"; readonly resourceVersion: string }
  | { readonly phase: "waiting"; readonly error: unknown; readonly delayMs: number };

/** Which objects of the resource are copied, and whether all of them. */
type Scope = Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector" | "metadataOnly">;

export interface ReflectorOptions<O extends KubeObject, T> extends Scope {
  readonly cluster: Cluster;
  readonly resource: Resource;
  /** Objects per page of a list, default 500. */
  readonly pageSize?: number;
  readonly clock: Clock;
  /** Uniform in [0, 1); for jitter. */
  readonly random: () => number;
  /** Told of each change, in order, after the store has it. Should do no more than note a key in a queue. */
  readonly onEvent: (change: NamedChange<T>) => void;
  /** What is kept of an object and given to `onEvent`; absent means the whole object. */
  readonly transform?: (object: O) => T;
  /** Called once, when the first list has been told completely. */
  readonly onSync?: () => void;
  readonly onState?: (state: ReflectorState) => void;
  /**
   * Told of everything that `onEvent`, `onSync`, `onState` or `transform` throws; the reflector goes on, and an object
   * that cannot be transformed keeps its last state (a new one is left out). Absent means: thrown again as an uncaught exception, which ends the process.
   */
  readonly onError?: (error: unknown) => void;
}

/** A running reflector and its copy of the resource. */
export interface Reflector<T> {
  /** Resolves when the first list has been told; rejects if the reflector is stopped before. */
  readonly synced: Promise<void>;
  hasSynced(): boolean;
  /** When the server last showed a sign of life for this resource (list page, event, bookmark, end of a watch), in ms of the clock. */
  lastActivity(): number;
  /** Likewise, or when it last failed: how long ago this has been says whether the reflector itself goes on. */
  lastTurn(): number;
  get(ref: ObjectRef): T | undefined;
  /** UID of the object of this name; known for every object, however little `transform` keeps of it. */
  uidOf(ref: ObjectRef): string | undefined;
  values(): IterableIterator<T>;
  readonly size: number;
  /**
   * Takes the server's answer to a write of our own as if the watch had told it already, so that the next decision sees
   * it. Older events that come later do not put the old state back. Ignored where it is no news or its version is no number.
   * Only for objects that the selectors and namespace of this reflector would show.
   */
  learn(object: KubeObject): void;
  /** Ends the watch; resolves when nothing will be told any more. */
  stop(): Promise<void>;
}

const watchSecondsMin = 240;
const watchSecondsSpread = 240;
const backOff = { firstMs: 500, maxMs: 30_000 };
/** A watch that ends sooner without having told anything counts as failed: else a refusing proxy makes a tight loop. */
const healthyWatchMs = 1_000;

/**
 * Starts to list and watch a resource.
 *
 * Does not throw: failures of the server are waited out and reported through `onState`.
 */
export function startReflector<O extends KubeObject = KubeObject, T = O>(
  options: ReflectorOptions<O, T>,
): Reflector<T> {
  const reflection = new Reflection<O, T>(options);
  return {
    synced: reflection.synced.promise,
    hasSynced: () => reflection.hasSynced,
    lastActivity: () => reflection.lastActivity,
    lastTurn: () => Math.max(reflection.lastActivity, reflection.failedAt),
    get: (ref) => reflection.store.get(ref),
    uidOf: (ref) => reflection.store.uidOf(storeKey(ref)),
    values: () => reflection.store.values(),
    get size() {
      return reflection.store.size;
    },
    learn: (object) => reflection.learn(object as O),
    stop: () => reflection.stop(),
  };
}

class Reflection<O extends KubeObject, T> {
  readonly store = new ReflectedStore<T>();
  readonly synced = Promise.withResolvers<void>();
  hasSynced: boolean = false;
  lastActivity: number;
  failedAt = 0;
  /** Everything up to this version has been told; `undefined` means that a list is needed. */
  #position: string | undefined;
  #failures = 0;
  readonly #options: ReflectorOptions<O, T>;
  readonly #scope: Scope;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;

  constructor(options: ReflectorOptions<O, T>) {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = options;
    this.#options = options;
    this.lastActivity = options.clock.now();
    // Nobody need wait for `synced`; a rejection that nobody sees must not end the process.
    this.synced.promise.catch(() => undefined);
    const scope = Object.entries({ namespace, labelSelector, fieldSelector, metadataOnly });
    this.#scope = Object.fromEntries(scope.filter(([, value]) => value !== undefined));
    // Not before the caller holds the reflector that its callbacks may ask.
    this.#ended = Promise.resolve().then(() => this.#run());
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#ended;
  }

  learn(object: O): void {
    const item = this.#transform(object);
    if (item && !this.#ending.signal.aborted) this.#tell(this.store.learn(item, this.#position));
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        this.#position ??= await this.#list();
        await this.#watch(this.#position);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error);
      }
    }
    this.#guard(() => this.#options.onState?.({ phase: "stopped" }));
    this.synced.reject(new Error(`Cannot sync "${this.#options.resource.plural}": the reflector was stopped before`));
  }

  /** Lists all pages, then tells what is different; a failure on the way changes nothing. */
  async #list(): Promise<string> {
    const { cluster, resource, pageSize = 500, clock } = this.#options;
    const { signal } = this.#ending;
    this.#guard(() => this.#options.onState?.({ phase: "listing" }));
    const items: Seen<T>[] = [];
    const unreadable = new Set<string>();
    let resourceVersion = "";
    for await (const page of listPages<O>(cluster, resource, { ...this.#scope, limit: pageSize, signal })) {
      this.lastActivity = clock.now();
      resourceVersion = page.resourceVersion;
      for (const object of page.items) {
        const item = this.#transform(object);
        if (item) items.push(item);
        else unreadable.add(storeKey(object.metadata));
      }
    }
    if (signal.aborted) return resourceVersion;
    this.#tell(this.store.replace(items, resourceVersion, unreadable));
    if (!this.hasSynced) {
      this.hasSynced = true;
      this.#guard(() => this.#options.onSync?.());
      this.synced.resolve();
    }
    return resourceVersion;
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { cluster, resource, clock, random } = this.#options;
    const { signal } = this.#ending;
    this.#guard(() => this.#options.onState?.({ phase: "watching", resourceVersion }));
    const startedAt = clock.now();
    const timeoutSeconds = watchSecondsMin + Math.floor(random() * (watchSecondsSpread + 1));
    let isHealthy = false;
    try {
      const asked = { ...this.#scope, resourceVersion, timeoutSeconds, signal };
      for await (const event of cluster.watch<O>(resource, asked)) {
        if (signal.aborted) return;
        isHealthy = true;
        this.lastActivity = clock.now();
        if (event.type !== "BOOKMARK") this.#take(event.type, event.object);
        // Only now: a version noted before its event was told would be skipped after a restart.
        this.#position = event.object.metadata.resourceVersion ?? this.#position;
      }
    } finally {
      isHealthy ||= clock.now() - startedAt >= healthyWatchMs;
      if (isHealthy) this.#failures = 0;
    }
    if (!isHealthy && !signal.aborted) throw new Error(`The server ended a watch of "${resource.plural}" at once`);
    this.lastActivity = clock.now();
  }

  #take(type: "ADDED" | "MODIFIED" | "DELETED", object: O): void {
    const item = this.#transform(object);
    if (type === "DELETED") this.#tell(this.store.remove(object.metadata, item));
    else if (item) this.#tell(this.store.put(item));
  }

  /** An expired version is listed again at once, the first time; everything else waits longer each time. */
  async #recover(error: unknown): Promise<void> {
    const { clock, random } = this.#options;
    const { code, retryAfterSeconds = 0 } = error instanceof ApiError ? error : { code: 0 };
    const isExpired = code === 410;
    // A server restored from a backup does not know our version yet and would refuse it for days.
    const isFromFuture = code === 504 && /too large resource version/i.test((error as ApiError).message);
    if (isExpired || isFromFuture) this.#position = undefined;
    this.#failures += 1;
    this.failedAt = clock.now();
    const isFirst = this.#failures === 1;
    const waitMs = steadyBackOffMs(backOff, this.#failures, random);
    const delayMs = Math.max(isExpired && isFirst ? 0 : waitMs, retryAfterSeconds * 1000);
    this.#guard(() => this.#options.onState?.({ phase: "waiting", error, delayMs }));
    if (delayMs > 0) await sleep(clock, delayMs, this.#ending.signal);
  }

  #transform(object: O): Seen<T> | undefined {
    const { transform } = this.#options;
    return this.#guard(() => seen(object, transform ? transform(object) : (object as unknown as T)));
  }

  #tell(changes: NamedChange<T>[]): void {
    for (const change of changes) this.#guard(() => this.#options.onEvent(change));
  }

  #guard<R>(callback: () => R): R | undefined {
    try {
      return callback();
    } catch (error) {
      if (this.#options.onError) this.#options.onError(error);
      else {
        queueMicrotask(() => {
          throw error;
        });
      }
      return undefined;
    }
  }
}
