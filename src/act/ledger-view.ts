/**
 * What the ledger of a subnet is told and what it tells: its view of the world, and its options.
 * @module
 */

import type { Book } from "../api/book.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { Clock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Cut, LedgerSituation, Want } from "./ledger-plan.ts";
import type { Holding } from "./manual-records.ts";
import type { Notice } from "./notices.ts";

/** What the ledger must know of the world, at the moment it plans. */
export interface LedgerView {
  subnet(name: string): SpiderSubnet | undefined;
  /** Everything a plan starts from, and why the subnet gives out nothing, if so. */
  situation(name: string): { situation: LedgerSituation | undefined; refusal: Notice | undefined };
  /** The manual pools of the subnet's CIDR. */
  holdings(subnet: string): readonly Holding[];
  /** The pool of the subnet with the most addresses that nobody uses, for people. */
  spare(subnet: string): { pool: string; count: bigint } | undefined;
  pool(name: string): SpiderIPPool | undefined;
  learnPool(pool: SpiderIPPool): void;
  learnSubnet(subnet: SpiderSubnet): void;
  /** What the ledger will be if the write that is about to be sent takes effect. */
  expectBook(subnet: string, book: Book): void;
}

export interface SubnetLedgerOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly view: LedgerView;
  /** Least time between the starts of two writes; what comes within it shares the next one. */
  readonly gatherMs: number;
  /** How long a request that somebody has sent may still be on its way, in ms; 90 s if absent. */
  readonly onTheWayMs?: number;
  /** The record of this want's pool now has all that was asked for. */
  onGranted(want: Want): void;
  /** The want cannot be served now; told again only when the cause is another one. */
  onRefused(want: Want, refusal: Notice): void;
  /** A record was written for a want that was withdrawn meanwhile: perhaps nobody needs it. */
  onUnclaimed(subnet: string, pool: string): void;
  /** A record was not cut: its pool has again what was to go. */
  onCutDropped(subnet: string, cut: Cut): void;
  /** The records of manual pools are as they can be now. */
  onReviewed(subnet: string): void;
  onFailure(subnet: string, error: unknown, retryInMs: number): void;
  onWrite(subnet: string, wants: number, cuts: number): void;
}
