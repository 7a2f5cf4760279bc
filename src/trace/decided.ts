/**
 * From what is decided to the lines that say so; recorder and replay make them in the same way.
 * @module
 */

import type { Complaint } from "../observe/demand.ts";
import type { Transition } from "../reconciler.ts";
import type { ComplaintLine, StepLine } from "./trace-line.ts";

/** Returns the line of a machine's step. */
export function stepLine({ key, event, from, to, operations, refusal }: Transition, t: number): StepLine {
  return { line: "step", t, key, event, from, to, operations, ...(refusal !== undefined && { refusal }) };
}

/** Returns the line of a complaint. What it is about may be known in more detail than it takes to name it. */
export function complaintLine({ reason, text, regarding }: Complaint, t: number): ComplaintLine {
  const { apiVersion, kind, namespace, name, uid } = regarding;
  return { line: "complaint", t, reason, text, regarding: { apiVersion, kind, namespace, name, uid } };
}
