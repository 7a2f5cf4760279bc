/**
 * The agent of one node on any `Cluster`: caches, allocator and releaser, put together as what the socket serves.
 *
 * It remembers nothing that matters: killed at any point and started anew, a repeated ADD or DEL comes to the same end.
 * @module
 */

import type { AddAnswer, AddArgs, BatchDelArgs, DelArgs, EndpointAnswer } from "../api/agent-protocol.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import { GROUP } from "../api/names.ts";
import { spiderEndpoints } from "../api/resources.ts";
import type { Clock } from "../clock.ts";
import { type Cluster, hasCode } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { Allocator, type AllocatorOptions } from "../ipam/allocator.ts";
import { formatPooled } from "../ipam/endpoint-addresses.ts";
import { KeyedMutex } from "../ipam/keyed-mutex.ts";
import { PoolCommits } from "../ipam/pool-commits.ts";
import { Releaser } from "../ipam/releaser.ts";
import type { IpamSettings } from "../ipam/settings.ts";
import type { Log } from "../log.ts";
import type { IpamService } from "./ipam-service.ts";
import { NodeCaches } from "./node-caches.ts";

export interface AgentOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: IpamSettings;
  readonly log: Log;
  /** Tells the users of a pod something, as a Warning Event. */
  readonly warn: AllocatorOptions["warn"];
  /** Told how many addresses a request has given back. */
  readonly onReleased?: (addresses: number) => void;
}

export class Agent implements IpamService {
  readonly caches: NodeCaches;
  readonly #options: AgentOptions;
  readonly #commits: PoolCommits;
  readonly #allocator: Allocator;
  readonly #releaser: Releaser;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { cluster, clock, random, settings, log } = options;
    this.caches = new NodeCaches({
      cluster,
      clock,
      random,
      nodeName: settings.nodeName,
      onPool: (pool) => this.#commits.observe(pool),
      onPoolGone: (name) => this.#commits.forget(name),
      onState: ({ plural, group }, state) => {
        if (state.phase !== "waiting") return;
        const hint = group === GROUP && hasCode(state.error, 404) ? { hint: "kubectl apply -f crds/" } : {};
        log.warn("watch failed", { resource: plural, error: state.error, retryInMs: state.delayMs, ...hint });
      },
    });
    this.#commits = new PoolCommits({
      cluster,
      clock,
      random,
      reserved: (family) => this.caches.reserved(family),
      recordsMax: settings.recordsMax,
    });
    const parts = { ...options, caches: this.caches, commits: this.#commits, turns: new KeyedMutex() };
    this.#allocator = new Allocator(parts);
    this.#releaser = new Releaser({
      ...parts,
      onReleased: ({ addresses, ...of }) => {
        const texts = addresses.map(({ pool, address }) => formatPooled(address, this.caches.catalog.get(pool)));
        options.onReleased?.(addresses.length);
        log.info("addresses released", { ...of, addresses: texts });
      },
    });
  }

  /** Resolves when the agent may be asked: an address chosen before all reservations are known could be one of them. */
  async start(): Promise<void> {
    await this.caches.synced();
  }

  add(args: AddArgs, signal?: AbortSignal): Promise<AddAnswer> {
    return this.#allocator.add(args, signal);
  }

  del(args: DelArgs, signal?: AbortSignal): Promise<void> {
    return this.#releaser.del(args, signal);
  }

  batchDel(args: BatchDelArgs): ReturnType<IpamService["batchDel"]> {
    return this.#releaser.batchDel(args);
  }

  async endpoint(namespace: string, name: string): Promise<EndpointAnswer | undefined> {
    const endpoint = await find<SpiderEndpoint>(this.#options.cluster, spiderEndpoints, { namespace, name });
    if (endpoint?.status === undefined) return undefined;
    const { uid, node, ips } = endpoint.status.current;
    const interfaces = ips.map(({ cleanGateway: _, ...item }) => item);
    return { podNamespace: namespace, podName: name, podUID: uid, node, interfaces };
  }

  async stop(): Promise<void> {
    await this.caches.stop();
  }
}
