/**
 * SpiderIPPool: the addresses of one application, or of whoever an administrator made them for (spec §1.2).
 * @module
 */

import type { Family } from "../address/address.ts";
import { EMPTY, parseRanges, type RangeSet, subtract } from "../address/range-set.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import type { Condition } from "./condition.ts";
import { LABEL } from "./names.ts";
import { familyOfSubnet, type Route } from "./subnet.ts";

/** `metav1.LabelSelector`. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface SpiderIPPoolSpec {
  ipVersion?: Family;
  /** CIDR in canonical form. */
  subnet: string;
  ips?: string[];
  excludeIPs?: string[];
  gateway?: string;
  routes?: Route[];
  podAffinity?: LabelSelector;
  namespaceAffinity?: LabelSelector;
  namespaceName?: string[];
  nodeAffinity?: LabelSelector;
  nodeName?: string[];
  multusName?: string[];
  default?: boolean;
  disable?: boolean;
}

/** Where an auto pool is in its life cycle. */
export type PoolState = "pending" | "created" | "scaling" | "orphaned" | "deleted";

export interface SpiderIPPoolStatus {
  /** JSON text, see `allocated-ips.ts`; written by who hands out addresses, never by a pool's life cycle. */
  allocatedIPs?: string | null;
  allocatedIPCount?: number;
  totalIPCount?: number;
  /** Ours, on auto pools. */
  state?: PoolState;
  /** Ours, on auto pools. */
  conditions?: Condition[];
  /** Ours: `metadata.generation` that this status speaks of. */
  observedGeneration?: number;
}

export interface SpiderIPPool extends KubeObject {
  spec: SpiderIPPoolSpec;
  status?: SpiderIPPoolStatus;
}

/**
 * Returns the addresses that a pool or subnet has: `ips` without `excludeIPs` (spec §1.6.3).
 * @throws {SyntaxError} If the subnet or a range is malformed.
 */
export function totalOf(spec: Pick<SpiderIPPoolSpec, "subnet" | "ipVersion" | "ips" | "excludeIPs">): RangeSet {
  const family = familyOfSubnet(spec);
  return subtract(parseRanges(spec.ips, family), parseRanges(spec.excludeIPs, family));
}

/** Returns the addresses of `spec.ips`; none where somebody wrote what cannot be read, which is then replaced. */
export function rangesOf(pool: SpiderIPPool, family: Family): RangeSet {
  try {
    return parseRanges(pool.spec.ips, family);
  } catch {
    return EMPTY;
  }
}

/** Returns the family of a pool as {@link familyOfSubnet} does; `undefined` where neither the one nor the other is there. */
export function familyOfPool({ spec }: SpiderIPPool): Family | undefined {
  return spec.ipVersion || spec.subnet ? familyOfSubnet(spec) : undefined;
}

/** Tells whether a pool is an automatic one: the label's existence decides, its value does not (spec §2.2.1). */
export function isAutoPool(pool: KubeObject): boolean {
  return pool.metadata.labels?.[LABEL.applicationName] !== undefined;
}
