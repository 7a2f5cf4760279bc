/**
 * Why an object is not taken: the field, the value and the way out, in the form in which Kubernetes itself says it.
 *
 * The text of a refusal and the HTTP codes are those of the API server's own validation (`field.Error`, `Status`), so that people
 * and programs find what they know. Pure.
 * @module
 */

/** What is wrong with a field, in Kubernetes' words. */
export type RefusalKind = "Invalid" | "Required" | "NotSupported" | "Duplicate" | "Forbidden";

/** One field that cannot stay as it is. */
export interface Refusal {
  /** Name of the check, for metrics and documentation: `gateway-in-subnet`. */
  readonly rule: string;
  readonly kind: RefusalKind;
  /** Path of the field as people write it: `spec.ips[2]`. */
  readonly field: string;
  /** What stands there; for `Invalid`, `Duplicate` and `NotSupported`. */
  readonly value?: unknown;
  /** What is wrong and what to do about it; for `NotSupported` the values that are. */
  readonly detail: string;
}

/** The answer to a request that is not taken. */
export interface Denial {
  /** HTTP status: 403 for what nobody may do now, 409 for what somebody else is about to do, 422 for what is wrong. */
  readonly code: 403 | 409 | 422;
  readonly reason: "Forbidden" | "Conflict" | "Invalid";
  readonly message: string;
  readonly refusals: readonly Refusal[];
}

/** Which object a denial speaks of. */
export interface DeniedObject {
  readonly kind: string;
  readonly plural: string;
  readonly name: string;
}

const GROUP = "spiderpool.spidernet.io";

/** Values longer than this are cut: a list of thousands of ranges helps nobody. */
const VALUE_MAX = 200;

const words: Readonly<Record<RefusalKind, string>> = {
  Invalid: "Invalid value",
  Required: "Required value",
  NotSupported: "Unsupported value",
  Duplicate: "Duplicate value",
  Forbidden: "Forbidden",
};

/** Formats a refusal as Kubernetes does: `spec.subnet: Invalid value: "10.0.0.0": …`. */
export function formatRefusal({ kind, field, value, detail }: Refusal): string {
  const hasValue = kind === "Invalid" || kind === "NotSupported" || kind === "Duplicate";
  return `${field}: ${words[kind]}${hasValue ? `: ${shortened(value)}` : ""}: ${detail}`;
}

/** Returns the denial of an object that has something wrong; `undefined` where there is nothing. */
export function invalid(object: DeniedObject, refusals: readonly Refusal[]): Denial | undefined {
  if (refusals.length === 0) return undefined;
  const texts = refusals.map(formatRefusal);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return {
    code: 422,
    reason: "Invalid",
    message: `${object.kind}.${GROUP} "${object.name}" is invalid: ${list}`,
    refusals,
  };
}

/** Returns the denial of something that nobody may do to the object now. */
export function forbidden(object: DeniedObject, rule: string, why: string): Denial {
  const refusals: Refusal[] = [{ rule, kind: "Forbidden", field: "metadata", detail: why }];
  const message = `${object.plural}.${GROUP} "${object.name}" is forbidden: ${why}`;
  return { code: 403, reason: "Forbidden", message, refusals };
}

function shortened(value: unknown): string {
  // Of a list of a hundred thousand only the beginning is made text at all.
  if (Array.isArray(value) && value.length > VALUE_MAX) {
    const beginning = JSON.stringify(value.slice(0, VALUE_MAX)).slice(0, VALUE_MAX);
    return `${beginning}… (${value.length} elements)`;
  }
  const text = JSON.stringify(value) ?? "null";
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}… (${text.length} characters)`;
}
