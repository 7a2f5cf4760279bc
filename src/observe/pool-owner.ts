/**
 * Whom an automatic pool was made for: application, interface, family.
 *
 * The labels say it, and people can edit labels. A pool of a living application must not change hands, or be deleted, for
 * that: what the labels say is checked against what cannot be edited (its name, its CIDR) and against the ledger's record together
 * with `podAffinity`. Where these agree against a label, the label has drifted and is put back. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import {
  type Application,
  applicationOfAffinity,
  applicationOfPool,
  applicationText,
  parseApplicationText,
} from "../api/application.ts";
import type { AutoPoolOwner } from "../api/auto-pool.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import { ANNOTATION, LABEL } from "../api/names.ts";
import { interfaceInName } from "../api/pool-name.ts";
import { familyOfSubnet } from "../api/subnet.ts";
import { workloadKey } from "./workload.ts";

/** Returns the application that an automatic pool belongs to; `undefined` for manual pools. */
export function applicationOf(pool: SpiderIPPool, recordedFor: string | undefined): Application | undefined {
  if (!isAutoPool(pool)) return undefined;
  const labelled = applicationOfPool(pool);
  const selected = applicationOfAffinity(pool);
  const recorded = recordedFor === undefined ? undefined : parseApplicationText(recordedFor);
  const isOutvoted =
    selected !== undefined && recorded !== undefined && applicationText(selected) === applicationText(recorded);
  if (!isOutvoted) return labelled;
  return { ...selected, uid: pool.metadata.labels?.[LABEL.applicationUid] ?? "" };
}

/** Returns the key of the application that an automatic pool belongs to; `undefined` for manual pools. */
export function applicationKeyOf(pool: SpiderIPPool, recordedFor: string | undefined): string | undefined {
  const application = applicationOf(pool, recordedFor);
  return application && workloadKey(application);
}

/**
 * Returns whom a pool was made for; `undefined` for manual pools, and for those whose labels do not say it.
 * @param recordedFor the application text of the pool's record in the ledger, if there is one
 */
export function ownerOf(pool: SpiderIPPool, recordedFor: string | undefined): AutoPoolOwner | undefined {
  const labels = pool.metadata.labels ?? {};
  const application = applicationOf(pool, recordedFor);
  const nic = application && interfaceInName(pool.metadata.name, application, labels[LABEL.interface]);
  const family = familyOf(pool);
  if (!application || nic === undefined || family === undefined) return undefined;
  return {
    application,
    interface: nic,
    family,
    reclaim: labels[LABEL.reclaim] === "true",
    number: pool.metadata.annotations?.[ANNOTATION.ipNumber] ?? "",
  };
}

function familyOf(pool: SpiderIPPool): Family | undefined {
  try {
    return familyOfSubnet(pool.spec);
  } catch {
    return undefined;
  }
}
