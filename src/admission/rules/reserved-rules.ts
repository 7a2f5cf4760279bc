/**
 * What a SpiderReservedIP must be like (ipam §1.2). It may reserve what pods use already, and what another one reserves.
 * @module
 */

import { familyOf } from "../../address/address.ts";
import type { SpiderReservedIP } from "../../api/reserved-ip.ts";
import { spiderReservedIPs } from "../../api/resources.ts";
import { readElements } from "./addressing.ts";
import { familyOfElement, withFamily, withMergedRanges } from "./defaults.ts";
import { checkFamily, checkFamilyUnchanged } from "./family-rules.ts";
import { createFindings } from "./findings.ts";
import type { KindRules } from "./judge.ts";
import { rulesOfLife } from "./life-rules.ts";
import { type Denial, invalid } from "./refusal.ts";
import type { World } from "./world.ts";

export const reservedRules: KindRules<SpiderReservedIP> = rulesOfLife({
  resource: spiderReservedIPs,
  defaults(reserved) {
    if (reserved.metadata.deletionTimestamp !== undefined || !reserved.spec) return reserved;
    return withMergedRanges(withFamily(reserved, familyOfElement(reserved.spec.ips?.[0])));
  },
  judgeSpec,
});

function judgeSpec(reserved: SpiderReservedIP, old: SpiderReservedIP | undefined, world: World): Denial | undefined {
  const findings = createFindings();
  const { ipVersion, ips } = reserved.spec;
  if (old) checkFamilyUnchanged(reserved, old, findings);
  const first = ips?.[0];
  const family = ipVersion === 4 || ipVersion === 6 ? ipVersion : first ? familyOf(first) : undefined;
  if ((ipVersion ?? undefined) === undefined && familyOfElement(first) === undefined) {
    const detail = "is not generated correctly, 'spec.ips' is empty or 'spec.ips[0]' may be invalid; write 4 or 6";
    findings.refuse("ip-version-known", "spec.ipVersion", ipVersion, detail);
  }
  checkFamily(reserved, family, world, findings);
  if (family !== undefined) readElements("ips", ips, family, undefined, findings);
  return invalid({ ...spiderReservedIPs, name: reserved.metadata.name }, findings.refusals);
}
