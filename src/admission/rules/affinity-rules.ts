/**
 * `spec.podAffinity` of a pool (spec §7.2.4). The other affinities are not looked at, as in the reference.
 * @module
 */

import { isAutoPool, type SpiderIPPool } from "../../api/ippool.ts";
import { AFFINITY, LABEL } from "../../api/names.ts";
import type { Findings } from "./findings.ts";
import { checkLabelSelector } from "./label-selector-rules.ts";

const FIELD = "spec.podAffinity";

/**
 * Checks the affinity. On an automatic pool it names the application, so nothing may be added; people may take from it, or delete it
 * together with the labels and have the pool for themselves.
 */
export function checkPodAffinity(pool: SpiderIPPool, findings: Findings): void {
  const { podAffinity } = pool.spec;
  if (podAffinity === undefined || podAffinity === null) return;
  if (!isAutoPool(pool)) {
    checkManual(podAffinity, findings);
    return;
  }
  const ours: readonly string[] = Object.values(AFFINITY);
  const foreign = Object.keys(podAffinity.matchLabels ?? {}).find((key) => !ours.includes(key));
  const takeOver = `to make the pool your own, delete spec.podAffinity and the label ${LABEL.applicationName}`;
  if (foreign !== undefined) {
    const detail = `it's invalid to add additional podAffinity matchLabels for auto-created SpiderIPPool: remove "${foreign}"; ${takeOver}`;
    findings.refuse("pod-affinity-auto-labels", FIELD, podAffinity, detail);
  } else if ((podAffinity.matchExpressions ?? []).length > 0) {
    const detail = `it's invalid to add additional podAffinity matchExpressions for auto-created SpiderIPPool: remove them; ${takeOver}`;
    findings.refuse("pod-affinity-auto-expressions", FIELD, podAffinity, detail);
  }
}

function checkManual(podAffinity: NonNullable<SpiderIPPool["spec"]["podAffinity"]>, findings: Findings): void {
  const labels = Object.keys(podAffinity.matchLabels ?? {}).length;
  if (labels === 0 && (podAffinity.matchExpressions ?? []).length === 0) {
    const detail = "empty podAffinity is invalid for SpiderIPPool: leave it out, and every pod matches";
    findings.refuse("pod-affinity-empty", FIELD, podAffinity, detail);
    return;
  }
  checkLabelSelector(podAffinity, FIELD, findings);
}
