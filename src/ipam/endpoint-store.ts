/**
 * Reads and writes endpoints: every write is conditional on the version that it was decided on, or creates.
 *
 * What is to be written is decided anew on what is there, after each conflict and each answer that did not come, until nothing
 * is left to do. SpiderEndpoint has no status subresource (ipam §1.1).
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import { FINALIZER } from "../api/names.ts";
import { spiderEndpoints } from "../api/resources.ts";
import { backOffMs } from "../back-off.ts";
import { type Clock, sleep } from "../clock.ts";
import { askedPauseMs, type Cluster, hasCode, isUnknownOutcome, type ObjectRef } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { IpamError } from "./candidate.ts";

/** What is to be done with an endpoint as it is; a patch is a merge patch, and its version is added to it. */
export type EndpointStep =
  | { readonly create: SpiderEndpoint }
  | { readonly patch: { readonly metadata?: object; readonly status?: object } }
  | "remove"
  | "done";

/** Decides the next step; called anew for every version that is tried. What it throws ends the revision. */
export type Decide = (current: SpiderEndpoint | undefined) => EndpointStep;

/** A write got no answer, and no later one told what became of it: it may still take effect. */
export class EndpointInDoubt extends IpamError {
  override readonly name = "EndpointInDoubt";
}

export interface EndpointStoreOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Together about ten seconds; then the caller is told, and comes again. */
const ATTEMPTS_MAX = 10;
/** A server that does not store what it is told would be written to for ever. */
const STEPS_MAX = 20;
const backOff = { firstMs: 20, maxMs: 4000 };

export class EndpointStore {
  readonly #options: EndpointStoreOptions;

  constructor(options: EndpointStoreOptions) {
    this.#options = options;
  }

  /** Reads an endpoint from the API server; `undefined` where there is none. */
  async read(ref: ObjectRef, signal?: AbortSignal): Promise<SpiderEndpoint | undefined> {
    for (let failures = 0; ; ) {
      signal?.throwIfAborted();
      try {
        return await find<SpiderEndpoint>(this.#options.cluster, spiderEndpoints, ref);
      } catch (error) {
        if (!mayPass(error)) throw error;
        failures += 1;
        if (failures >= ATTEMPTS_MAX) throw error;
        await this.#pause(error, failures, signal);
      }
    }
  }

  /**
   * Does what `decide` says until it says "done"; returns the endpoint as it is then, `undefined` where there is none.
   *
   * @param known the endpoint as it has just been read
   * @throws {EndpointInDoubt} If it failed, and a write of it may still take effect.
   */
  async revise(
    ref: ObjectRef,
    known: SpiderEndpoint | undefined,
    decide: Decide,
    signal?: AbortSignal,
  ): Promise<SpiderEndpoint | undefined> {
    let current = known;
    let isInDoubt = false;
    for (let failures = 0, steps = 0; ; steps += 1) {
      try {
        const step = decide(current);
        if (step === "done" || (step === "remove" && isBeyondUs(current))) return current;
        signal?.throwIfAborted();
        if (steps === STEPS_MAX)
          throw new Error(`Cannot settle SpiderEndpoint "${ref.name}": what is written does not stay`);
        current = await this.#write(ref, current, step);
      } catch (error) {
        isInDoubt ||= isUnknownOutcome(error) || steps === STEPS_MAX;
        failures += 1;
        const isPassing = hasCode(error, 409) || (hasCode(error, 404) && current !== undefined) || mayPass(error);
        if (!isPassing || failures >= ATTEMPTS_MAX) throw isInDoubt ? inDoubt(ref, error) : error;
        await this.#pause(error, failures, signal);
        current = await this.read(ref, signal).catch((cause) => {
          throw isInDoubt ? inDoubt(ref, cause) : cause;
        });
      }
    }
  }

  async #write(
    ref: ObjectRef,
    current: SpiderEndpoint | undefined,
    step: Exclude<EndpointStep, "done">,
  ): Promise<SpiderEndpoint | undefined> {
    const { cluster } = this.#options;
    if (typeof step === "object" && "create" in step) return cluster.create(spiderEndpoints, step.create);
    if (current === undefined) throw new Error(`Cannot write SpiderEndpoint "${ref.name}": it does not exist`);
    const { metadata } = current;
    const { uid, resourceVersion } = metadata;
    if (step !== "remove") {
      const patch = { ...step.patch, metadata: { ...step.patch.metadata, resourceVersion } };
      return cluster.patch<SpiderEndpoint>(spiderEndpoints, ref, patch);
    }
    const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    if (finalizers.length < (metadata.finalizers ?? []).length) {
      const patched = await cluster.patch<SpiderEndpoint>(spiderEndpoints, ref, {
        metadata: { resourceVersion, finalizers },
      });
      return metadata.deletionTimestamp !== undefined && finalizers.length === 0 ? undefined : patched;
    }
    // Its version too: a StatefulSet's next pod takes over the same object.
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    await cluster.delete(spiderEndpoints, ref, { preconditions });
    return finalizers.length === 0 ? undefined : this.read(ref);
  }

  #pause(error: unknown, failures: number, signal?: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    return sleep(clock, askedPauseMs(error) + backOffMs(backOff, failures, random), signal);
  }
}

/** Nothing is there to remove, or what keeps it are others' finalizers. */
function isBeyondUs(current: SpiderEndpoint | undefined): boolean {
  if (current === undefined) return true;
  const { deletionTimestamp, finalizers = [] } = current.metadata;
  return deletionTimestamp !== undefined && !finalizers.includes(FINALIZER);
}

function mayPass(error: unknown): boolean {
  return hasCode(error, 429) || isUnknownOutcome(error);
}

function inDoubt({ namespace, name }: ObjectRef, cause: unknown): EndpointInDoubt {
  const text = (cause as Error).message;
  return new EndpointInDoubt(`Cannot tell whether SpiderEndpoint "${namespace}/${name}" was written: ${text}`, {
    cause,
  });
}
