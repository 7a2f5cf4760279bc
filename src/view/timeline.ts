/**
 * One pool's story out of the lines of a trace: every fact, transition, operation, answer and complaint, each with its time.
 *
 * Nothing is kept for it while lines come in: whoever asks gets it made from the lines that are there. Pure.
 * @module
 */

import type { PoolEvent } from "../../machines/events.ts";
import type { Operation } from "../../machines/operations.ts";
import type { Family } from "../address/address.ts";
import type { TraceLine } from "../trace/trace-line.ts";
import { partsOfKey } from "./life-key.ts";

/** One entry, in the trace's time. */
export type TimelineEntry =
  | {
      readonly kind: "step";
      readonly t: number;
      readonly event: PoolEvent;
      readonly from: string;
      readonly to: string;
      readonly operations: readonly Operation[];
    }
  | { readonly kind: "known"; readonly t: number; readonly state: string }
  | { readonly kind: "answer"; readonly t: number; readonly verb: string; readonly code: number; readonly ms: number }
  | { readonly kind: "complaint"; readonly t: number; readonly reason: string; readonly text: string };

export interface Timeline {
  /** Oldest first. */
  readonly entries: readonly TimelineEntry[];
  /** Whether there were more than are shown. */
  readonly isCut: boolean;
}

/** Entries that are shown at most. */
export const ENTRIES_MAX = 500;

/**
 * Returns the timeline of one machine.
 * @param poolName name of its pool object now, if it is there
 */
export function timelineOf(lines: Iterable<TraceLine>, key: string, poolName: string | undefined): Timeline {
  const { application, nic, family, applicationKey } = partsOfKey(key);
  const names = new Set(poolName === undefined ? [] : [poolName]);
  const entries: TimelineEntry[] = [];
  let complaint: string | undefined;
  const isOurs = (name: string): boolean => names.has(name) || isNameOf(name, { application, nic, family });
  for (const line of lines) {
    if (line.line === "header" && line.begins === "start") entries.length = 0;
    else if (line.line === "machine" && line.key === key) entries.push({ kind: "known", t: line.t, state: line.state });
    else if (line.line === "step" && line.key === key) {
      const { t, event, from, to, operations } = line;
      entries.push({ kind: "step", t, event, from, to, operations });
    } else if (line.line === "answered" && line.of === POOLS && isOurs(line.key.slice(1))) {
      const { t, verb, code, ms } = line;
      entries.push({ kind: "answer", t, verb, code, ms });
    } else if (line.line === "complaint" && keyOfApplication(line.regarding) === applicationKey) {
      // It is said at every look as long as it stands.
      if (line.text !== complaint) entries.push({ kind: "complaint", t: line.t, reason: line.reason, text: line.text });
      complaint = line.text;
    }
  }
  return { entries: entries.slice(-ENTRIES_MAX), isCut: entries.length > ENTRIES_MAX };
}

const POOLS = "spiderippools.spiderpool.spidernet.io";

/** Names are `auto4-APPLICATION-NIC-SUFFIX`; a pool that could not be made is known by its name alone. */
function isNameOf(name: string, { application, nic, family }: { application: string; nic: string; family: Family }) {
  const head = `auto${family}-${application}-${nic}-`.toLowerCase();
  return name.startsWith(head) && /^[0-9a-f]+(?:-[0-9a-f]+)?$/.test(name.slice(head.length));
}

interface About {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Returns how lines and keys name an application. */
export function keyOfApplication({ apiVersion, kind, namespace, name }: About): string {
  const [group = "", version] = apiVersion.split("/");
  return `${namespace}/${kind}${version === undefined ? "" : `.${group}`}/${name}`;
}
