/**
 * A request that is held: what it wants, what that gives away, and who judges it.
 * @module
 */

import type { KubeObject } from "../cluster/cluster.ts";
import type { Gain } from "./gain.ts";
import type { Wanted } from "./rules/judge.ts";
import type { Denial } from "./rules/refusal.ts";
import type { World } from "./rules/world.ts";

/** One request at the door. */
export interface HeldRequest {
  readonly wanted: Wanted<KubeObject>;
  readonly gain: Gain;
  /** Only the answer is wanted: nothing is written for it. */
  readonly isDryRun: boolean;
  /** It is in the ledger of its subnet: that is there, and what other subnets are about to do is no matter. */
  readonly isRecorded?: boolean;
  /** Name of a subnet that a read has shown to be gone, though the caches may have it. */
  readonly goneSubnet?: string;
}

/** Asks the rules of the object's kind. */
export type Judge = (wanted: Wanted<KubeObject>, world: World) => Denial | undefined;
