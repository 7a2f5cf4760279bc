/**
 * Puts the collector of leaked addresses together with what the operator has: its caches, its log, and writes of its own.
 * @module
 */

import type { Clock } from "./clock.ts";
import { type Cluster, isPassing } from "./cluster/cluster.ts";
import { Collector } from "./ipam/collector.ts";
import type { CollectorSettings } from "./ipam/collector-settings.ts";
import { formatPooled } from "./ipam/endpoint-addresses.ts";
import { PoolCommits } from "./ipam/pool-commits.ts";
import { keepsAddresses } from "./ipam/static-holder.ts";
import type { Log } from "./log.ts";
import type { Observer } from "./observe/observer.ts";

export interface CollectingOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly observer: Observer;
  readonly settings: CollectorSettings;
}

/** Returns a collector that begins when it is started; its reflectors begin at once. */
export function createCollector({ cluster, clock, random, log, observer, settings }: CollectingOptions): Collector {
  // It hands out nothing: what is reserved and how many records there may be does not matter to what is released.
  const commits = new PoolCommits({ cluster, clock, random, reserved: () => [], recordsMax: Number.POSITIVE_INFINITY });
  return new Collector({
    cluster,
    clock,
    random,
    settings,
    pods: { uidOf: (ref) => observer.pods.uidOf(ref) },
    pools: { get: (name) => observer.pools.get(name), values: () => observer.pools.values() },
    release: (pool, what, signal) => commits.release(pool, what, signal),
    keepsAddresses: (endpoint) => keepsAddresses(cluster, endpoint, settings),
    onFreed: ({ pool, address, ...freed }) =>
      log.info("address freed", { pool, address: formatPooled(address, observer.pools.get(pool)), ...freed }),
    onPoolGone: (name) => commits.forget(name),
    onEndpointRemoved: (namespace, name) => log.info("endpoint removed", { endpoint: `${namespace}/${name}` }),
    onFailure: ({ namespace, name, podUid }, error, retryInMs) => {
      const fields = { pod: `${namespace}/${name}`, podUid, error, retryInMs };
      log[isPassing(error) ? "debug" : "warn"]("pod's addresses not judged", fields);
    },
    onUnreadable: (pool, error) => log.error("records of a pool cannot be read; they stay", { pool, error }),
    onState: ({ plural }, state) => {
      if (state.phase !== "waiting") return;
      log.warn("watch failed", { resource: plural, error: state.error, retryInMs: state.delayMs });
    },
  });
}
