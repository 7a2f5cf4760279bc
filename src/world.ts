/**
 * What those who act may know of the world: always as the caches are at the moment of the question.
 * @module
 */

import type { LedgerWorld } from "./act/ledger.ts";
import type { WriterWorld } from "./act/pool-writer.ts";
import type { SpiderIPPool } from "./api/ippool.ts";
import type { Observer } from "./observe/observer.ts";
import type { Reconciler } from "./reconciler.ts";

/** What the caches cannot tell. */
export interface Beyond extends Pick<LedgerWorld, "subnetRefusal" | "holdings"> {
  /** Pools that may exist though no cache shows them. */
  pending(): Iterable<SpiderIPPool>;
  confirmUnwanted(key: string): Promise<boolean>;
}

/** Returns the view of the world that ledger and writers work with. */
export function worldOf(observer: Observer, reconciler: Reconciler, beyond: Beyond): WriterWorld & LedgerWorld {
  return {
    subject(key) {
      const life = reconciler.entry(key)?.life;
      if (!life) return undefined;
      // The newest answer of the API server may be younger than the last look.
      const pool = life.pool && observer.pools.get(life.pool.metadata.name);
      return { ...life, pool };
    },
    subnet: (name) => observer.subnets.get(name),
    book: (name) => observer.subnets.book(name),
    pool: (name) => observer.pools.get(name),
    poolsOfCidr(cidr) {
      const pending = [...beyond.pending()].filter(({ spec }) => spec.subnet === cidr);
      return pending.length === 0 ? observer.pools.ofCidr(cidr) : [...observer.pools.ofCidr(cidr), ...pending];
    },
    reserved: (family) => observer.reserved(family),
    subnetRefusal: (name) => beyond.subnetRefusal(name),
    holdings: (subnet) => beyond.holdings(subnet),
    learnPool: (pool) => observer.learnPool(pool),
    learnSubnet: (subnet) => observer.learnSubnet(subnet),
    expectBook: (subnet, book) => observer.expectBook(subnet, book),
    confirmUnwanted: (key) => beyond.confirmUnwanted(key),
  };
}
