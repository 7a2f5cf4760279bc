/**
 * A pod that asks and the pools that it may find, for the tests of selection; each call makes its own objects.
 * @module
 */
import type { Family } from "../../src/address/address.ts";
import { applicationOfPool } from "../../src/api/application.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { type Candidate, IpamError, type PoolCatalog } from "../../src/ipam/candidate.ts";
import type { SelectionRequest } from "../../src/ipam/selection-request.ts";
import { defaultIpamSettings, type IpamSettings } from "../../src/ipam/settings.ts";

export const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "web-uid" };
export const ORPHAN = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web-1", uid: "pod-uid" };

/** What a test wants different from an ordinary request. */
export interface Wanted {
  readonly nic?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespaceAnnotations?: Readonly<Record<string, string>>;
  readonly netconf?: Partial<SelectionRequest["netconf"]>;
  readonly settings?: Partial<IpamSettings>;
  readonly top?: SelectionRequest["top"];
}

/** Returns the request of pod `shop/web-1` of Deployment `web` on node `n1` in zone `a`, for `eth0`. */
export function requestOf(wanted: Wanted = {}): SelectionRequest {
  const pod: Pod = {
    metadata: {
      name: "web-1",
      namespace: "shop",
      uid: "pod-uid",
      labels: { app: "web", ...wanted.labels },
      annotations: { ...wanted.annotations },
    },
    spec: { nodeName: "n1" },
  };
  return {
    pod,
    nic: wanted.nic ?? "eth0",
    top: wanted.top ?? DEPLOYMENT,
    namespace: {
      metadata: { name: "shop", labels: { team: "sales" }, annotations: { ...wanted.namespaceAnnotations } },
    },
    node: { metadata: { name: "n1", labels: { zone: "a" } } },
    netconf: { cleanGateway: false, ...wanted.netconf },
    settings: { ...defaultIpamSettings, nodeName: "n1", ...wanted.settings },
  };
}

/** Returns a pool without any rule. */
export function poolOf(
  name: string,
  spec: Partial<SpiderIPPoolSpec> = {},
  metadata: Partial<SpiderIPPool["metadata"]> = {},
): SpiderIPPool {
  const family: Family = spec.ipVersion ?? (name.includes("v6") ? 6 : 4);
  const subnet = family === 4 ? "10.0.0.0/24" : "fd00::/64";
  return { metadata: { name, ...metadata }, spec: { ipVersion: family, subnet, ...spec } };
}

/** Returns a catalog of pools; a bare name stands for a pool without rules, IPv6 where "v6" is in the name. */
export function catalogOf(...pools: (SpiderIPPool | string)[]): PoolCatalog {
  const all = pools.map((pool) => (typeof pool === "string" ? poolOf(pool) : pool));
  const byName = new Map(all.map((pool) => [pool.metadata.name, pool]));
  return {
    get: (name) => byName.get(name),
    values: () => byName.values(),
    ofApplication: (top) => all.filter((pool) => applicationOfPool(pool)?.uid === top.uid),
  };
}

/** Returns the IPv4 candidate of `eth0` with these pools. */
export function candidateOf(pools: readonly (SpiderIPPool | string)[], wanted: Partial<Candidate> = {}): Candidate {
  const names = pools.map((pool) => (typeof pool === "string" ? pool : pool.metadata.name));
  return { nic: "eth0", family: 4, pools: names, cleanGateway: false, ...wanted };
}

/** Returns the text of the IpamError that a call throws. */
export function refusalOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof IpamError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}
