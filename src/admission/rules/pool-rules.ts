/**
 * What a SpiderIPPool must be like (spec §7.1 to §7.3).
 * @module
 */

import { EMPTY, subtract } from "../../address/range-set.ts";
import { isAutoPool, type SpiderIPPool } from "../../api/ippool.ts";
import { LABEL } from "../../api/names.ts";
import { spiderIPPools } from "../../api/resources.ts";
import { type Addressing, readAddressing } from "./addressing.ts";
import { subnetOf, withSubnet } from "./adoption.ts";
import { checkPodAffinity } from "./affinity-rules.ts";
import { checkAutoPoolRecord, checkAutoPoolUnchanged } from "./auto-pool-rules.ts";
import { familyOfCidr, withCidrLabel, withFamily, withFinalizer, withMergedRanges } from "./defaults.ts";
import { checkFamily, checkFamilyUnchanged } from "./family-rules.ts";
import { createFindings, type Findings } from "./findings.ts";
import { checkGateway } from "./gateway-rules.ts";
import type { KindRules } from "./judge.ts";
import { denyDeletionInUse, rulesOfLife } from "./life-rules.ts";
import { checkPoolOverlaps } from "./overlap-rules.ts";
import { checkPoolInSubnet, checkPoolInUse, checkPoolOverlap } from "./pool-use-rules.ts";
import { type Denial, invalid } from "./refusal.ts";
import { checkRoutes } from "./route-rules.ts";
import { checkSubnetUnchanged } from "./subnet-text-rules.ts";
import { knownPool, type World } from "./world.ts";

export const poolRules: KindRules<SpiderIPPool> = rulesOfLife({
  resource: spiderIPPools,
  defaults(pool, world) {
    if (pool.metadata.deletionTimestamp !== undefined || !pool.spec) return pool;
    const filled = withFamily(withFinalizer(pool), familyOfCidr(pool.spec.subnet));
    return withMergedRanges(withSubnet(withCidrLabel(filled, LABEL.poolCidr), world));
  },
  judgeSpec,
  // Whether it is an automatic pool is a matter of labels.
  isAsBefore: (pool, old) => isAutoPool(pool) === isAutoPool(old),
  denyDeletion: (denied, { status }) => denyDeletionInUse(denied, status?.allocatedIPCount ?? 0, "IPPool"),
});

function judgeSpec(pool: SpiderIPPool, old: SpiderIPPool | undefined, world: World): Denial | undefined {
  const findings = createFindings();
  const { spec, metadata } = pool;
  if (old) {
    checkSubnetUnchanged(pool, old, findings);
    checkFamilyUnchanged(pool, old, findings);
  }
  const addressing = readAddressing(spec, findings);
  checkFamily(pool, addressing.family, world, findings);
  checkGateway(spec, addressing, findings);
  checkRoutes(spec, addressing, findings);
  checkPodAffinity(pool, findings);
  if (!old && addressing.cidr) checkPoolOverlaps(metadata.name, addressing.cidr, world, findings);
  if (addressing.isComplete) judgeAddresses(pool, old, addressing, world, findings);
  return invalid({ ...spiderIPPools, name: metadata.name }, findings.refusals);
}

function judgeAddresses(
  pool: SpiderIPPool,
  old: SpiderIPPool | undefined,
  addressing: Addressing,
  world: World,
  findings: Findings,
): void {
  const { total, family } = addressing;
  if (family === undefined) return;
  const isAuto = isAutoPool(pool);
  const gained = subtract(total, (old && knownPool(old)?.total) ?? EMPTY);
  if (old && isAuto) checkAutoPoolUnchanged(pool, old, family, findings);
  checkPoolOverlap(pool, gained, world, findings);
  if (old) checkPoolInUse(pool, old, addressing, findings);
  const subnet = subnetOf(pool, world);
  if (!subnet) return;
  checkPoolInSubnet(pool, gained, subnet, world, findings);
  // A pool that becomes an automatic one needs a record of all that it has.
  if (isAuto) checkAutoPoolRecord(pool, old && isAutoPool(old) ? gained : total, subnet, findings);
}
