/**
 * What becomes of subnets, manual pools and reserved addresses of a plan: whether admission would take them, and what they give.
 * @module
 */

import { countText } from "../address/int64.ts";
import { countOf } from "../address/range-set.ts";
import type { KindRules, Wanted } from "../admission/rules/judge.ts";
import { poolRules } from "../admission/rules/pool-rules.ts";
import { formatRefusal } from "../admission/rules/refusal.ts";
import { reservedRules } from "../admission/rules/reserved-rules.ts";
import { subnetRules } from "../admission/rules/subnet-rules.ts";
import { worldOfObjects } from "../admission/rules/world.ts";
import { type SpiderIPPool, totalOf } from "../api/ippool.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import { spiderIPPools, spiderReservedIPs, spiderSubnets } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { KubeObject, Resource } from "../cluster/cluster.ts";
import { type PlannedObject, type PlanState, placeholderUid } from "./plan.ts";

interface Ruled {
  readonly resource: Resource;
  readonly rules: KindRules<KubeObject>;
}

const ruled: Readonly<Record<string, Ruled>> = {
  [spiderSubnets.kind]: { resource: spiderSubnets, rules: subnetRules as KindRules<KubeObject> },
  [spiderIPPools.kind]: { resource: spiderIPPools, rules: poolRules as KindRules<KubeObject> },
  [spiderReservedIPs.kind]: { resource: spiderReservedIPs, rules: reservedRules as KindRules<KubeObject> },
};

/** Returns how objects of this kind are judged; `undefined` where they are not. */
export function ruledResource({ kind = "" }: KubeObject): Ruled | undefined {
  return Object.hasOwn(ruled, kind) ? ruled[kind] : undefined;
}

/** Judges an object as the webhook would, and puts it in its place if it is taken. */
export function planRuled(state: PlanState, { resource, rules }: Ruled, manifest: KubeObject): PlannedObject {
  const { snapshot, demand } = state;
  const { name } = manifest.metadata;
  const base = { kind: resource.kind, name, pools: [], helps: [] };
  const old = stored(state, resource, name);
  const world = worldOfObjects(
    { families: demand.families, enableSubnet: true },
    { pools: snapshot.pools.values(), subnets: snapshot.subnets.values() },
  );
  const applied = merged(manifest, old, placeholderUid(state.count));
  const object = rules.defaults(applied, world);
  const wanted: Wanted<KubeObject> = old ? { operation: "UPDATE", object, old } : { operation: "CREATE", object };
  const denial = rules.judge(wanted, world);
  if (denial) {
    const texts = denial.refusals.map(formatRefusal).join("; ");
    return { ...base, verdict: "refused", summary: `would be refused: ${texts}` };
  }
  snapshot.put(resource, object);
  return {
    ...base,
    verdict: "fits",
    summary: `${old ? "would be changed" : "would be created"}${whatItGives(object)}`,
  };
}

function stored({ snapshot }: PlanState, { kind }: Resource, name: string): KubeObject | undefined {
  if (kind === spiderSubnets.kind) return snapshot.subnets.get(name);
  return kind === spiderIPPools.kind ? snapshot.pools.get(name) : snapshot.reserved.get(name);
}

/** As `kubectl apply` leaves it: spec and labels of the manifest, everything else as it was. */
function merged(manifest: KubeObject, old: KubeObject | undefined, uid: string): KubeObject {
  const before = (old ?? {}) as { status?: object };
  const metadata = {
    ...old?.metadata,
    ...manifest.metadata,
    labels: { ...old?.metadata.labels, ...manifest.metadata.labels },
    annotations: { ...old?.metadata.annotations, ...manifest.metadata.annotations },
    uid: old?.metadata.uid ?? uid,
  };
  return { ...manifest, metadata, ...(before.status && { status: before.status }) } as KubeObject;
}

function whatItGives(object: KubeObject): string {
  const { spec } = object as SpiderSubnet | SpiderIPPool | SpiderReservedIP;
  if (!("subnet" in spec)) return `; nobody is given ${(spec.ips ?? []).join(", ")}`;
  try {
    return ` with ${countText(countOf(totalOf(spec)))} addresses of ${spec.subnet}`;
  } catch {
    return "";
  }
}
