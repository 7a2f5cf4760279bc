/**
 * Which items of a fixed endpoint are no longer what its pod wants: another pool, another family, another list (ipam §3.3).
 *
 * Names of pools are compared, nothing else: a pool that has been disabled meanwhile goes on to serve those that it served. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import type { EndpointInterface } from "../api/endpoint.ts";
import type { Candidate } from "./candidate.ts";
import type { Naming } from "./selection.ts";

/** What selection says about the NICs; for automatic pools, those that have been made. */
export interface WantedPools {
  readonly naming: Naming;
  readonly candidates: readonly Pick<Candidate, "nic" | "family" | "pools">[];
}

/**
 * Returns the items that have to go.
 *
 * Items of a list without names belong together, so one that differs takes all with it; but only before the pod has been given
 * any of them. A list with names says what all NICs want, so before then all are judged, and one that it does not name goes: what one
 * NIC gives back may be what the next one needs. Otherwise only that of the NIC at hand is judged (what the other NICs
 * want is not known yet), and what is left without a name.
 * @param isFirst the endpoint still is that of the pod before
 */
export function outdated(
  items: readonly EndpointInterface[],
  { naming, candidates }: WantedPools,
  nic: string,
  isFirst: boolean,
): readonly EndpointInterface[] {
  const differs = (item: EndpointInterface, name: string): boolean =>
    differsIn(4, item.ipv4Pool, name) || differsIn(6, item.ipv6Pool, name);
  const differsIn = (family: Family, pool: string | undefined, name: string): boolean => {
    const candidate = candidates.find((wanted) => wanted.nic === name && wanted.family === family);
    return pool ? !candidate?.pools.includes(pool) : candidate !== undefined;
  };
  if (naming === "unnamed") {
    if (!isFirst) return [];
    const count = new Set(candidates.map((candidate) => candidate.nic)).size;
    const isChanged = items.length !== count || items.some((item, index) => differs(item, String(index)));
    return isChanged ? items : [];
  }
  const isJudged = ({ interface: name }: EndpointInterface): boolean => name === nic || (isFirst && naming === "named");
  return items.filter((item) => (isJudged(item) ? differs(item, item.interface) : isFirst && item.interface === ""));
}
