/**
 * Which of several usable pools is tried first: the one that is made most closely for the pod (ipam §2.5).
 *
 * Equal pools keep the order in which they were named; the reference loses it (ipam §8, B7). Pure.
 * @module
 */

import type { SpiderIPPool, SpiderIPPoolSpec } from "../api/ippool.ts";

/** The rules that a pool may have, the weightiest first; whether it has one counts, not what it says. */
const RULES: readonly ((spec: SpiderIPPoolSpec) => boolean)[] = [
  ({ podAffinity }) => isPresent(podAffinity),
  ({ nodeName }) => isFilled(nodeName),
  ({ nodeAffinity }) => isPresent(nodeAffinity),
  ({ namespaceName }) => isFilled(namespaceName),
  ({ namespaceAffinity }) => isPresent(namespaceAffinity),
  ({ multusName }) => isFilled(multusName),
];

/** Returns the pools in the order in which they are to be tried. */
export function orderedPools(pools: readonly SpiderIPPool[]): SpiderIPPool[] {
  const ranked = pools.map((pool) => ({ pool, rank: rankOf(pool.spec) }));
  // The language guarantees a stable sort.
  return ranked.sort((a, b) => b.rank - a.rank).map(({ pool }) => pool);
}

/** The rules as the digits of a binary number: more weight than all the lighter ones together. */
function rankOf(spec: SpiderIPPoolSpec): number {
  return RULES.reduce((rank, has) => rank * 2 + (has(spec) ? 1 : 0), 0);
}

function isPresent(selector: object | null | undefined): boolean {
  return selector !== undefined && selector !== null;
}

function isFilled(names: readonly string[] | null | undefined): boolean {
  return (names ?? []).length > 0;
}
