/**
 * A connection that writes only while its holder leads: what was begun as the leader does not go on afterwards.
 *
 * The last gate before the network, asked at each write, so that no queue, retry or half-done pair of writes need know of leadership.
 * Reading is everybody's.
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";

/** A write that was not sent, since this replica does not lead. */
export class NotLeading extends Error {
  override readonly name = "NotLeading";
}

/** Returns the cluster with its writes refused, by {@link NotLeading}, while `isLeading` says no. */
export function guarded(cluster: Cluster, isLeading: () => boolean): Cluster {
  const leading = <A extends unknown[], R>(verb: string, write: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (!isLeading()) throw new NotLeading(`Cannot ${verb}: this replica does not lead`);
      return write(...args);
    };
  };
  return {
    list: (resource, options) => cluster.list(resource, options),
    watch: (resource, options) => cluster.watch(resource, options),
    get: (resource, ref, options) => cluster.get(resource, ref, options),
    resolve: (apiVersion, kind) => cluster.resolve(apiVersion, kind),
    close: () => cluster.close(),
    create: leading("create", cluster.create.bind(cluster)) as Cluster["create"],
    update: leading("update", cluster.update.bind(cluster)) as Cluster["update"],
    patch: leading("patch", cluster.patch.bind(cluster)) as Cluster["patch"],
    delete: leading("delete", cluster.delete.bind(cluster)),
  };
}
