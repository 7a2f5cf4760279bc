/**
 * All checks of a snapshot together: what looks wrong in it. Pure.
 *
 * A snapshot's lists are of different moments, so what comes out are suspicions; `confirmation.ts` finds out which are true.
 * @module
 */

import { checkAllocations } from "./allocation-checks.ts";
import { AllocationIndex } from "./allocation-index.ts";
import { checkEndpoints } from "./endpoint-checks.ts";
import { type CheckView, type Finding, findingKey } from "./finding.ts";
import { checkLedgers } from "./ledger-checks.ts";
import { checkManualObjects } from "./manual-checks.ts";
import { PodsAtHand } from "./pods-at-hand.ts";
import { checkPools } from "./pool-checks.ts";
import type { Snapshot } from "./snapshot.ts";

/** Returns what looks wrong, each once, by key. */
export function findAll(snapshot: Snapshot, view: CheckView): Map<string, Finding> {
  const findings = new Map<string, Finding>();
  const report = (finding: Finding): void => {
    const key = findingKey(finding);
    if (!findings.has(key)) findings.set(key, finding);
  };
  const index = new AllocationIndex(snapshot);
  const pods = new PodsAtHand(snapshot, view);
  checkLedgers(snapshot, view, report);
  checkManualObjects(snapshot, view, report);
  checkPools(snapshot, report);
  checkAllocations(index, pods, view, report);
  checkEndpoints(snapshot, index, pods, report);
  return findings;
}
