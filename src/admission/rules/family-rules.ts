/**
 * `spec.ipVersion`: 4 or 6, switched on, that of the subnet, and for ever the same.
 * @module
 */

import type { Family } from "../../address/address.ts";
import type { KubeObject } from "../../cluster/cluster.ts";
import type { Findings } from "./findings.ts";
import type { World } from "./world.ts";

/** An object with an IP version; `null` is what a client may send for none. */
type Versioned = KubeObject & { spec: { ipVersion?: Family } };

const FIELD = "spec.ipVersion";

/** Checks the IP version by itself and against the one that the rest of the spec has. */
export function checkFamily(
  { spec }: Versioned,
  family: Family | undefined,
  { families }: Pick<World, "families">,
  findings: Findings,
): void {
  const version = spec.ipVersion ?? undefined;
  if (version !== undefined && version !== 4 && version !== 6) {
    findings.refuse("ip-version-supported", FIELD, version, `supported values: "4", "6"`);
  } else if (version !== undefined && family !== undefined && version !== family) {
    const detail = `must be the IP version of 'spec.subnet'; write ${family} or leave it out`;
    findings.refuse("ip-version-of-subnet", FIELD, version, detail);
  } else if (family !== undefined && !families.includes(family)) {
    const detail = `IPv${family} is disabled; switch it on with autopool's setting enable-ipv${family}`;
    findings.refuse("ip-version-enabled", FIELD, version, detail);
  }
}

/** Checks that an update leaves the IP version alone; where there was none it may be filled in. */
export function checkFamilyUnchanged(object: Versioned, old: Versioned, findings: Findings): void {
  const [before, now] = [old.spec?.ipVersion ?? undefined, object.spec.ipVersion ?? undefined];
  if (before !== undefined && now !== before) {
    findings.refuse("ip-version-unchanged", FIELD, now, `is not changeable; it is ${before}`);
  }
}
