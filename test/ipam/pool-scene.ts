/**
 * One pool on a memory cluster, and as many writers as a test wants.
 * @module
 */

import { formatAddress } from "../../src/address/address.ts";
import { parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools } from "../../src/api/resources.ts";
import type { MemoryConnection } from "../../src/cluster/memory/connection.ts";
import type { ClusterRequest, FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster, type MemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { PoolCommits, type PoolCommitsOptions } from "../../src/ipam/pool-commits.ts";
import { seededRandom } from "../../src/random.ts";

export const poolName = "p";

export class PoolScene {
  readonly clock = createVirtualClock();
  readonly server: MemoryCluster;
  readonly user: MemoryConnection;
  readonly requests: ClusterRequest[] = [];

  constructor() {
    this.server = createMemoryCluster({ clock: this.clock, resources: [spiderIPPools] });
    this.user = this.server.connect();
  }

  async create(spec: Partial<SpiderIPPool["spec"]> = {}, status: object = {}): Promise<void> {
    const ips = ["10.0.0.1-10.0.0.250"];
    const whole = { ipVersion: 4 as const, subnet: "10.0.0.0/16", ips, ...spec };
    await this.user.create<SpiderIPPool>(spiderIPPools, { metadata: { name: poolName }, spec: whole });
    if (Object.keys(status).length > 0) {
      await this.user.patch(spiderIPPools, { name: poolName }, { status }, { subresource: "status" });
    }
  }

  commits(options: Partial<PoolCommitsOptions> & { faults?: FaultPolicy; seed?: number } = {}): PoolCommits {
    const { faults, seed = 1, ...more } = options;
    const cluster = this.server.connect({
      latencyMs: 5,
      faults: (request) => {
        this.requests.push(request);
        return faults?.(request);
      },
    });
    const random = seededRandom(seed);
    return new PoolCommits({ cluster, clock: this.clock, random, reserved: none, recordsMax: 5000, ...more });
  }

  /** Runs the clock until all have ended. */
  async all<T>(promises: readonly Promise<T>[], limitMs = 300_000): Promise<PromiseSettledResult<T>[]> {
    let results: PromiseSettledResult<T>[] | undefined;
    void Promise.allSettled(promises).then((settled) => {
      results = settled;
    });
    await this.clock.runUntil(() => results !== undefined, limitMs);
    if (results === undefined) throw new Error("the requests did not end");
    return results;
  }

  /** Runs the clock until it has ended well. */
  async one<T>(promise: Promise<T>): Promise<T> {
    const [result] = await this.all([promise]);
    if (result?.status !== "fulfilled") throw result?.reason;
    return result.value;
  }

  get pool(): SpiderIPPool {
    return this.server.objects<SpiderIPPool>(spiderIPPools)[0] as SpiderIPPool;
  }

  /** Address → UID of its pod. */
  get records(): Record<string, string> {
    const entries = [...parseAllocatedIPs(this.pool.status?.allocatedIPs)];
    return Object.fromEntries(entries.map(([address, { podUid }]) => [address, podUid]));
  }

  count(verb: ClusterRequest["verb"]): number {
    return this.requests.filter((request) => request.verb === verb).length;
  }
}

const nothing = [] as const;
const none = (): typeof nothing => nothing;

/** A claim of the pod with this number. */
export function claimOf(pod: string | number, more: { count?: number; known?: bigint[] } = {}) {
  return { pod: `default/pod-${pod}`, podUid: `uid-${pod}`, count: 1, known: [], ...more };
}

export function textsOf(addresses: readonly bigint[]): string[] {
  return addresses.map((address) => formatAddress(address, 4));
}
