/**
 * Answers admission requests: fills defaults in, judges by the rules, and holds what is given away until the object is there.
 *
 * Whatever happens inside, each request gets an answer before its time is over: mutating ones are never stopped, since the validating
 * one that follows says what is wrong; validating ones are stopped in doubt. No HTTP here.
 * @module
 */

import { API_VERSION, GROUP, VERSION } from "../api/names.ts";
import type { Clock } from "../clock.ts";
import { isPassing, type KubeObject } from "../cluster/cluster.ts";
import type { Log } from "../log.ts";
import { ObjectError, readObject, readStoredObject } from "./admitted-object.ts";
import { createPatch } from "./json-patch.ts";
import { type Rules, rulesOf } from "./kind-rules.ts";
import type { AdmissionMetrics } from "./metrics.ts";
import { type AdmissionRequest, ALLOWED, type Rejection, type Verdict } from "./review.ts";
import type { KindRules, Wanted } from "./rules/judge.ts";
import type { Denial } from "./rules/refusal.ts";
import type { World } from "./rules/world.ts";

/** Which of the two questions is asked. */
export type Webhook = "mutate" | "validate";

/**
 * Makes sure that nobody else is given the same addresses while the object is on its way; `undefined` where that is so.
 * Nothing is written where it is a dry run, or after the signal.
 */
export type Hold = (
  wanted: Wanted<KubeObject>,
  options: { readonly isDryRun: boolean; readonly signal: AbortSignal },
) => Promise<Denial | undefined>;

export interface AdmitterOptions {
  readonly rules: Rules;
  readonly world: World;
  readonly hold: Hold;
  /** Resolves when the world has been seen; requests wait for it as long as they can. */
  readonly ready: Promise<unknown>;
  readonly metrics: Pick<AdmissionMetrics, "count">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Admitter {
  /** Answers within `timeoutMs`. Never rejects. */
  answer(webhook: Webhook, request: AdmissionRequest, timeoutMs: number): Promise<Verdict>;
}

/** Returns who answers. */
export function createAdmitter(options: AdmitterOptions): Admitter {
  const { metrics, clock, log } = options;
  return {
    async answer(webhook, request, timeoutMs) {
      const { kind, operation, name, user } = request;
      const began = clock.now();
      const verdict = await inTime(options, timeoutMs, request, async (signal) => {
        await options.ready;
        return webhook === "mutate" ? mutate(options, request) : await validate(options, request, signal);
      });
      const told = webhook === "mutate" && !verdict.allowed ? ALLOWED : verdict;
      const rejection = verdict.allowed ? undefined : verdict.rejection;
      const rules = rejection?.refusals.map(({ rule }) => rule) ?? [];
      if (rejection && rejection.code !== 500) {
        const { code, message } = rejection;
        if (!told.allowed) log.info("refused", { kind, name, operation, user, code, rules, message });
        else log.info("no defaults filled in", { kind, name, operation, user, message });
      }
      metrics.count({ kind, operation, webhook, allowed: told.allowed, seconds: (clock.now() - began) / 1000, rules });
      return told;
    },
  };
}

function mutate({ rules, world }: AdmitterOptions, request: AdmissionRequest): Verdict {
  const { operation, subresource, name } = request;
  if ((operation !== "CREATE" && operation !== "UPDATE") || subresource !== "") return ALLOWED;
  if (isBeingDeleted(request.oldObject)) return ALLOWED;
  const ruler = rulesFor(rules, request);
  const object = ofKind(request, readObject(request.object, name));
  return { allowed: true, patch: createPatch(object, ruler.defaults(object, world)) };
}

async function validate(options: AdmitterOptions, request: AdmissionRequest, signal: AbortSignal): Promise<Verdict> {
  const { rules, world, hold } = options;
  const judge = rulesFor(rules, request);
  const wanted = wantedOf(request);
  if (wanted === undefined) return ALLOWED;
  let denial = judge.judge(wanted, world);
  if (!denial && wanted.operation !== "DELETE") denial = await hold(wanted, { isDryRun: request.isDryRun, signal });
  return denial ? { allowed: false, rejection: denial } : ALLOWED;
}

/** Then nothing is filled in. Who replaces an object need not say so; asked before that is made good, we would put finalizers back. */
function isBeingDeleted(old: unknown): boolean {
  const { metadata } = (old ?? {}) as { readonly metadata?: { readonly deletionTimestamp?: unknown } | null };
  return typeof metadata?.deletionTimestamp === "string";
}

function rulesFor(rules: Rules, { group, version, kind }: AdmissionRequest): KindRules<KubeObject> {
  const found = group === GROUP && version === VERSION ? rulesOf(rules, kind) : undefined;
  if (found) return found;
  throw new ObjectError(`kind must be one of ${Object.keys(rules).join(", ")} of ${GROUP}/${VERSION}`);
}

/** The kind that the request is about decides, whatever the object says. */
function ofKind({ kind }: AdmissionRequest, object: KubeObject): KubeObject {
  return { ...object, apiVersion: API_VERSION, kind };
}

/** Returns what a request is about; `undefined` where it is nothing that we have a say in: a subresource, such as the status. */
function wantedOf(request: AdmissionRequest): Wanted<KubeObject> | undefined {
  const { operation, subresource, name } = request;
  const object = (): KubeObject => ofKind(request, readObject(request.object, name));
  const old = (): KubeObject => ofKind(request, readStoredObject(request.oldObject, name));
  if (subresource !== "") return undefined;
  switch (operation) {
    case "CREATE":
      return { operation, object: object() };
    case "UPDATE":
      return { operation, object: object(), old: old() };
    case "DELETE":
      return { operation, old: old() };
    default:
      throw new ObjectError(`operation must be one of CREATE, UPDATE, DELETE, not "${operation}"`);
  }
}

/** Returns what `decide` comes to, or a rejection where it throws or takes too long; then its signal is aborted. */
async function inTime(
  { clock, log }: AdmitterOptions,
  timeoutMs: number,
  request: AdmissionRequest,
  decide: (signal: AbortSignal) => Promise<Verdict>,
): Promise<Verdict> {
  const { kind, name, operation } = request;
  const controller = new AbortController();
  const over = Promise.withResolvers<Verdict>();
  const cancel = clock.after(timeoutMs, () => {
    controller.abort();
    over.resolve(rejected(request, 504, "Timeout", `no decision within ${timeoutMs} ms, try again`));
  });
  const decided = decide(controller.signal).catch((error: unknown): Verdict => {
    if (error instanceof ObjectError) return rejected(request, 400, "BadRequest", error.message);
    const reason = error instanceof Error ? error.message : String(error);
    if (isPassing(error)) return rejected(request, 503, "ServiceUnavailable", `${reason}; try again`);
    log.error("admission failed", {
      kind,
      name,
      operation,
      error,
      stack: error instanceof Error ? error.stack : undefined,
    });
    return rejected(request, 500, "InternalError", reason);
  });
  const verdict = await Promise.race([decided, over.promise]);
  cancel();
  return verdict;
}

function rejected({ kind, name }: AdmissionRequest, code: number, reason: string, why: string): Verdict {
  const rejection: Rejection = { code, reason, message: `Cannot judge ${kind} "${name}": ${why}`, refusals: [] };
  return { allowed: false, rejection };
}
