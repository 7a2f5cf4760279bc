/**
 * Judges one suspect by what the API server says now, and releases what nobody has any more.
 *
 * First the pools' records, then the endpoint: whatever is interrupted in between is found and finished by the next look. Every
 * write is conditional, so news that came after reading makes it fail or do nothing.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import { FINALIZER } from "../api/names.ts";
import { spiderEndpoints } from "../api/resources.ts";
import type { Clock } from "../clock.ts";
import { hasCode } from "../cluster/cluster.ts";
import { addressesOf, byPool } from "./endpoint-addresses.ts";
import { type HolderReaderOptions, readHolder } from "./holder-reader.ts";
import { KubevirtPresence } from "./kubevirt-presence.ts";
import { type Holding, judgeRecord, type LeakSettings, type ReleaseReason, type Verdict } from "./leaks.ts";
import { judgePodEnd } from "./pod-end.ts";
import { recordKey, type Suspect, type SuspectRecord } from "./suspect.ts";

/** An address that was given back, and why. */
export interface FreedAddress {
  readonly pool: string;
  readonly address: bigint;
  /** `namespace/name`. */
  readonly pod: string;
  readonly podUid: string;
  readonly reason: ReleaseReason;
}

export interface ReclaimerOptions extends Omit<HolderReaderOptions, "kubevirt"> {
  readonly clock: Clock;
  readonly settings: LeakSettings & { readonly enableKubevirt: boolean };
  /** Takes records of this pod UID out of a pool, others never; resolves to those that were there. */
  release(
    pool: string,
    what: { readonly podUid: string; readonly addresses: readonly bigint[] },
    signal: AbortSignal,
  ): Promise<readonly bigint[]>;
  onFreed(freed: FreedAddress): void;
  /** An endpoint was removed whose pod is gone or over. */
  onEndpointRemoved(namespace: string, name: string): void;
}

/** What became of a suspect: `kept` are verdicts on what stays. */
export interface Outcome {
  readonly kept: readonly Extract<Verdict, { keep: unknown }>[];
}

export class Reclaimer {
  readonly #options: ReclaimerOptions & HolderReaderOptions;

  constructor(options: ReclaimerOptions) {
    this.#options = { ...options, kubevirt: new KubevirtPresence(options) };
  }

  /** Reads, judges, releases. Records that are released are taken out of the suspect's, so that a repetition goes on from there. */
  async look(suspect: Suspect, signal: AbortSignal): Promise<Outcome> {
    const { settings, clock } = this.#options;
    const now = clock.now();
    const holding = await readHolder(this.#options, suspect, now);
    const endpoint = isOf(suspect, holding) ? holding.endpoint : undefined;
    for (const { pool, address } of endpoint ? addressesOf(endpoint) : []) suspect.note(pool, [address]);
    const releases = new Map<string, { record: SuspectRecord; reason: ReleaseReason }>();
    const kept: Extract<Verdict, { keep: unknown }>[] = [];
    for (const [key, record] of suspect.records) {
      const seen = settle(record, holding.endpoint, now);
      suspect.records.set(key, seen);
      const verdict = judgeRecord(seen, holding, settings, now, seen.lacking?.since);
      if ("release" in verdict) releases.set(key, { record: seen, reason: verdict.release });
      else kept.push(verdict);
    }
    if (signal.aborted) return { kept };
    await this.#release(suspect, releases, signal);
    const isOver = judgePodEnd(holding, settings, now).state === "over";
    // Without addresses there is no verdict that would speak for the endpoint.
    const isUnwanted = releases.size > 0 || !holding.ownerWaits;
    if (endpoint && isOver && isUnwanted && kept.length === 0 && !signal.aborted) await this.#remove(endpoint);
    return { kept };
  }

  async #release(
    suspect: Suspect,
    releases: ReadonlyMap<string, { record: SuspectRecord; reason: ReleaseReason }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { pod, podUid } = suspect;
    const unwanted = byPool([...releases.values()].map(({ record }) => record));
    const written = [...unwanted].map(async ([pool, addresses]) => {
      const freed = await this.#options.release(pool, { podUid, addresses }, signal);
      for (const address of addresses) suspect.records.delete(recordKey({ pool, address }));
      for (const address of freed) {
        const reason = releases.get(recordKey({ pool, address }))?.reason;
        if (reason) this.#options.onFreed({ pool, address, pod, podUid, reason });
      }
    });
    const failures = (await Promise.allSettled(written)).filter((result) => result.status === "rejected");
    if (failures[0]) throw failures[0].reason;
  }

  /** Removes exactly what was read: somebody who makes the endpoint his own meanwhile makes these writes fail. */
  async #remove({ metadata }: SpiderEndpoint): Promise<void> {
    const { cluster, onEndpointRemoved } = this.#options;
    const { namespace = "", name, uid = "", finalizers = [] } = metadata;
    const ref = { namespace, name };
    try {
      let { resourceVersion = "" } = metadata;
      if (finalizers.includes(FINALIZER)) {
        const others = finalizers.filter((finalizer) => finalizer !== FINALIZER);
        const change = { metadata: { resourceVersion, finalizers: others.length > 0 ? others : null } };
        const patched = await cluster.patch<SpiderEndpoint>(spiderEndpoints, ref, change);
        resourceVersion = patched.metadata.resourceVersion ?? resourceVersion;
      }
      if (metadata.deletionTimestamp === undefined) {
        await cluster.delete(spiderEndpoints, ref, { preconditions: { uid, resourceVersion } });
      }
    } catch (error) {
      if (!hasCode(error, 404)) throw error;
    }
    onEndpointRemoved(namespace, name);
  }
}

function isOf(suspect: Suspect, { endpoint }: Holding): boolean {
  return endpoint !== undefined && (endpoint.status?.current.uid ?? "") === suspect.podUid;
}

/** Begins anew to count the time whenever the endpoint has changed. */
function settle(record: SuspectRecord, endpoint: SpiderEndpoint | undefined, now: number): SuspectRecord {
  const version = endpoint?.metadata.resourceVersion ?? "";
  return record.lacking?.version === version ? record : { ...record, lacking: { version, since: now } };
}
