/**
 * Faults that a connection to the memory cluster injects: which kinds there are, and policies that choose them.
 *
 * A policy is asked once at every request and answers with a fault or nothing. It is a plain function, so tests write their own
 * ("refuse the third update"); {@link randomFaults} draws them from a seed, so that a failing run can be replayed.
 * @module
 */
import type { Random } from "../../random.ts";
import { ApiError, type ObjectRef, type Resource } from "../cluster.ts";

/** What a policy is told about a request. */
export interface ClusterRequest {
  readonly verb: "list" | "watch" | "get" | "create" | "update" | "patch" | "delete" | "resolve";
  /** Absent for `resolve`. */
  readonly resource: Resource | undefined;
  /** Absent for `list`, `watch` and `resolve`. */
  readonly ref: ObjectRef | undefined;
  readonly subresource: "status" | undefined;
  /** Counts the requests of this connection from 1. */
  readonly number: number;
  /** When it was sent, in milliseconds since the Unix epoch. */
  readonly time: number;
}

/**
 * One thing that goes wrong. `afterEvents` counts the events that a watch delivers before it happens.
 *
 * - `refuse`: the server answers with this error; nothing is done
 * - `loseRequest`: no answer comes within `afterMs`, and nothing was done
 * - `loseAnswer`: no answer comes within `afterMs`, but it was done
 * - `delay`: the request arrives, and each event of a watch, `ms` later
 * - `drop`: the watch breaks off
 * - `expire`: the watch ends with 410
 * - `repeat`: after every `every` events the watch delivers them again, in their order
 */
export type Fault =
  | { readonly kind: "refuse"; readonly error: ApiError }
  | { readonly kind: "loseRequest"; readonly afterMs: number }
  | { readonly kind: "loseAnswer"; readonly afterMs: number }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "drop"; readonly afterEvents: number }
  | { readonly kind: "expire"; readonly afterEvents: number }
  | { readonly kind: "repeat"; readonly every: number };

/** Chooses the fault of a request, `undefined` for none. */
export type FaultPolicy = (request: ClusterRequest) => Fault | undefined;

/** Names of the faults that {@link randomFaults} draws. */
export type FaultName = 409 | 422 | 429 | 500 | 503 | 504 | Exclude<Fault["kind"], "refuse">;

const reasons: Readonly<Record<Extract<FaultName, number>, string>> = {
  409: "Conflict",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

const readFaults: readonly FaultName[] = [429, 500, 503, 504, "loseRequest", "delay"];
const watchFaults: readonly FaultName[] = [429, 500, "loseRequest", "delay", "drop", "expire", "repeat"];
const updateFaults: readonly FaultName[] = [...readFaults, 409, 422, "loseAnswer"];
/** The server answers 422 to no deletion. */
const deleteFaults: readonly FaultName[] = [...readFaults, 409, "loseAnswer"];

function faultsFor(verb: ClusterRequest["verb"]): readonly FaultName[] {
  switch (verb) {
    case "watch":
      return watchFaults;
    case "create":
    case "update":
    case "patch":
      return updateFaults;
    case "delete":
      return deleteFaults;
    default:
      return readFaults;
  }
}

/** Returns the fault of this name; its numbers are drawn. Conflicts look like those of a stale resourceVersion. */
function makeFault(name: FaultName, random: Random): Fault {
  switch (name) {
    case "loseRequest":
    case "loseAnswer":
      return { kind: name, afterMs: Math.floor(random() * 10_000) };
    case "delay":
      return { kind: name, ms: Math.floor(random() * 2000) };
    case "drop":
    case "expire":
      return { kind: name, afterEvents: Math.floor(random() * 6) };
    case "repeat":
      return { kind: name, every: 1 + Math.floor(random() * 4) };
    default: {
      const retryAfterSeconds = name === 429 || name === 503 ? 1 + Math.floor(random() * 3) : undefined;
      return { kind: "refuse", error: new ApiError(name, reasons[name], `injected fault ${name}`, retryAfterSeconds) };
    }
  }
}

/**
 * Returns a policy that lets requests fail at random, in an order that depends on the seed of `random` alone.
 *
 * @param options.rate the share of requests that fail, 0 to 1
 * @param options.until no faults from this time on (milliseconds since the epoch), so that a run can converge
 * @param options.only draw these faults alone, where they fit the request; absent means all
 */
export function randomFaults(options: {
  readonly random: Random;
  readonly rate: number;
  readonly until?: number;
  readonly only?: readonly FaultName[];
}): FaultPolicy {
  const { random, rate, until = Number.POSITIVE_INFINITY, only } = options;
  return (request) => {
    if (request.time >= until || random() >= rate) return undefined;
    const names = faultsFor(request.verb).filter((name) => only === undefined || only.includes(name));
    const name = names[Math.floor(random() * names.length)];
    return name === undefined ? undefined : makeFault(name, random);
  };
}
