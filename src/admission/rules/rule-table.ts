/**
 * Every rule by name: which kinds it judges, which field it speaks of, what it demands, and who enforces it.
 *
 * Code can refuse only by a name that stands here; metrics carry the names and docs/admission.md is made from this table. Pure data.
 * @module
 */

import type { RefusalKind } from "./refusal.ts";

/** A kind that has rules. */
export type RuledKind = "SpiderSubnet" | "SpiderIPPool" | "SpiderReservedIP";

export interface Rule {
  readonly kinds: readonly RuledKind[];
  readonly kind: RefusalKind;
  /** `metadata` where it is about the object as a whole; the answer is then 403, otherwise 422. */
  readonly field: string;
  /** What must hold. */
  readonly text: string;
  /** What of it the definition (schema or CEL) holds as well, so that it holds with no webhook running: `yes`, `no`, or how far. */
  readonly byDefinition: string;
}

const every = ["SpiderSubnet", "SpiderIPPool", "SpiderReservedIP"] as const;
const both = ["SpiderSubnet", "SpiderIPPool"] as const;
const subnet = ["SpiderSubnet"] as const;
const pool = ["SpiderIPPool"] as const;
const reserved = ["SpiderReservedIP"] as const;

/** Lists longer than this are not looked at by CEL, lest it run out of its budget. */
const SHORT = "lists of up to 4096 elements";

function rule(kinds: readonly RuledKind[], kind: RefusalKind, field: string, text: string, byDefinition = "no"): Rule {
  return { kinds, kind, field, text, byDefinition };
}

export const RULES = {
  "ip-version-supported": rule(every, "NotSupported", "spec.ipVersion", "is 4 or 6", "yes"),
  "ip-version-enabled": rule(every, "Forbidden", "spec.ipVersion", "is an IP version that autopool has switched on"),
  "ip-version-of-subnet": rule(both, "Invalid", "spec.ipVersion", "is the IP version of spec.subnet", "yes"),
  "ip-version-known": rule(
    reserved,
    "Invalid",
    "spec.ipVersion",
    "is given, or follows from spec.ips[0]",
    "where spec.ips is empty",
  ),
  "ip-version-unchanged": rule(every, "Forbidden", "spec.ipVersion", "is not changed; it may be filled in", "yes"),
  "subnet-unchanged": rule(both, "Forbidden", "spec.subnet", "is not changed", "yes"),
  "subnet-canonical": rule(both, "Invalid", "spec.subnet", "is a CIDR in canonical form", "yes"),
  "subnet-label": rule(both, "Invalid", "spec.subnet", 'does not begin with "::", which makes no label', "yes"),
  "subnet-overlap": rule(subnet, "Invalid", "spec.subnet", "overlaps with no other SpiderSubnet"),
  "subnet-pool-overlap": rule(subnet, "Invalid", "spec.subnet", "overlaps with no SpiderIPPool of another CIDR"),
  "subnet-has-pools": rule(
    subnet,
    "Invalid",
    "spec.ips",
    "a new SpiderSubnet has all addresses of the SpiderIPPools of its CIDR",
  ),
  "subnet-in-use": rule(
    subnet,
    "Forbidden",
    "spec.ips",
    "keeps every address that a SpiderIPPool has, used by a pod or not",
  ),
  "pool-cidr-overlap": rule(pool, "Invalid", "spec.subnet", "overlaps with no SpiderIPPool of another CIDR"),
  "pool-subnet-overlap": rule(pool, "Invalid", "spec.subnet", "overlaps with no SpiderSubnet of another CIDR"),
  "pool-overlap": rule(pool, "Forbidden", "spec.ips", "gains no address that another SpiderIPPool has"),
  "pool-record-overlap": rule(
    pool,
    "Forbidden",
    "spec.ips",
    "gains no address that its SpiderSubnet has recorded for another SpiderIPPool, which may still be on its way",
  ),
  "pool-in-subnet": rule(
    pool,
    "Forbidden",
    "spec.ips",
    "gains no address that the SpiderSubnet of its CIDR does not have",
  ),
  "pool-in-use": rule(pool, "Forbidden", "spec.ips", "keeps every address that a pod uses"),
  "auto-pool-record": rule(
    pool,
    "Forbidden",
    "spec.ips",
    "an automatic pool has no address that is not in its record in the SpiderSubnet",
  ),
  "auto-pool-ips": rule(
    pool,
    "Forbidden",
    "spec.ips",
    "nobody but autopool changes the addresses of an automatic pool",
  ),
  "auto-pool-exclude-ips": rule(
    pool,
    "Forbidden",
    "spec.excludeIPs",
    "nobody but autopool changes the addresses of an automatic pool",
  ),
  "ips-format": rule(
    every,
    "Invalid",
    "spec.ips[i]",
    "is an address a, or a range a-b with a not above b, of the IP version",
    `${SHORT}; the order in IPv4 subnets and pools only`,
  ),
  "exclude-ips-format": rule(
    both,
    "Invalid",
    "spec.excludeIPs[i]",
    "is an address a, or a range a-b with a not above b, of the IP version",
    `${SHORT}; the order in IPv4 subnets and pools only`,
  ),
  "ips-in-cidr": rule(both, "Invalid", "spec.ips[i]", "lies in spec.subnet", SHORT),
  "exclude-ips-in-cidr": rule(both, "Invalid", "spec.excludeIPs[i]", "lies in spec.subnet", SHORT),
  "gateway-format": rule(both, "Invalid", "spec.gateway", "is an address of the IP version", "yes"),
  "gateway-in-cidr": rule(both, "Invalid", "spec.gateway", "lies in spec.subnet", "yes"),
  "gateway-not-given": rule(
    both,
    "Invalid",
    "spec.ips[i]",
    "does not hold the gateway, unless spec.excludeIPs does as well",
    "elements of one address, where spec.excludeIPs is empty",
  ),
  "route-destination": rule(both, "Invalid", "spec.routes[i].dst", "is a CIDR of the IP version", SHORT),
  "route-not-default": rule(
    both,
    "Invalid",
    "spec.routes[i].dst",
    "is not the default route, which spec.gateway makes",
    SHORT,
  ),
  "route-once": rule(both, "Invalid", "spec.routes[i].dst", "stands in one route only", "the same text"),
  "route-gateway": rule(both, "Invalid", "spec.routes[i].gw", "is an address in spec.subnet", SHORT),
  "pod-affinity-auto-labels": rule(
    pool,
    "Invalid",
    "spec.podAffinity",
    "on an automatic pool has no matchLabels but the five that name its application",
  ),
  "pod-affinity-auto-expressions": rule(
    pool,
    "Invalid",
    "spec.podAffinity",
    "on an automatic pool has no matchExpressions",
  ),
  "pod-affinity-empty": rule(pool, "Invalid", "spec.podAffinity", "on a manual pool is absent or demands something"),
  "pod-affinity-syntax": rule(
    pool,
    "Invalid",
    "spec.podAffinity.…",
    "on a manual pool is a label selector that Kubernetes would take",
    "the operators of matchExpressions",
  ),
  terminating: rule(
    every,
    "Forbidden",
    "metadata",
    "an object that is being deleted keeps its spec and labels while it has our finalizer",
  ),
  "delete-in-use": rule(
    both,
    "Forbidden",
    "metadata",
    "an object with addresses in use is not deleted, where the setting `validate-delete` is on",
  ),
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;
