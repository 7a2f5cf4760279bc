/**
 * The AdmissionReview (admission.k8s.io/v1) in both directions: what the API server asks, and what it is told.
 *
 * Only the envelope is read here; whether the objects in it are what they claim to be is for `admitted-object.ts`. A denial
 * becomes the `Status` that the API server itself would answer with, causes and all, so that kubectl and client libraries show it
 * as they show the server's own. Pure.
 * @module
 */

import { GROUP } from "../api/names.ts";
import type { PatchOperation } from "./json-patch.ts";
import { formatRefusal, type Refusal, type RefusalKind } from "./rules/refusal.ts";

const API_VERSION = "admission.k8s.io/v1";

/** A text that is no review: nobody can be answered in its form. */
export class ReviewError extends Error {
  override readonly name = "ReviewError";
}

/** What the API server wants to know. */
export interface AdmissionRequest {
  /** Of the review; the answer carries it back. */
  readonly uid: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** "" for the object itself. */
  readonly subresource: string;
  /** "" where the name is yet to be made of `generateName`. */
  readonly name: string;
  readonly operation: string;
  readonly user: string;
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly isDryRun: boolean;
}

/** Why something is not done; a `Denial` of the rules, or what came in between. */
export interface Rejection {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly refusals: readonly Refusal[];
}

/** What the API server is told. */
export type Verdict =
  | { readonly allowed: true; readonly patch: readonly PatchOperation[] }
  | { readonly allowed: false; readonly rejection: Rejection };

/** Does nothing and stops nothing. */
export const ALLOWED: Verdict = { allowed: true, patch: [] };

/** Causes beyond these are left out: a list of thousands of ranges may have thousands. */
const CAUSES_MAX = 100;

/** Messages are cut after so many characters, for the same reason. */
const MESSAGE_MAX = 16_384;

/**
 * Reads a review.
 * @throws {ReviewError} If it is none, or one of a version that we do not speak.
 */
export function readReview(text: string): AdmissionRequest {
  const review = readObject(parse(text), "the body");
  const version = review["apiVersion"];
  if (review["kind"] !== "AdmissionReview") {
    throw new ReviewError(`Cannot read ${JSON.stringify(review["kind"] ?? null)}: it must be an AdmissionReview`);
  }
  if (version !== API_VERSION) {
    throw new ReviewError(
      `Cannot read AdmissionReview of ${JSON.stringify(version ?? null)}: only ${API_VERSION} is known`,
    );
  }
  const request = readObject(review["request"], "request");
  const uid = readText(request, "uid");
  if (uid === "") throw new ReviewError("Cannot read AdmissionReview: request.uid is missing");
  const kind = readObject(request["kind"] ?? {}, "request.kind");
  return {
    uid,
    group: readText(kind, "group"),
    version: readText(kind, "version"),
    kind: readText(kind, "kind"),
    subresource: readText(request, "subResource"),
    name: readText(request, "name"),
    operation: readText(request, "operation"),
    user: readText(readObject(request["userInfo"] ?? {}, "request.userInfo"), "username"),
    object: request["object"],
    oldObject: request["oldObject"],
    isDryRun: request["dryRun"] === true,
  };
}

/** Formats the answer to a request. */
export function formatReview({ uid, name, kind }: AdmissionRequest, verdict: Verdict): string {
  const response = verdict.allowed
    ? `{"uid":${JSON.stringify(uid)},"allowed":true${patchOf(verdict.patch)}}`
    : JSON.stringify({ uid, allowed: false, status: statusOf(verdict.rejection, { name, group: GROUP, kind }) });
  return `{"apiVersion":"${API_VERSION}","kind":"AdmissionReview","response":${response}}`;
}

/** Written by hand: base64 needs no escaping, and looking for what does takes long in two million characters. */
function patchOf(patch: readonly PatchOperation[]): string {
  if (patch.length === 0) return "";
  return `,"patchType":"JSONPatch","patch":"${Buffer.from(JSON.stringify(patch)).toString("base64")}"`;
}

/** Words of `metav1.CauseType`. */
const causeReasons: Readonly<Record<RefusalKind, string>> = {
  Invalid: "FieldValueInvalid",
  Required: "FieldValueRequired",
  NotSupported: "FieldValueNotSupported",
  Duplicate: "FieldValueDuplicate",
  Forbidden: "FieldValueForbidden",
};

function statusOf({ code, reason, message, refusals }: Rejection, object: object): object {
  const causes = refusals.slice(0, CAUSES_MAX).map((refusal) => ({
    reason: causeReasons[refusal.kind],
    // The field stands beside it.
    message: formatRefusal(refusal).slice(refusal.field.length + 2),
    field: refusal.field,
  }));
  const shortened = message.length <= MESSAGE_MAX ? message : `${message.slice(0, MESSAGE_MAX)}…`;
  const details = { ...object, ...(causes.length > 0 ? { causes } : {}) };
  return { status: "Failure", code, reason, message: shortened, details };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ReviewError(`Cannot read AdmissionReview: ${(error as Error).message}`);
  }
}

function readObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ReviewError(`Cannot read AdmissionReview: ${what} is no object`);
}

function readText(object: Record<string, unknown>, name: string): string {
  const value = object[name] ?? "";
  if (typeof value === "string") return value;
  throw new ReviewError(`Cannot read AdmissionReview: ${name} is no text`);
}
