/**
 * Who says which pools a NIC draws from: seven sources in strict precedence (ipam §2.3).
 *
 * The first one that is there wins wholly; nothing is merged, and nothing falls through to the next, neither for a family
 * that it leaves out nor for a mistake in it. Names come out as they were written. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import { familyOfPool } from "../api/ippool.ts";
import { ANNOTATION } from "../api/names.ts";
import { AnnotationError, type PoolAnnotations, parsePoolAnnotations } from "../api/pool-annotations.ts";
import { quote } from "../api/quote.ts";
import { IpamError, type PoolCatalog } from "./candidate.ts";
import {
  type NamesByFamily,
  type PoolsOfNic,
  parseNamespaceDefault,
  parsePools,
  parsePoolsOfNics,
} from "./ippool-annotations.ts";
import type { SelectionRequest } from "./selection-request.ts";

/** The sources in their precedence. */
export type Source = "subnets" | "subnet" | "ippools" | "ippool" | "namespace" | "netconf" | "default";

/** How a source tells its NICs: the one that is being added, all of them by name, or all of them by number. */
export type Naming = "nic" | "named" | "unnamed";

/** What the winning source says. */
export interface Asked {
  readonly source: Source;
  readonly naming: Naming;
  /** Where it says so, for people. */
  readonly origin: string;
  /** The names are those of subnets for `subnets` and `subnet`, else those of pools. */
  readonly nics: readonly PoolsOfNic[];
}

type ReadSource = (request: SelectionRequest, catalog: PoolCatalog) => Asked | undefined;

const SOURCES: readonly ReadSource[] = [
  askedBySubnets,
  askedByPoolsOfNics,
  askedByPools,
  askedByNamespace,
  askedByNetconf,
  askedByDefault,
];

/**
 * Returns what the first source says that is there.
 * @throws {IpamError} If it cannot be read or used, or none is there.
 */
export function poolsAsked(request: SelectionRequest, catalog: PoolCatalog): Asked {
  for (const read of SOURCES) {
    const asked = read(request, catalog);
    if (asked !== undefined) return asked;
  }
  throw new IpamError("no IPPool available, no pool selection rules of any type are specified");
}

function askedBySubnets({ pod, nic, top, netconf, settings }: SelectionRequest): Asked | undefined {
  const annotations = pod.metadata.annotations ?? {};
  if (!settings.enableSubnet) return undefined;
  const source = annotations[ANNOTATION.subnets] === undefined ? "subnet" : "subnets";
  const value = annotations[ANNOTATION[source]];
  if (value === undefined) return undefined;
  if (!settings.enableAutoPool) {
    const either = `'${ANNOTATION.subnets}' or '${ANNOTATION.subnet}'`;
    throw new IpamError(`it's invalid to use ${either} annotation when Auto-Pool feature is disabled`);
  }
  const { interfaces } = parseSubnets(annotations);
  if (top.apiVersion === "v1" && top.kind === "Pod") {
    throw new IpamError(
      `SpiderSubnet feature doesn't support no-controller pod: ${annotationText("Pod", ANNOTATION[source], value)} has no effect on "${top.namespace}/${top.name}", which has no controller`,
    );
  }
  const nics = interfaces
    .filter((wanted) => wanted.interface === nic)
    .map(({ ipv4, ipv6 }) => ({
      nic,
      names: { 4: ipv4 === undefined ? [] : [ipv4], 6: ipv6 === undefined ? [] : [ipv6] },
      cleanGateway: netconf.cleanGateway,
    }));
  return { source, naming: "nic", origin: annotationText("Pod", ANNOTATION[source], value), nics };
}

function parseSubnets(annotations: Readonly<Record<string, string>>): PoolAnnotations {
  try {
    return parsePoolAnnotations(annotations) as PoolAnnotations;
  } catch (error) {
    if (!(error instanceof AnnotationError)) throw error;
    throw new IpamError(`failed to get IPPool candidates from Subnet: ${error.message}`, { cause: error });
  }
}

function askedByPoolsOfNics({ pod, nic }: SelectionRequest): Asked | undefined {
  const value = pod.metadata.annotations?.[ANNOTATION.pools];
  if (value === undefined) return undefined;
  const { named, nics } = parsePoolsOfNics(value, nic);
  const origin = annotationText("Pod", ANNOTATION.pools, value);
  return { source: "ippools", naming: named ? "named" : "unnamed", origin, nics };
}

function askedByPools(request: SelectionRequest): Asked | undefined {
  const value = request.pod.metadata.annotations?.[ANNOTATION.pool];
  if (value === undefined) return undefined;
  return forThisNic(request, "ippool", annotationText("Pod", ANNOTATION.pool, value), parsePools(value));
}

/** A namespace that has not been seen yet is no namespace without defaults: guessing so would take other pools. */
function askedByNamespace(request: SelectionRequest): Asked | undefined {
  const { pod, namespace } = request;
  if (namespace === undefined) {
    throw new IpamError(`failed to get Namespace ${pod.metadata.namespace}: it has not been seen on this node yet`);
  }
  const annotations = namespace.metadata.annotations ?? {};
  const names = {
    4: parseNamespaceDefault(ANNOTATION.defaultIPv4Pool, annotations[ANNOTATION.defaultIPv4Pool]),
    6: parseNamespaceDefault(ANNOTATION.defaultIPv6Pool, annotations[ANNOTATION.defaultIPv6Pool]),
  };
  const keys = [ANNOTATION.defaultIPv4Pool, ANNOTATION.defaultIPv6Pool].filter((key) => annotations[key]);
  const origin = keys.map((key) => annotationText("Namespace", key, annotations[key] ?? "")).join(" and ");
  return isEmpty(names) ? undefined : forThisNic(request, "namespace", origin, names);
}

function askedByNetconf(request: SelectionRequest): Asked | undefined {
  const names = { 4: request.netconf.ipv4 ?? [], 6: request.netconf.ipv6 ?? [] };
  const origin = "'default_ipv4_ippool' and 'default_ipv6_ippool' of the CNI configuration";
  return isEmpty(names) ? undefined : forThisNic(request, "netconf", origin, names);
}

function askedByDefault(request: SelectionRequest, catalog: PoolCatalog): Asked | undefined {
  const pools = [...catalog.values()].filter((pool) => pool.spec.default === true);
  const namesOf = (family: Family): string[] =>
    // Nobody has written an order, so it is that of the names: every agent tries the same pool first.
    pools.flatMap((pool) => (familyOfPool(pool) === family ? [pool.metadata.name] : [])).sort();
  const names = { 4: namesOf(4), 6: namesOf(6) };
  return isEmpty(names) ? undefined : forThisNic(request, "default", "'spec.default' of the IPPools", names);
}

function forThisNic({ nic, netconf }: SelectionRequest, source: Source, origin: string, names: NamesByFamily): Asked {
  return { source, naming: "nic", origin, nics: [{ nic, names, cleanGateway: netconf.cleanGateway }] };
}

function isEmpty(names: NamesByFamily): boolean {
  return names[4].length === 0 && names[6].length === 0;
}

function annotationText(owner: "Pod" | "Namespace", annotation: string, value: string): string {
  return `${owner} annotation '${annotation}' with value ${quote(value)}`;
}
