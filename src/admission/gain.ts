/**
 * What a request would give away: the addresses that an object would have and does not have yet.
 *
 * Only this has to be held until the object is there. What takes addresses away, or leaves them, gives nothing to collide with. Pure.
 * @module
 */

import { type Cidr, parseCidr } from "../address/cidr.ts";
import { EMPTY, type RangeSet, subtract } from "../address/range-set.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { readAddressing } from "./rules/addressing.ts";
import { createFindings } from "./rules/findings.ts";
import type { Wanted } from "./rules/judge.ts";
import type { DeniedObject } from "./rules/refusal.ts";
import { knownPool } from "./rules/world.ts";

/** What a request would give away. */
export interface Gain {
  readonly kind: "SpiderSubnet" | "SpiderIPPool";
  readonly name: string;
  /** What the object has or will have; the API server has chosen it before it asks. */
  readonly uid: string | undefined;
  /** `metadata.generation` that the object will have: 1 where it is new. */
  readonly generation: number;
  readonly cidr: Cidr;
  /** The addresses; all of its CIDR for a subnet, none for a pool that is still empty. */
  readonly ranges: RangeSet;
  /** What it has already. */
  readonly held: RangeSet;
  /** A pool of an application: its addresses are recorded already or not its own. */
  readonly isAuto: boolean;
  readonly denied: DeniedObject;
}

/** Returns what a request would give away; `undefined` where that is nothing, and where nobody could read what. */
export function gainOf(wanted: Wanted<KubeObject>): Gain | undefined {
  if (wanted.operation === "DELETE") return undefined;
  const { object } = wanted;
  const old = wanted.operation === "UPDATE" ? wanted.old : undefined;
  try {
    if (object.kind === spiderIPPools.kind) return gainOfPool(object as SpiderIPPool, old as SpiderIPPool | undefined);
    if (object.kind === spiderSubnets.kind && !old) return gainOfSubnet(object as SpiderSubnet);
  } catch {
    // What cannot be read is used by nobody.
  }
  return undefined;
}

function gainOfPool(pool: SpiderIPPool, old: SpiderIPPool | undefined): Gain | undefined {
  const cidr = parseCidr(pool.spec.subnet);
  const held = (old && knownPool(old)?.total) ?? EMPTY;
  // The rules have read it a moment ago: a list of a hundred thousand is not read twice.
  const read = readAddressing(pool.spec, createFindings());
  const ranges = subtract(read.isComplete ? read.total : totalOf(pool.spec), held);
  if (old && ranges.length === 0) return undefined;
  return { ...identityOf(pool), kind: "SpiderIPPool", cidr, ranges, held, isAuto: isAutoPool(pool) };
}

function gainOfSubnet(subnet: SpiderSubnet): Gain {
  const cidr = parseCidr(subnet.spec.subnet);
  return { ...identityOf(subnet), kind: "SpiderSubnet", cidr, ranges: [cidr.range], held: EMPTY, isAuto: false };
}

function identityOf({ kind, metadata }: KubeObject): Pick<Gain, "name" | "uid" | "generation" | "denied"> {
  const { name, uid, generation = 1 } = metadata;
  const { plural } = kind === spiderSubnets.kind ? spiderSubnets : spiderIPPools;
  return { name, uid, generation, denied: { kind: kind ?? "", plural, name } };
}
