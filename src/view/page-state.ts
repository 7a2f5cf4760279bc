/**
 * What the page shows, as plain JSON: the rows of its lists, and what has changed in them.
 *
 * The server sends exactly these, and a page that goes through a trace makes the same ones itself. Numbers of addresses that may
 * be beyond 2⁵³ are decimal texts.
 * @module
 */

import type { Facts } from "../../machines/events.ts";
import type { Family } from "../address/address.ts";
import type { TimelineEntry } from "./timeline.ts";

/** What a pool waits for, or is busy with. */
export interface Standing {
  /** `blocked`: it cannot go on by itself. `busy`: it is on its way. */
  readonly tone: "blocked" | "busy";
  /** A word that can be counted and filtered by, such as an Event's reason. */
  readonly reason: string;
  /** A sentence for people. */
  readonly words: string;
}

/** One pool. */
export interface PoolRow {
  /** Key of its machine; `pool/NAME` where it is a person's own. */
  readonly key: string;
  /** "" where it belongs to no application. */
  readonly namespace: string;
  readonly kind: string;
  readonly application: string;
  readonly nic: string;
  readonly family: Family;
  /** Name of the SpiderSubnet; "" where none is known. */
  readonly subnet: string;
  /** Name of the pool object, once it is there. */
  readonly pool?: string;
  /** State with its substate; `manual` for a person's own pool. */
  readonly state: string;
  readonly isPinned: boolean;
  /** Addresses wanted; absent where nobody wants any, or that is unknown. */
  readonly desired?: number;
  readonly size: number;
  readonly inUse: number;
  /** Its ranges as they are written in `spec.ips`. */
  readonly ips: readonly string[];
  /** Absent where all is as it should be. */
  readonly standing?: Standing;
  /** When it came into its state, in the trace's time. */
  readonly since: number;
}

/** One subnet. */
export interface SubnetRow {
  readonly name: string;
  readonly cidr: string;
  readonly family: Family;
  /** Addresses that pools may be cut from. */
  readonly total: string;
  /** Addresses in records of pools. */
  readonly given: string;
  /** Why its addresses cannot be counted. */
  readonly defect?: string;
}

/** What is wrong with an application's annotations. */
export interface ComplaintRow {
  /** `namespace/kind.group/name`. */
  readonly application: string;
  readonly reason: string;
  readonly text: string;
}

/** All that the page shows at one moment. */
export interface PageState {
  /** RFC 3339; times in rows count from here, in milliseconds. */
  readonly at: string;
  readonly t: number;
  /** Version of autopool that wrote the trace. */
  readonly autopool: string;
  /** Whether every cache has been filled, so that decisions are made. */
  readonly isOpen: boolean;
  readonly pools: readonly PoolRow[];
  readonly subnets: readonly SubnetRow[];
  /** How often each edge of the machine was taken, by its id. */
  readonly edges: Readonly<Record<string, number>>;
  readonly complaints: readonly ComplaintRow[];
}

/** What differs from what was told before. Rows and numbers replace earlier ones of the same name. */
export interface PageDelta {
  readonly t: number;
  readonly isOpen?: boolean;
  readonly pools?: readonly PoolRow[];
  readonly gone?: readonly string[];
  readonly subnets?: readonly SubnetRow[];
  readonly goneSubnets?: readonly string[];
  readonly edges?: Readonly<Record<string, number>>;
  /** All of them. */
  readonly complaints?: readonly ComplaintRow[];
}

/** All that is known of one pool. */
export interface PoolDetail {
  readonly row: PoolRow;
  /** Absent for a person's own pool. */
  readonly facts?: Partial<Facts>;
  /** Which pod has which address; no more than {@link ADDRESSES_MAX} of them. */
  readonly addresses: readonly { readonly address: string; readonly pod: string }[];
  /** The last entries, oldest first. */
  readonly timeline: readonly TimelineEntry[];
  /** Whether there were earlier ones. */
  readonly isCut: boolean;
}

/** A pool with addresses of a subnet. */
export interface HolderRow {
  readonly pool: string;
  /** Key of its row; absent where the pool object is not there. */
  readonly key?: string;
  readonly ips: readonly string[];
  readonly count: string;
  /** Whether the subnet's ledger has it; else only the pool's own spec says so. */
  readonly isRecorded: boolean;
  /** Ranges of its addresses that pods have. */
  readonly used: readonly string[];
  readonly usedCount: number;
  /** Which pod has which address; absent where they are too many. */
  readonly pods?: Readonly<Record<string, string>>;
}

/** Who holds what in one subnet. */
export interface SubnetDetail {
  readonly row: SubnetRow;
  /** Ranges that pools may be cut from. */
  readonly total: readonly string[];
  /** In the order of their lowest addresses. */
  readonly holders: readonly HolderRow[];
  /** Ranges that nobody is given, within `total`. */
  readonly reserved: readonly string[];
  /** What in its ledger cannot be read. */
  readonly defects: readonly string[];
}

/** Addresses with their pods that one answer holds at most. */
export const ADDRESSES_MAX = 4_096;
