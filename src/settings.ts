/**
 * The settings of an operator, and their defaults. Where they come from is `config.ts`'s business.
 * @module
 */

import type { CollectorSettings } from "./ipam/collector-settings.ts";
import type { DemandSettings } from "./observe/demand.ts";

export interface OperatorSettings extends DemandSettings {
  /** Writes under way at once. */
  readonly concurrency: number;
  /** Writes per second; absent means as fast as the API server answers. */
  readonly writesPerSecond?: number;
  /** Least time between two writes of one subnet's ledger, in ms. */
  readonly gatherMs: number;
  /**
   * How long a request that somebody has sent may still take effect, in ms; 90 s if absent. The API server ends a request after 60 s
   * (`--request-timeout`); what another operator has recorded is not cut before this time is over (docs/lifecycle.md).
   */
  readonly onTheWayMs?: number;
  /** How often waiting pools whose obstacle no watch shows are tried again, in ms. */
  readonly nudgeMs: number;
  /** Leaked addresses are collected; absent, or not enabled, means that they are left where they are. */
  readonly collection?: CollectorSettings;
}

export const defaultSettings: OperatorSettings = {
  defaultNumber: { fixed: false, count: 1 },
  families: [4, 6],
  concurrency: 20,
  writesPerSecond: 500,
  gatherMs: 100,
  nudgeMs: 30_000,
};
