/**
 * What a SpiderSubnet must be like (spec §6.4).
 * @module
 */

import { LABEL } from "../../api/names.ts";
import { spiderSubnets } from "../../api/resources.ts";
import type { SpiderSubnet } from "../../api/subnet.ts";
import { readAddressing } from "./addressing.ts";
import { familyOfCidr, withCidrLabel, withFamily, withFinalizer, withMergedRanges } from "./defaults.ts";
import { checkFamily, checkFamilyUnchanged } from "./family-rules.ts";
import { createFindings } from "./findings.ts";
import { checkGateway } from "./gateway-rules.ts";
import type { KindRules } from "./judge.ts";
import { denyDeletionInUse, rulesOfLife } from "./life-rules.ts";
import { checkSubnetOverlaps } from "./overlap-rules.ts";
import { type Denial, invalid } from "./refusal.ts";
import { checkRoutes } from "./route-rules.ts";
import { checkSubnetUnchanged } from "./subnet-text-rules.ts";
import { checkHasPools, checkSubnetInUse } from "./subnet-use-rules.ts";
import type { World } from "./world.ts";

export const subnetRules: KindRules<SpiderSubnet> = rulesOfLife({
  resource: spiderSubnets,
  defaults(subnet) {
    if (subnet.metadata.deletionTimestamp !== undefined || !subnet.spec) return subnet;
    const filled = withFamily(withFinalizer(subnet), familyOfCidr(subnet.spec.subnet));
    return withMergedRanges(withCidrLabel(filled, LABEL.subnetCidr));
  },
  judgeSpec,
  denyDeletion: (denied, { status }) => denyDeletionInUse(denied, status?.allocatedIPCount ?? 0, "Subnet"),
});

function judgeSpec(subnet: SpiderSubnet, old: SpiderSubnet | undefined, world: World): Denial | undefined {
  const findings = createFindings();
  const { spec, metadata } = subnet;
  if (old) {
    checkSubnetUnchanged(subnet, old, findings);
    checkFamilyUnchanged(subnet, old, findings);
  }
  const addressing = readAddressing(spec, findings);
  checkFamily(subnet, addressing.family, world, findings);
  checkGateway(spec, addressing, findings);
  checkRoutes(spec, addressing, findings);
  if (!old && addressing.cidr) checkSubnetOverlaps(metadata.name, addressing.cidr, world, findings);
  if (addressing.isComplete) {
    if (old) checkSubnetInUse(subnet, old, addressing, world, findings);
    else checkHasPools(subnet, addressing, world, findings);
  }
  return invalid({ ...spiderSubnets, name: metadata.name }, findings.refusals);
}
