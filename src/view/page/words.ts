/**
 * Facts, operations and answers in the words of the page. Pure.
 * @module
 */

import type { PoolEvent } from "../../../machines/events.ts";
import type { Operation } from "../../../machines/operations.ts";
import { counted } from "./format.ts";

const addresses = (count: number): string => counted(count, "address", "addresses");

/** Says what a machine was told. */
export function factWords(event: PoolEvent): string {
  switch (event.type) {
    case "workload.observed": {
      const { desired, reclaim, pods } = event;
      const kept = reclaim ? "" : "; kept when it goes";
      const seen = pods === undefined ? "" : `; ${counted(pods, "pod")} there`;
      return `The application wants ${addresses(desired)}${seen}${kept}`;
    }
    case "workload.gone":
      return "No application wants the pool";
    case "pool.observed": {
      const { size, reserved, inUse, terminating, drifted } = event;
      const record = size === reserved ? "all in its record" : `${reserved} in its record`;
      const flags = [terminating ? "being deleted" : "", drifted ? "not as it was written" : ""].filter(
        (flag) => flag !== "",
      );
      return [`The pool has ${addresses(size)}, ${record}, ${inUse} in use`, ...flags].join(", ");
    }
    case "pool.gone":
      return "There is no pool object";
    case "operation.refused":
      return event.message;
    case "capacity.changed":
      return "What it waited for may have changed";
    default:
      return (event as { readonly type: string }).type;
  }
}

/** Says what a machine asked for. */
export function operationWords(operation: Operation): string {
  switch (operation.kind) {
    case "ensurePool":
      return `ensure a pool of ${operation.size}`;
    case "keepPool":
      return "keep the pool as recorded";
    case "removePool":
      return "delete the pool";
    case "releaseRecord":
      return "release the record";
    case "notify":
      return `tell people: ${operation.reason}`;
    default:
      return (operation as { readonly kind: string }).kind;
  }
}

const CODES: Readonly<Record<number, string>> = {
  0: "no answer came",
  200: "done",
  201: "created",
  403: "forbidden",
  404: "not there",
  409: "changed meanwhile",
  422: "refused as invalid",
  429: "too many requests",
  504: "timed out",
};

/** Says how the API server answered a write. */
export function answerWords(verb: string, code: number): string {
  const meaning = CODES[code] ?? (code < 300 ? "done" : "failed");
  return `${verb} SpiderIPPool: ${code === 0 ? meaning : `${code} ${meaning}`}`;
}
