/**
 * What the operator thinks of the objects that people write: the webhook's rules on those that are there already, and which subnet
 * a manual pool belongs to. Pure; each is judged once for each snapshot.
 * @module
 */

import type { SpiderIPPool } from "../api/ippool.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { DefenceJudge, type Verdict } from "../defence-judge.ts";
import { isOlder } from "../defence-world.ts";
import { Holdings } from "../holdings.ts";
import type { Snapshot } from "./snapshot.ts";

export interface VerdictsOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly families: readonly (4 | 6)[];
}

export class Verdicts {
  readonly #snapshot: Snapshot;
  readonly #judge: DefenceJudge;
  readonly #subnets = new Map<string, Verdict | undefined>();
  /** What manual pools have of their subnets. */
  readonly holdings: Holdings;

  constructor(snapshot: Snapshot, { now, families }: VerdictsOptions) {
    this.#snapshot = snapshot;
    this.#judge = new DefenceJudge(snapshot, families);
    this.holdings = new Holdings({
      clock: { now: () => now, after: () => () => {} },
      book: (name) => snapshot.subnets.book(name),
      homeOf: (pool) => this.homeOfSound(pool),
    });
  }

  /** What is wrong with a subnet, so that nobody is given an address out of it. */
  ofSubnet(subnet: SpiderSubnet): Verdict | undefined {
    const { name } = subnet.metadata;
    if (!this.#subnets.has(name)) this.#subnets.set(name, this.#judge.ofSubnet(subnet));
    return this.#subnets.get(name);
  }

  /** What is wrong with a manual pool. */
  ofPool(pool: SpiderIPPool): Verdict | undefined {
    return this.#judge.ofPool(pool, this.homeOf(pool));
  }

  ofReserved(name: string): Verdict | undefined {
    const object = this.#snapshot.reserved.get(name);
    return object && this.#judge.ofReserved(object);
  }

  /** The subnet that a manual pool belongs to, or would: of its CIDR, sound and there to stay; the oldest, should there be two. */
  homeOf(pool: SpiderIPPool): SpiderSubnet | undefined {
    return this.#snapshot.subnets
      .ofCidr(pool.spec.subnet)
      .filter((subnet) => subnet.metadata.deletionTimestamp === undefined && !this.ofSubnet(subnet))
      .reduce<SpiderSubnet | undefined>((home, subnet) => (home && !isOlder(subnet, home) ? home : subnet), undefined);
  }

  /** Likewise; `undefined` also where the pool itself is refused. */
  homeOfSound(pool: SpiderIPPool): SpiderSubnet | undefined {
    const verdict = this.ofPool(pool);
    return verdict && verdict.reason !== "ForeignOwner" ? undefined : this.homeOf(pool);
  }
}
