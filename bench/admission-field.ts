/**
 * What the webhook is benched with: a subnet with a thousand pools of applications in its ledger, and what people write beside them.
 *
 * Whose name begins with the webhook's own is seen by it; everything else is written behind its back, for comparison.
 * @module
 */

import { parseRanges } from "../src/address/range-set.ts";
import { newPool } from "../src/api/auto-pool.ts";
import type { SpiderIPPool } from "../src/api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../src/api/resources.ts";
import type { SpiderSubnet } from "../src/api/subnet.ts";
import { type Cluster, hasCode, type KubeObject } from "../src/cluster/cluster.ts";
import { inParallel } from "./load.ts";

const CIDR = "10.96.0.0/16";
/** Addresses of each application. */
const SIZE = 3;
const CALLERS = 20;

export class AdmissionField {
  readonly #cluster: Cluster;
  /** Begins the names that the webhook is asked about. */
  readonly #hook: string;
  readonly #bare: string;
  readonly #pools: number;
  /** Whatever is new has an address that nobody had before. */
  #count = 0;
  #made: string[] = [];

  constructor(cluster: Cluster, { hook, bare, pools }: { hook: string; bare: string; pools: number }) {
    this.#cluster = cluster;
    this.#hook = hook;
    this.#bare = bare;
    this.#pools = pools;
  }

  /** Makes the subnet and its pools, and so many manual ones of either sort, which are edited later. */
  async prepare(manual: number): Promise<void> {
    const subnet = await this.#cluster.create<SpiderSubnet>(spiderSubnets, {
      metadata: { name: this.#bare },
      spec: { subnet: CIDR, ips: ["10.96.0.1-10.96.255.254"] },
    });
    const pools = Array.from({ length: this.#pools }, (_, index) => this.#autoPool(subnet, index));
    const records = pools.map(({ metadata: { name }, spec: { ips } }) => [
      name,
      { ips, application: `apps_v1_Deployment_bench_${name}` },
    ]);
    const status = { controlledIPPools: JSON.stringify(Object.fromEntries(records)) };
    await this.#cluster.patch(spiderSubnets, { name: this.#bare }, { status }, { subresource: "status" });
    await inParallel(pools, CALLERS, async (pool) => {
      await this.#cluster.create(spiderIPPools, pool);
    });
    this.#made.push(...pools.map(({ metadata }) => metadata.name));
    for (let index = 0; index < manual; index += 1) {
      for (const isSeen of [true, false]) await this.#create(this.#name(isSeen, `manual-${index}`), CIDR);
    }
  }

  /** An edit that gives no addresses away. */
  async edit(isSeen: boolean, index: number): Promise<void> {
    const gateway = `10.96.255.${1 + (this.#count++ % 250)}`;
    await this.#cluster.patch(spiderIPPools, { name: this.#name(isSeen, `manual-${index}`) }, { spec: { gateway } });
  }

  /** A pool with a CIDR of its own. */
  async createApart(isSeen: boolean): Promise<void> {
    const index = this.#count++;
    const cidr = `10.${100 + (index >> 8)}.${index & 255}.0/24`;
    await this.#create(this.#name(isSeen, `apart-${index}`), cidr, cidr.replace("0/24", "7"));
  }

  /** A pool of the subnet. */
  createInside(isSeen: boolean): Promise<void> {
    return this.#create(this.#name(isSeen, `inside-${this.#count}`), CIDR);
  }

  /** A pool with an address that another one has. */
  async createRefused(): Promise<void> {
    try {
      await this.#create(this.#name(true, `refused-${this.#count++}`), CIDR, "10.96.1.1");
    } catch (error) {
      if (hasCode(error, 422)) return;
      throw error;
    }
    throw new Error("Cannot bench refusals: an overlap was let in");
  }

  /** Writes the whole ledger, as the door does for a pool of the subnet. */
  async writeLedger(): Promise<void> {
    const subnet = await this.#cluster.get<SpiderSubnet>(spiderSubnets, { name: this.#bare });
    const text = subnet.status?.controlledIPPools ?? "{}";
    const status = { ...subnet.status, controlledIPPools: text.endsWith(" ") ? text.trimEnd() : `${text} ` };
    const options = { subresource: "status", metadataOnly: true } as const;
    this.ledgerWrites.push(await timed(() => this.#cluster.update(spiderSubnets, { ...subnet, status }, options)));
  }

  /** Milliseconds of each, without the read before it. */
  readonly ledgerWrites: number[] = [];

  async remove(): Promise<void> {
    await inParallel(this.#made, CALLERS, async (name) => {
      await removeAll(this.#cluster, name);
    });
    await this.#cluster.patch(spiderSubnets, { name: this.#bare }, { metadata: { finalizers: null } });
    await this.#cluster.delete(spiderSubnets, { name: this.#bare });
  }

  #name(isSeen: boolean, rest: string): string {
    return `${isSeen ? this.#hook : this.#bare}-${rest}`;
  }

  async #create(name: string, subnet: string, ip = addressAt(30_000 + this.#count++)): Promise<void> {
    await this.#cluster.create<KubeObject & Pick<SpiderIPPool, "spec">>(spiderIPPools, {
      metadata: { name },
      spec: { subnet, ips: [ip] },
    });
    this.#made.push(name);
  }

  #autoPool(subnet: SpiderSubnet, index: number): SpiderIPPool {
    const name = `${this.#bare}-auto-${index}`;
    const application = { apiVersion: "apps/v1", kind: "Deployment", namespace: "bench", name, uid: "0-0-0-0-0" };
    const owner = { application, interface: "eth0", family: 4, reclaim: true, number: "+1" } as const;
    const first = 257 + index * SIZE * 2;
    const { metadata, ...pool } = newPool(
      name,
      owner,
      subnet,
      parseRanges([`${addressAt(first)}-${addressAt(first + SIZE - 1)}`], 4),
    );
    return { ...pool, metadata: { ...metadata, name, finalizers: [] } };
  }
}

/** Milliseconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function addressAt(index: number): string {
  return `10.96.${index >> 8}.${index & 255}`;
}

async function removeAll(cluster: Cluster, name: string): Promise<void> {
  try {
    await cluster.delete(spiderIPPools, { name });
    await cluster.patch(spiderIPPools, { name }, { metadata: { finalizers: null } });
  } catch (error) {
    if (!hasCode(error, 404)) throw error;
  }
}
