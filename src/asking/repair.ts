/**
 * Mends what can be mended without a decision: which finding is whose business, and what is left to a person.
 *
 * Every write is conditional on the version that was looked at a moment before, and nothing takes away what a living pod has. Whoever
 * writes meanwhile makes ours fail, and then it is left for the next time.
 * @module
 */

import type { Clock } from "../clock.ts";
import { type Cluster, hasCode, UnknownOutcome } from "../cluster/cluster.ts";
import { IpamError } from "../ipam/candidate.ts";
import { type Finding, type FindingName, findingRows } from "./finding.ts";
import { type LedgerRepair, ledgerRepairs } from "./ledger-repairs.ts";
import { shapeRepairs } from "./shape-repairs.ts";
import type { Snapshot } from "./snapshot.ts";
import { UseRepairs, useRepairNames } from "./use-repairs.ts";

/** What became of a finding. */
export interface Remedy {
  readonly done: boolean;
  /** What was done; or why it was not, and what helps. */
  readonly text: string;
}

export interface RepairOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** As the findings were confirmed on. */
  readonly snapshot: Snapshot;
  readonly gcDelayMs: number;
}

/** Mends one finding; throws what the API server says where it cannot. */
export type Repair = LedgerRepair;

/** Names of findings that are mended, where it is safe. */
export const mended: ReadonlySet<string> = new Set([
  ...Object.keys(ledgerRepairs),
  ...Object.keys(shapeRepairs),
  ...useRepairNames,
]);

/** Mends findings, one after the other, in their order. */
export async function repairAll(findings: readonly Finding[], options: RepairOptions): Promise<Map<Finding, Remedy>> {
  const use = new UseRepairs(options);
  const repairs: Partial<Record<FindingName, Repair>> = { ...ledgerRepairs, ...shapeRepairs, ...use.repairs };
  const remedies = new Map<Finding, Remedy>();
  for (const finding of findings) {
    if (options.signal.aborted) break;
    const repair = repairs[finding.name];
    remedies.set(finding, repair ? await attempt(repair, finding, options) : left(finding));
  }
  return remedies;
}

async function attempt(repair: Repair, finding: Finding, options: RepairOptions): Promise<Remedy> {
  try {
    return await repair(finding, options);
  } catch (error) {
    if (hasCode(error, 409)) return { done: false, text: "somebody is writing it at this moment; check again" };
    if (hasCode(error, 403, 404, 422)) return { done: false, text: `the API server says: ${error.message}` };
    if (error instanceof IpamError) return { done: false, text: error.message };
    if (error instanceof UnknownOutcome) return { done: false, text: `no answer came (${error.message}); check again` };
    throw error;
  }
}

function left({ name }: Finding): Remedy {
  const { cure } = findingRows[name];
  return { done: false, text: cure.replace(/\.$/, "") };
}
