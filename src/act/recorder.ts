/**
 * Writes Kubernetes Events, best effort: telling must never hold up doing.
 *
 * An Event's name follows from object, reason and message, so a repetition raises the count of the Event that is there and
 * makes no new one, also after a restart. The same Event is written at most once in ten minutes; what happens in between
 * is counted into the next write. `record` never throws, never waits, and gives up after one retry.
 * @module
 */

import { createHash } from "node:crypto";
import { events } from "../api/resources.ts";
import { type Clock, toTimestamp } from "../clock.ts";
import { askedPauseMs, type Cluster, hasCode, type KubeObject } from "../cluster/cluster.ts";

/** The object that an Event speaks of. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

/** What happened to which object. */
export interface Occurrence {
  readonly regarding: Regarding;
  readonly type: "Normal" | "Warning";
  /** One CamelCase word. */
  readonly reason: string;
  /** Cut at 1024 bytes, which the API does not exceed. */
  readonly message: string;
}

export interface Recorder {
  record(occurrence: Occurrence): void;
}

export interface RecorderOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Who speaks, e.g. "autopool". */
  readonly component: string;
  /** Where a write is queued; the run never rejects. The key is the Event's own. */
  submit(key: string, run: () => Promise<void>): void;
  /** Told when an Event is given up. */
  onFailure?(error: unknown, event: { readonly namespace: string; readonly name: string }): void;
}

/** A core/v1 Event, in the form with a count. */
export interface CoreEvent extends KubeObject {
  involvedObject: Regarding;
  type: string;
  reason: string;
  message: string;
  count?: number;
  firstTimestamp: string;
  lastTimestamp: string;
  source: { component: string };
  reportingComponent: string;
  /** The API has it beside the component; empty in this form. */
  reportingInstance: string;
}

/** What is remembered of one Event. */
interface Memory {
  readonly namespace: string;
  readonly name: string;
  /** Not written again before; milliseconds since the epoch. */
  quietUntil: number;
  /** Occurrences that the cluster does not know of yet. */
  pending: number;
  /** Count in the cluster; 0 while it is not known. */
  written: number;
}

const QUIET_MS = 10 * 60_000;
/** After a failure, so that a server in trouble is not asked for every occurrence. */
const QUIET_AFTER_FAILURE_MS = 60_000;
const RETRY_MS = 1_000;
const MEMORIES_MAX = 10_000;
const MESSAGE_BYTES_MAX = 1024;
const NAME_LENGTH_MAX = 253;
const HASH_LENGTH = 16;

/** Returns a recorder that remembers nothing yet. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { clock } = options;
  // In the order of their last use, so that the first one is the one to forget.
  const memories = new Map<string, Memory>();

  function recall(occurrence: Occurrence): Memory {
    const { namespace, name } = eventName(occurrence);
    const key = `${namespace}/${name}`;
    const memory = memories.get(key) ?? { namespace, name, quietUntil: 0, pending: 0, written: 0 };
    memories.delete(key);
    memories.set(key, memory);
    if (memories.size > MEMORIES_MAX) memories.delete(memories.keys().next().value as string);
    return memory;
  }

  function submit(memory: Memory, occurrence: Occurrence, isRetry: boolean): void {
    options.submit(`event/${memory.namespace}/${memory.name}`, async () => {
      try {
        await write(options, memory, occurrence);
      } catch (error) {
        if (isRetry || hasCode(error, 400, 403, 404, 422)) {
          memory.quietUntil = clock.now() + QUIET_AFTER_FAILURE_MS;
          options.onFailure?.(error, memory);
          return;
        }
        clock.after(Math.max(RETRY_MS, askedPauseMs(error)), () => submit(memory, occurrence, true));
      }
    });
  }

  return {
    record(occurrence) {
      const cut = { ...occurrence, message: cutBytes(occurrence.message, MESSAGE_BYTES_MAX) };
      const memory = recall(cut);
      memory.pending += 1;
      if (clock.now() < memory.quietUntil) return;
      memory.quietUntil = clock.now() + QUIET_MS;
      submit(memory, cut, false);
    },
  };
}

/** Raises the count where the Event is known to be there, else creates it, else finds it there with a count of its own. */
async function write(options: RecorderOptions, memory: Memory, occurrence: Occurrence): Promise<void> {
  const { cluster } = options;
  const adding = memory.pending;
  const ref = { namespace: memory.namespace, name: memory.name };
  const lastTimestamp = toTimestamp(options.clock.now());
  const raise = async (from: number): Promise<void> => {
    await cluster.patch<CoreEvent>(events, ref, { count: from + adding, lastTimestamp });
    memory.written = from + adding;
  };
  const create = async (): Promise<void> => {
    await cluster.create<CoreEvent>(events, toEvent(options, memory, occurrence, adding));
    memory.written = adding;
  };
  if (memory.written > 0) {
    await raise(memory.written).catch((error: unknown) => {
      // The API server forgets Events after an hour.
      if (hasCode(error, 404)) return create();
      throw error;
    });
  } else {
    await create().catch(async (error: unknown) => {
      if (!hasCode(error, 409)) throw error;
      const there = await cluster.get<CoreEvent>(events, ref);
      await raise(there.count ?? 0);
    });
  }
  memory.pending -= adding;
}

function toEvent(options: RecorderOptions, memory: Memory, occurrence: Occurrence, count: number): CoreEvent {
  const { apiVersion, kind, namespace, name, uid } = occurrence.regarding;
  const now = toTimestamp(options.clock.now());
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: memory.name, namespace: memory.namespace },
    involvedObject: { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) },
    type: occurrence.type,
    reason: occurrence.reason,
    message: occurrence.message,
    count,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: options.component },
    reportingComponent: options.component,
    reportingInstance: "",
  };
}

/** Events of cluster-scoped objects go to `default`: the API demands it. */
function eventName({ regarding, reason, message }: Occurrence): { namespace: string; name: string } {
  const seed = JSON.stringify([regarding.uid, reason, message]);
  const hash = createHash("sha256").update(seed).digest("hex").slice(0, HASH_LENGTH);
  // A cut may end in a character that must not stand before a dot.
  const head = regarding.name.slice(0, NAME_LENGTH_MAX - HASH_LENGTH - 1).replace(/[.-]+$/, "");
  return { namespace: regarding.namespace ?? "default", name: `${head}.${hash}` };
}

/** Cuts a text to so many bytes of UTF-8, at the end of a character, with an ellipsis where something is missing. */
function cutBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax - Buffer.byteLength("…");
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end).toString()}…`;
}
