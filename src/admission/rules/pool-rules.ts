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
import { denyDeletionInUse, denyTerminating, isOnlyDefaulted } from "./life-rules.ts";
import { checkPoolOverlaps } from "./overlap-rules.ts";
import { checkPoolInSubnet, checkPoolInUse, checkPoolOverlap } from "./pool-use-rules.ts";
import { type Denial, invalid } from "./refusal.ts";
import { checkRoutes } from "./route-rules.ts";
import { checkSubnetUnchanged } from "./subnet-text-rules.ts";
import { knownPool, type World } from "./world.ts";

export const poolRules: KindRules<SpiderIPPool> = {
  defaults(pool, world) {
    if (pool.metadata.deletionTimestamp !== undefined || !pool.spec) return pool;
    const filled = withFamily(withFinalizer(pool), familyOfCidr(pool.spec.subnet));
    return withMergedRanges(withSubnet(withCidrLabel(filled, LABEL.poolCidr), world));
  },
  judge(wanted, world) {
    const { name } = (wanted.operation === "DELETE" ? wanted.old : wanted.object).metadata;
    const denied = { ...spiderIPPools, name };
    switch (wanted.operation) {
      case "CREATE":
        return judgeSpec(wanted.object, undefined, world);
      case "UPDATE": {
        const { object, old } = wanted;
        if (object.metadata.deletionTimestamp !== undefined) return denyTerminating(denied, object, old);
        // Whether it is an automatic pool is a matter of labels.
        const isAsBefore = isAutoPool(object) === isAutoPool(old) && isOnlyDefaulted(object, old, poolRules, world);
        return isAsBefore ? undefined : judgeSpec(object, old, world);
      }
      case "DELETE":
        return world.validateDelete
          ? denyDeletionInUse(denied, wanted.old.status?.allocatedIPCount ?? 0, "IPPool")
          : undefined;
    }
  },
};

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
