/**
 * What stands in the way of a pool or a pod, and what would take it away.
 * @module
 */

import { type Notice, notices, type Reason } from "../act/notices.ts";

export interface Obstacle {
  /** The Event's reason where there is one for it, else a word of the same kind. */
  readonly reason: string;
  /** With all numbers; a sentence without a full stop. */
  readonly message: string;
  /** What it is about: a pool, a NIC. */
  readonly about?: string;
  /** It goes by itself, with what is under way. */
  readonly passes: boolean;
  /** How many addresses are missing. */
  readonly missing?: bigint;
  /** The subnet that has too few. */
  readonly subnet?: string;
  /** What would help, each a thing to do, most likely first. */
  readonly helps: readonly string[];
}

/** Returns an obstacle out of the Event that the operator tells of it. */
export function obstacleOf(notice: Notice, more: Partial<Obstacle> = {}): Obstacle {
  const { cure } = notices[notice.reason as Reason] as { readonly cure: string };
  return { reason: notice.reason, message: notice.message, passes: false, helps: [sentence(cure)], ...more };
}

/** Returns what an Event's reason helps, as a line of a list; nothing where the reason is not ours. */
export function cureOf(reason: string): string[] {
  const row = Object.hasOwn(notices, reason) ? notices[reason as Reason] : undefined;
  return row ? [sentence(row.cure)] : [];
}

function sentence(text: string): string {
  return text.replace(/\.$/, "");
}
