/**
 * How a request of the CNI plugin ended, in one word.
 *
 * Errors of address selection are told apart by the sentences that the reference begins them with, which are part of what users see
 * and cannot change by accident (ipam §8). Pure.
 * @module
 */

import { ApiError, UnknownOutcome } from "../cluster/cluster.ts";
import { IpamError } from "../ipam/candidate.ts";

/** The words, and what they mean. */
export const OUTCOMES = {
  ok: "it was served",
  used_out: "all addresses of the pools are in use",
  no_pool: "no pool may serve the pod, or its automatic pool did not come in time",
  retries: "others changed the pool again and again until the time was up",
  refused: "what the pod or the plugin asks for cannot be",
  client_gone: "the plugin did not wait for the answer",
  api_error: "the API server refused, or did not answer",
  internal: "a mistake of ours",
} as const;

export type Outcome = keyof typeof OUTCOMES;

const sentences: readonly (readonly [sentence: RegExp, outcome: Outcome])[] = [
  [/exhaust all retries/, "retries"],
  [/all IP addresses used out/, "used_out"],
  [/no IPPool available|no matching auto-created IPPool candidate/, "no_pool"],
];

/** Returns the word for what was thrown. */
export function outcomeOf(error: unknown, signal?: AbortSignal): Outcome {
  if (signal?.aborted) return "client_gone";
  if (error instanceof ApiError || error instanceof UnknownOutcome) return "api_error";
  if (!(error instanceof IpamError)) return "internal";
  const { message } = error;
  return sentences.find(([sentence]) => sentence.test(message))?.[1] ?? "refused";
}
