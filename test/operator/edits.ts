/**
 * What a user may do to pools and ledgers by hand, drawn at random. Each edit says to the world what it may break.
 * @module
 */

import { formatAddress } from "../../src/address/address.ts";
import { formatRange, type Range } from "../../src/address/range.ts";
import { parseRanges } from "../../src/address/range-set.ts";
import { isAutoPool, type SpiderIPPool } from "../../src/api/ippool.ts";
import { API_VERSION } from "../../src/api/names.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { familyOfSubnet, type SpiderSubnet } from "../../src/api/subnet.ts";
import { bookOf, parsePool, subnetOf } from "../support/invariants.ts";
import type { MemoryWorld } from "../support/memory-world.ts";

export interface Dice {
  upTo(max: number): number;
  pick<T>(items: readonly T[]): T | undefined;
}

/** Returns the addresses of `spec.ips`, one by one. */
export function addressesOf(pool: SpiderIPPool): string[] {
  const { ips, family } = parsePool(pool);
  const all: string[] = [];
  for (const { first, last } of ips) for (let a = first; a <= last; a++) all.push(formatAddress(a, family));
  return all;
}

/** The hand that edits. */
export class Edits {
  readonly #world: MemoryWorld;
  readonly #dice: Dice;

  constructor(world: MemoryWorld, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
  }

  /** Does one edit and returns what it was. */
  async act(): Promise<string> {
    const [world, { upTo, pick }] = [this.#world, this.#dice];
    const [pool, subnet] = [pick(world.pools.filter(isAutoPool)), pick(world.subnets)];
    const dice = upTo(9);
    if (pool && dice < 2) {
      await world.act((user) => user.delete(spiderIPPools, { name: pool.metadata.name }));
      return `delete pool ${pool.metadata.name}`;
    }
    if (pool && dice < 5) return this.#editPool(pool);
    if (subnet && dice < 7) return this.#editLedger(subnet);
    if (subnet) return this.#manualPool(subnet);
    return "no edit";
  }

  async #editPool(pool: SpiderIPPool): Promise<string> {
    const { upTo, pick } = this.#dice;
    const { name, labels = {} } = pool.metadata;
    const addresses = addressesOf(pool);
    const patches: [string, object][] = [
      ["fewer addresses", { spec: { ips: addresses.slice(1) } }],
      ["other addresses", { spec: { ips: [...addresses.slice(1), ...this.#foreign(pool)] } }],
      ["excluded addresses", { spec: { excludeIPs: addresses.slice(0, 1) } }],
      ["no affinity", { spec: { podAffinity: null } }],
      ["no finalizer", { metadata: { finalizers: null } }],
      ["another owner", { metadata: { labels: { "ipam.spidernet.io/owner-application-uid": "somebody" } } }],
      ["reclaim", { metadata: { labels: { "ipam.spidernet.io/ippool-reclaim": upTo(2) ? "true" : "false" } } }],
    ];
    const [what, patch] = pick(patches) as [string, object];
    if (labels["ipam.spidernet.io/owner-application-uid"] === undefined) return "no edit of a manual pool";
    this.#world.excuse(name, "pool");
    await this.#world.act((user) => user.patch(spiderIPPools, { name }, patch));
    return `edit pool ${name}: ${what}`;
  }

  /** An address beside the pool's own, whoever has it. */
  #foreign(pool: SpiderIPPool): string[] {
    const { ips, family } = parsePool(pool);
    const last = ips.at(-1)?.last;
    return last === undefined ? [] : [formatAddress(last + 1n, family)];
  }

  async #editLedger(subnet: SpiderSubnet): Promise<string> {
    const [world, { upTo, pick }] = [this.#world, this.#dice];
    const { name } = subnet.metadata;
    const book = bookOf(subnet);
    for (const pool of world.pools) if (subnetOf(pool) === name) world.excuse(pool.metadata.name, "record");
    for (const pool of book.entries.keys()) world.excuse(pool, "record");
    const victim = pick([...book.entries.keys()]);
    const text = book.defects.length > 0 ? "{}" : (book.text ?? "{}");
    const records = JSON.parse(text) as Record<string, { ips: string[] | null; application?: string }>;
    const dice = upTo(4);
    if (victim === undefined || dice === 0) {
      const broken = dice === 0 ? "{" : null;
      await this.#writeLedger(name, broken);
      return `set ledger of ${name} to ${broken}`;
    }
    if (dice === 1) delete records[victim];
    else if (dice === 2) records[victim] = { ...records[victim], ips: (records[victim]?.ips ?? []).slice(1) };
    else records["auto4-nobody-eth0-00000"] = { ips: [], application: "apps_v1_Deployment_default_nobody" };
    await this.#writeLedger(name, JSON.stringify(records));
    return `edit ledger of ${name}: ${["", "without", "less of", "a stranger beside"][dice]} ${victim}`;
  }

  async #writeLedger(name: string, controlledIPPools: string | null): Promise<void> {
    await this.#world.act((user) =>
      user.patch(spiderSubnets, { name }, { status: { controlledIPPools } }, { subresource: "status" }),
    );
  }

  /** Makes a manual pool, whoever has its addresses, changes it, or deletes it. */
  async #manualPool(subnet: SpiderSubnet): Promise<string> {
    const [world, { upTo, pick }] = [this.#world, this.#dice];
    const name = `manual-${subnet.metadata.name}-${upTo(3)}`;
    const spec = { subnet: subnet.spec.subnet, ips: this.#someOf(subnet) };
    const there = world.pools.some((pool) => pool.metadata.name === name);
    if (there && upTo(2)) {
      await world.act((user) => user.delete(spiderIPPools, { name }));
      return `delete ${name}`;
    }
    world.excuse(name, "pool");
    if (there) {
      const patch = pick([{ spec: { ips: spec.ips } }, { metadata: { ownerReferences: null } }]) as object;
      await world.act((user) => user.patch(spiderIPPools, { name }, patch));
      return `edit ${name}: ${JSON.stringify(patch)}`;
    }
    const object = { apiVersion: API_VERSION, kind: spiderIPPools.kind, metadata: { name }, spec };
    await world.act((user) => user.create(spiderIPPools, object));
    return `create ${name} ${spec.ips}`;
  }

  /** Up to three neighbours out of a subnet, the one behind its last address included. */
  #someOf({ spec }: SpiderSubnet): string[] {
    const { upTo } = this.#dice;
    const family = familyOfSubnet(spec);
    const [{ first, last }] = parseRanges(spec.ips, family) as [Range];
    const from = first + BigInt(upTo(Number(last - first) + 1));
    return [formatRange({ first: from, last: from + BigInt(upTo(3)) }, family)];
  }
}
