/**
 * The denial of something that may well be done a little later: somebody else is about to do what it would collide with.
 *
 * In the words of the API server's own conflicts, so that programs that try again after one do so here too. Pure.
 * @module
 */

import { GROUP } from "../api/names.ts";
import type { Denial, DeniedObject } from "./rules/refusal.ts";

/** Name of what refuses here, for metrics. */
const RULE = "on-its-way";

/** Returns the denial (409 Conflict); `why` says who is in the way and what to do. */
export function postponed({ plural, name }: DeniedObject, why: string): Denial {
  return {
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${plural}.${GROUP} "${name}": ${why}`,
    refusals: [{ rule: RULE, kind: "Forbidden", field: "metadata", detail: why }],
  };
}
