/**
 * A cluster whose answers to writes are told to somebody: what was asked, how it ended, how long it took. Never what was in it.
 * @module
 */

import type { Clock } from "../clock.ts";
import { ApiError, type Cluster, type ObjectRef, type Resource } from "../cluster/cluster.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { type AnsweredLine, resourceName } from "./trace-line.ts";

/** What is told of an answer. */
export type Answered = Omit<AnsweredLine, "line" | "t">;

/** Returns a cluster that does what the given one does, and tells the end of every write. */
export function withAnswers(cluster: Cluster, clock: Clock, tell: (answer: Answered) => void): Cluster {
  async function timed<T>(verb: string, resource: Resource, ref: ObjectRef, run: () => Promise<T>): Promise<T> {
    const startedAt = clock.now();
    const end = (code: number): void =>
      tell({ verb, of: resourceName(resource), key: storeKey(ref), code, ms: clock.now() - startedAt });
    try {
      const result = await run();
      end(verb === "create" ? 201 : 200);
      return result;
    } catch (error) {
      end(error instanceof ApiError ? error.code : 0);
      throw error;
    }
  }
  return {
    list: (resource, options) => cluster.list(resource, options),
    watch: (resource, options) => cluster.watch(resource, options),
    get: (resource, ref, options) => cluster.get(resource, ref, options),
    create: (resource, object, options) =>
      timed("create", resource, object.metadata, () => cluster.create(resource, object, options)),
    update: (resource, object, options) =>
      timed("update", resource, object.metadata, () => cluster.update(resource, object, options)),
    patch: (resource, ref, patch, options) =>
      timed("patch", resource, ref, () => cluster.patch(resource, ref, patch, options)),
    delete: (resource, ref, options) => timed("delete", resource, ref, () => cluster.delete(resource, ref, options)),
    resolve: (apiVersion, kind) => cluster.resolve(apiVersion, kind),
    close: () => cluster.close(),
  };
}
