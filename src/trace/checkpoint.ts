/**
 * Everything that the deciding part knows at one moment, as lines that a trace can begin with.
 *
 * The objects of the caches, what every machine knew and what its application had wanted, and what was still to be looked at:
 * enough to go on exactly as the process did. Taken only when no list is being told. The lines refer to what is there.
 * @module
 */

import { pathOf } from "../../machines/step.ts";
import { spiderIPPools } from "../api/resources.ts";
import type { KubeObject, Resource } from "../cluster/cluster.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import type { Reflector } from "../cluster/reflector.ts";
import { asksForPools } from "../observe/application-index.ts";
import type { Observer } from "../observe/observer.ts";
import type { SeenPod } from "../observe/seen-pod.ts";
import type { Workload } from "../observe/workload.ts";
import type { Reconciler } from "../reconciler.ts";
import { recordable } from "./recordable.ts";
import { type MachineLine, resourceName, type SeenLine, type TraceLine } from "./trace-line.ts";

/** A resource that is being watched. */
export interface Reflection {
  readonly resource: Resource;
  readonly reflector: Reflector<unknown>;
  /** That it has been listed decides something. */
  readonly tellsSync: boolean;
}

export interface Knowledge {
  readonly observer: Observer;
  readonly reconciler: Reconciler;
  readonly reflections: readonly Reflection[];
  /** The time of all lines. */
  readonly t: number;
}

/** What a cache keeps: of our own kinds nearly all, of others what names them and what matters. */
type Kept =
  | KubeObject
  | Workload
  | SeenPod
  | { readonly namespace: string; readonly name: string; readonly uid: string };

/** Returns the lines of a checkpoint, without the header before them. */
export function checkpointOf({ observer, reconciler, reflections, t }: Knowledge): TraceLine[] {
  const lines: TraceLine[] = reflections.map(({ resource }) => ({ line: "watching", t, resource }));
  for (const { resource, reflector, tellsSync } of reflections) {
    // Of one application's pools the index knows the order in which they are told to it.
    const values = resource === spiderIPPools ? observer.pools.values() : reflector.values();
    const of = resourceName(resource);
    for (const value of values) {
      const line = seenLine(of, value as Kept, t);
      if (line) lines.push(line);
    }
    if (tellsSync && reflector.hasSynced()) lines.push({ line: "synced", t, of });
  }
  for (const { life, snapshot, application } of reconciler.entries()) {
    const { workload, pool, refusal } = snapshot.context;
    const { key, native, subnet, wanted } = life;
    const facts: MachineLine["facts"] = {
      ...(workload !== undefined && { workload }),
      ...(pool !== undefined && { pool }),
      ...(refusal !== undefined && { refusal }),
    };
    const state = pathOf(snapshot);
    lines.push({ line: "machine", t, key, application, native, subnet, state, facts, ...(wanted && { wanted }) });
  }
  lines.push({ line: "resumed", t, due: [...reconciler.due] });
  return lines;
}

/** `undefined` for what no decision depends on. */
function seenLine(of: string, object: Kept, t: number): SeenLine | undefined {
  if ("annotations" in object && !asksForPools(object)) return undefined;
  const identity = "metadata" in object ? object.metadata : "endsAt" in object ? object.pinned : object;
  if (!identity) return undefined;
  const [key, uid] = [storeKey(identity), identity.uid ?? ""];
  return { line: "seen", t, of, key, uid, type: "added", object: recordable(object) };
}
