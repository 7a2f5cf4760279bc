/**
 * The world of a lint: the manifests that have been judged so far, found by CIDR and name.
 * @module
 */

import type { RuledKind } from "../admission/rules/rule-table.ts";
import { type KnownPool, type KnownSubnet, knownPool, knownSubnet, type World } from "../admission/rules/world.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { KubeObject } from "../cluster/cluster.ts";

/** What the cluster that the manifests are for has switched on. */
export interface LintSettings {
  readonly families: readonly (4 | 6)[];
  readonly enableSubnet: boolean;
}

/** A world that objects are added to, one after the other. */
export class GrowingWorld implements World {
  readonly families: readonly (4 | 6)[];
  readonly enableSubnet: boolean;
  readonly #pools: KnownPool[] = [];
  readonly #poolsByCidr = new Map<string, KnownPool[]>();
  readonly #subnets = new Map<string, KnownSubnet>();

  constructor({ families, enableSubnet }: LintSettings) {
    this.families = families;
    this.enableSubnet = enableSubnet;
  }

  /** Adds an object; one that cannot be read collides with nothing. */
  add(kind: RuledKind, object: KubeObject): void {
    if (kind === "SpiderSubnet") {
      const subnet = knownSubnet(object as SpiderSubnet);
      if (subnet) this.#subnets.set(subnet.name, subnet);
    } else if (kind === "SpiderIPPool") {
      const pool = knownPool(object as SpiderIPPool);
      if (!pool) return;
      this.#pools.push(pool);
      const { canonical } = pool.cidr;
      const same = this.#poolsByCidr.get(canonical);
      if (same) same.push(pool);
      else this.#poolsByCidr.set(canonical, [pool]);
    }
  }

  pools(): Iterable<KnownPool> {
    return this.#pools;
  }

  poolsOfCidr(cidr: string): Iterable<KnownPool> {
    return this.#poolsByCidr.get(cidr) ?? [];
  }

  subnets(): Iterable<KnownSubnet> {
    return this.#subnets.values();
  }

  subnet(name: string): KnownSubnet | undefined {
    return this.#subnets.get(name);
  }
}
