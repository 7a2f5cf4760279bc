/**
 * Watches: a table's history from a version on, then its changes as they come, as one client sees them.
 *
 * To a watch with a namespace or a selector, an object that begins to match is ADDED and one that ceases to is DELETED. Bookmarks
 * come each minute and two seconds before the watch ends, as from a real server's watch cache: none
 * before something of the resource, shown or not, changed while the watch was open.
 * @module
 */
import type { Clock } from "../../clock.ts";
import {
  type ApiError,
  apiVersionOf,
  type Resource,
  UnknownOutcome,
  type WatchEvent,
  type WatchOptions,
} from "../cluster.ts";
import { createEventPipe, type EventPipe } from "./event-pipe.ts";
import type { Fault } from "./faults.ts";
import { parseFieldSelector } from "./field-selector.ts";
import { copyJson } from "./json.ts";
import { present } from "./lists.ts";
import { badVersion, expired } from "./refusals.ts";
import { parseSelector } from "./selector.ts";
import type { Change, Stored, Table } from "./store.ts";

const bookmarkPeriodMs = 60_000;
const bookmarkBeforeEndMs = 2000;

type Fate = Extract<Fault, { kind: "drop" | "expire" | "repeat" | "delay" }>;

/** How a connection treats the events of one watch. */
export interface Delivery {
  /** Milliseconds from the write to the event; events never overtake each other. */
  readonly latencyMs: () => number;
  readonly fault: Fault | undefined;
}

/** Returns a function from changes to the events that a watch with these options sees, `undefined` for none. */
function createView(resource: Resource, options: WatchOptions): (change: Change) => WatchEvent | undefined {
  const matches = parseSelector(options.labelSelector);
  const hasFields = parseFieldSelector(options.fieldSelector, resource);
  const sees = (object: Stored | undefined): boolean =>
    object !== undefined &&
    (options.namespace === undefined || object.metadata.namespace === options.namespace) &&
    matches(object.metadata.labels) &&
    hasFields(object);

  return ({ type, object, old, version }) => {
    const saw = sees(old);
    if (type !== "DELETED" && sees(object)) {
      return { type: saw ? "MODIFIED" : "ADDED", object: present(object, options.metadataOnly) };
    }
    if (!saw || old === undefined) return undefined;
    const gone = { ...old, metadata: { ...old.metadata, resourceVersion: String(version) } };
    return { type: "DELETED", object: present(gone, options.metadataOnly) };
  };
}

/** Returns where a connection hands in the events: they come out late, repeated or not at all, as the fault says. */
function createOutlet(
  pipe: EventPipe<WatchEvent>,
  clock: Clock,
  delivery: Delivery,
  gone: ApiError,
): (event: WatchEvent) => void {
  const fault = delivery.fault as Fate | undefined;
  const extraMs = fault?.kind === "delay" ? fault.ms : 0;
  const recent: WatchEvent[] = [];
  let lastAt = 0;
  let delivered = 0;

  function arrive(event: WatchEvent): void {
    pipe.push(event);
    delivered += 1;
    breakOff();
    if (fault?.kind !== "repeat" || event.type === "BOOKMARK") return;
    recent.push(event);
    if (recent.length < fault.every) return;
    for (const again of recent.splice(0)) pipe.push(copyJson(again));
  }

  function breakOff(): void {
    if (fault?.kind === "drop" && delivered >= fault.afterEvents)
      pipe.fail(new UnknownOutcome("watch connection lost"));
    if (fault?.kind === "expire" && delivered >= fault.afterEvents) pipe.fail(gone);
  }

  breakOff();
  return (event) => {
    const now = clock.now();
    const at = Math.max(lastAt, now + delivery.latencyMs() + extraMs);
    lastAt = at;
    if (at <= now) arrive(event);
    else clock.after(at - now, () => arrive(event));
  };
}

/** Starts the timers of a watch; returns what stops them. */
function startTimers(clock: Clock, options: WatchOptions, bookmark: () => void, end: () => void): () => void {
  const lastsMs = options.timeoutSeconds * 1000;
  const cancels = [clock.after(lastsMs, end)];
  const beforeEndMs = lastsMs - bookmarkBeforeEndMs;
  if (beforeEndMs > 0) cancels.push(clock.after(beforeEndMs, bookmark));
  let cancelPeriod = (): void => undefined;
  const periodically = (): void => {
    cancelPeriod = clock.after(bookmarkPeriodMs, () => {
      bookmark();
      periodically();
    });
  };
  periodically();
  return () => {
    cancelPeriod();
    for (const cancel of cancels) cancel();
  };
}

/**
 * Begins a watch and returns its events.
 *
 * @throws {ApiError} With code 410 if the version is forgotten, 500 if it is no version, 400 if the selector is none
 */
export function openWatch(
  table: Table,
  options: WatchOptions,
  clock: Clock,
  delivery: Delivery,
): AsyncGenerator<WatchEvent, void, void> {
  const from = Number(options.resourceVersion);
  if (!/^\d+$/.test(options.resourceVersion)) throw badVersion(options.resourceVersion);
  const gone = expired(`too old resource version: ${from} (${Math.max(table.floor, from + 1)})`);
  if (from < table.floor) throw gone;
  const view = createView(table.resource, options);
  const pipe = createEventPipe<WatchEvent>();
  const deliver = createOutlet(pipe, clock, delivery, gone);
  const onChange = (change: Change): void => {
    const event = view(change);
    if (event !== undefined) deliver(event);
  };
  let told = Math.max(from, newestVersion(table));
  const bookmark = (): void => {
    const reached = newestVersion(table);
    if (reached <= told) return;
    told = reached;
    deliver({
      type: "BOOKMARK",
      object: {
        apiVersion: apiVersionOf(table.resource),
        kind: table.resource.kind,
        metadata: { name: "", resourceVersion: String(reached) },
      },
    });
  };

  for (const change of changesAfter(table.history, from)) onChange(change);
  table.watchers.add(onChange);
  const stopTimers = startTimers(clock, options, bookmark, pipe.end);
  const { signal } = options;
  signal?.addEventListener("abort", pipe.abort, { once: true });
  if (signal?.aborted) pipe.abort();
  return pipe.read(() => {
    table.watchers.delete(onChange);
    stopTimers();
    signal?.removeEventListener("abort", pipe.abort);
  });
}

/** The version that watches of a table have reached: other tables' writes do not move it. */
function newestVersion(table: Table): number {
  return table.history.at(-1)?.version ?? table.floor;
}

/** Returns the part of a history that is newer than a version, found by halving. */
function changesAfter(history: readonly Change[], version: number): readonly Change[] {
  let [low, high] = [0, history.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const change = history[middle];
    if (change !== undefined && change.version <= version) low = middle + 1;
    else high = middle;
  }
  return history.slice(low);
}
