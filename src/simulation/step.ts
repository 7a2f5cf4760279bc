/**
 * What a story is made of.
 * @module
 */

import type { Clock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";

/** One thing that a user does. */
export interface Step {
  /** What happens and what to look for, one line. */
  readonly heading: string;
  /** What the user would type. */
  readonly command: string;
  /** Label `app` of the pods to look at. */
  readonly app?: string;
  /** How long the user looks on at least, in milliseconds; absent: until nothing happens any more. */
  readonly lookMs?: number;
  act(user: Cluster, clock: Clock): Promise<unknown>;
}

/** Where everything of the stories is. */
export const NAMESPACE = "default";
