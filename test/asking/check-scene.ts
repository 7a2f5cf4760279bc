/**
 * A healthy cluster that stands still, and short ways to break it.
 * @module
 */

import { type Allocation, formatAllocatedIPs, parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import { formatControlledPools, type PoolRecord, parseControlledPools } from "../../src/api/controlled-pools.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import {
  deployments,
  pods,
  spiderEndpoints,
  spiderIPPools,
  spiderReservedIPs,
  spiderSubnets,
  statefulSets,
} from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { CheckReport } from "../../src/asking/check-text.ts";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { check } from "../../src/commands/check.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { AskingWorld, askOf, type Said, workload } from "./asking-world.ts";
import { type FrozenCluster, freeze, type Inventory } from "./frozen-cluster.ts";

/** What every case begins with. */
export interface Healthy {
  readonly inventory: Inventory;
  readonly now: number;
}

/** Lets operator and agents serve some applications, and takes a copy of what has come of it. */
export async function createHealthy(): Promise<Healthy> {
  const world = await AskingWorld.open();
  const on = (name: string) => ({ subnet: { ipv4: [name] } });
  await world.act(async (user) => {
    const manual = (name: string, subnet: string, ips: string[]) => ({ metadata: { name }, spec: { subnet, ips } });
    await user.create(spiderIPPools, manual("alone", "10.8.0.0/24", ["10.8.0.10-10.8.0.12"]) as KubeObject);
    await user.create(spiderIPPools, manual("adopted", "10.5.0.0/24", ["10.5.0.18-10.5.0.19"]) as KubeObject);
    const reserved = { metadata: { name: "router" }, spec: { ips: ["10.5.0.17"] } };
    await user.create(spiderReservedIPs, reserved as KubeObject);
  });
  await world.run(deployments, "web", { replicas: 3, annotations: on("s4") });
  await world.run(deployments, "both", { annotations: { subnet: { ipv4: ["t4"], ipv6: ["s6"] } } });
  await world.run(statefulSets, "db", { replicas: 2, annotations: { ippool: { ipv4: ["alone"] } } });
  await world.act((user) =>
    user.create(cloneSets, workload("game", { annotations: { ...on("s4"), "ippool-ip-number": "2" } })),
  );
  const healthy = { inventory: world.inventory(), now: world.stage.clock.now() };
  await world.close();
  return healthy;
}

export class CheckScene {
  readonly frozen: FrozenCluster;

  private constructor(frozen: FrozenCluster) {
    this.frozen = frozen;
  }

  static async of({ inventory, now }: Healthy): Promise<CheckScene> {
    return new CheckScene(await freeze(inventory, now));
  }

  check(...args: string[]): Promise<Said> {
    return askOf(this.frozen.cluster, this.frozen.clock, check, args);
  }

  async report(...args: string[]): Promise<CheckReport> {
    return JSON.parse((await this.check("-o", "json", ...args)).text);
  }

  subnet(name = "s4"): SpiderSubnet {
    return this.#named<SpiderSubnet>(spiderSubnets, name);
  }

  pool(begin = "auto4-web"): SpiderIPPool {
    return this.#named<SpiderIPPool>(spiderIPPools, begin);
  }

  pod(begin = "web-"): Pod {
    return this.#named<Pod>(pods, begin);
  }

  pods(begin = "web-"): Pod[] {
    return this.frozen.objects<Pod>(pods).filter(({ metadata }) => metadata.name.startsWith(begin));
  }

  endpoint(begin = "web-"): SpiderEndpoint {
    return this.#named<SpiderEndpoint>(spiderEndpoints, begin);
  }

  /** Changes an object whatever a server would say. */
  edit<T extends KubeObject>(resource: Resource, object: T, change: (object: T) => void): void {
    const copy = structuredClone(object);
    change(copy);
    this.frozen.put(resource, copy);
  }

  editPool(change: (pool: SpiderIPPool) => void, begin?: string): void {
    this.edit(spiderIPPools, this.pool(begin), change);
  }

  /** Changes who holds which address of a pool; the count follows. */
  editUse(change: (records: Map<string, Allocation>) => void, begin?: string): void {
    this.editPool((pool) => {
      const records = parseAllocatedIPs(pool.status?.allocatedIPs);
      change(records);
      pool.status = {
        ...pool.status,
        allocatedIPs: formatAllocatedIPs(records) ?? null,
        allocatedIPCount: records.size,
      };
    }, begin);
  }

  /** Changes a ledger; the count stays what it was. */
  editLedger(change: (records: Map<string, PoolRecord>) => void, name?: string): void {
    this.edit(spiderSubnets, this.subnet(name), (subnet) => {
      const records = parseControlledPools(subnet.status?.controlledIPPools);
      change(records);
      subnet.status = { ...subnet.status, controlledIPPools: formatControlledPools(records) ?? null };
    });
  }

  editEndpoint(change: (endpoint: SpiderEndpoint) => void, begin?: string): void {
    this.edit(spiderEndpoints, this.endpoint(begin), change);
  }

  /** Takes a pod away and leaves everything else of it. */
  kill(begin?: string): void {
    const { namespace = "", name } = this.pod(begin).metadata;
    this.frozen.remove(pods, { namespace, name });
  }

  #named<T extends KubeObject>(resource: Resource, begin: string): T {
    const found = this.frozen.objects<T>(resource).find(({ metadata }) => metadata.name.startsWith(begin));
    if (!found) throw new Error(`There is no ${resource.kind} "${begin}…"`);
    return found;
  }
}

/** The address of a pod. */
export function addressOf({ metadata, status }: Pod): string {
  const ip = status?.podIPs?.[0]?.ip;
  if (!ip) throw new Error(`Pod "${metadata.name}" has no address`);
  return ip;
}
