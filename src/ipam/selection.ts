/**
 * Address selection: from what pod, namespace, CNI configuration and cluster say to the pools that a NIC may draw from, in the
 * order in which they are tried (ipam §2.3–2.5).
 *
 * Pure, and total: whatever users have written, it comes out as candidates or as an {@link IpamError} that names it.
 * @module
 */

import type { Family } from "../address/address.ts";
import { familyOfPool, type SpiderIPPool } from "../api/ippool.ts";
import { clip } from "../api/quote.ts";
import { aggregate, listed } from "./aggregate.ts";
import { type AutoPoolWish, type Candidate, IpamError, type PoolCatalog } from "./candidate.ts";
import { reasonAgainst } from "./pool-filters.ts";
import { orderedPools } from "./pool-order.ts";
import { type Asked, type Naming, poolsAsked, type Source } from "./pool-sources.ts";
import type { SelectionRequest } from "./selection-request.ts";
import { isWildcard, parseWildcard } from "./wildcard.ts";

export { customRoutes } from "./custom-routes.ts";
export type { Naming, SelectionRequest, Source };

/** What a pod's NICs draw their addresses from. */
export interface Selection {
  readonly source: Source;
  readonly naming: Naming;
  /** NICs in the order of the list, IPv4 before IPv6; empty for the subnet sources. */
  readonly candidates: readonly Candidate[];
  /** Automatic pools of this NIC, IPv4 before IPv6; empty for all sources but those two. */
  readonly wishes: readonly AutoPoolWish[];
}

const FAMILIES: readonly Family[] = [4, 6];

/**
 * Selects the pools for the NIC that is being added, and for all NICs where `ippools` lists them.
 *
 * Disabled families are dropped before anything is looked up (ipam §2.3). A NIC that is left without a pool is an error: the
 * reference makes an empty endpoint and fails in the plugin (ipam §8, B30).
 * @throws {IpamError} If the winning source cannot be read or used, names a pool that does not exist or one twice, or no pool.
 */
export function selectPools(request: SelectionRequest, catalog: PoolCatalog): Selection {
  const asked = poolsAsked(request, catalog);
  const { source, naming, nics } = asked;
  const families = FAMILIES.filter((family) => request.settings.families.includes(family));
  if (source === "subnets" || source === "subnet") {
    const wishes = nics.flatMap(({ nic, names, cleanGateway }) =>
      families.flatMap((family) => names[family].map((subnet) => ({ nic, family, subnet, cleanGateway }))),
    );
    if (wishes.length === 0) throw nothingFor(request.nic, asked, "SpiderSubnet", families);
    return { source, naming, candidates: [], wishes };
  }
  const candidates = nics.flatMap(({ nic, names, cleanGateway }) =>
    families.flatMap((family): Candidate[] => {
      const pools = expanded(names[family], family, nic, asked.origin, catalog);
      return pools.length === 0 ? [] : [{ nic, family, pools, cleanGateway }];
    }),
  );
  // NICs without names are told by their place in the list, so none of them may be missing.
  const needed = naming === "unnamed" ? nics.map(({ nic }) => nic) : [request.nic];
  const missing = needed.find((nic) => !candidates.some((candidate) => candidate.nic === nic));
  if (missing !== undefined) throw nothingFor(missing, asked, "IPPool that exists", families);
  return { source, naming, candidates, wishes: [] };
}

/**
 * Returns the pools of a candidate that may serve it, in the order in which they are to be tried; never none.
 * @throws {IpamError} If there is something against each of them.
 */
export function usablePools(candidate: Candidate, request: SelectionRequest, catalog: PoolCatalog): SpiderIPPool[] {
  const reasons = new Set<string>();
  const usable: SpiderIPPool[] = [];
  for (const name of candidate.pools) {
    const pool = catalog.get(name);
    const reason = pool === undefined ? notFound(name) : reasonAgainst(pool, candidate, request);
    if (reason !== undefined) reasons.add(reason);
    else if (pool !== undefined) usable.push(pool);
  }
  if (usable.length > 0) return orderedPools(usable);
  const all = `all IPv${candidate.family} IPPools [${listed(candidate.pools.map(clip), " ")}] of ${clip(candidate.nic)}`;
  throw new IpamError(`no IPPool available, ${all} filtered out: ${aggregate([...reasons].map(clip))}`);
}

/** Replaces wildcards by the names that match them, in byte order, and checks that every pool exists and stands there once. */
function expanded(
  names: readonly string[],
  family: Family,
  nic: string,
  origin: string,
  catalog: PoolCatalog,
): readonly string[] {
  const known = names.some(isWildcard) ? namesOfFamily(catalog, family) : [];
  const pools = new Set<string>();
  for (const name of names) {
    for (const pool of isWildcard(name) ? matching(name, known, family, origin) : [name]) {
      if (pools.has(pool)) {
        throw new IpamError(`wrong input, duplicate IPPool ${clip(pool)} specified for NIC ${clip(nic)} in ${origin}`);
      }
      if (catalog.get(pool) === undefined) {
        throw new IpamError(`failed to get original IPPool ${clip(pool)}: ${notFound(pool)}; it is named in ${origin}`);
      }
      pools.add(pool);
    }
  }
  return [...pools];
}

function namesOfFamily(catalog: PoolCatalog, family: Family): string[] {
  return [...catalog.values()].flatMap((pool) => (familyOfPool(pool) === family ? [pool.metadata.name] : [])).sort();
}

function matching(pattern: string, names: readonly string[], family: Family, origin: string): string[] {
  try {
    return names.filter(parseWildcard(pattern));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new IpamError(
      `failed to match wildcard: IPv${family} PoolName pattern '${clip(pattern)}', error: ${error.message}; it stands in ${origin}`,
      { cause: error },
    );
  }
}

function nothingFor(nic: string, { origin }: Asked, kind: string, families: readonly Family[]): IpamError {
  const enabled = families.map((family) => `IPv${family}`).join(" or ");
  return new IpamError(`no IPPool available, ${origin} gives interface ${clip(nic)} no ${enabled} ${kind}`);
}

function notFound(name: string): string {
  return `spiderippools.spiderpool.spidernet.io "${clip(name)}" not found`;
}
