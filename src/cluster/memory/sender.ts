/**
 * How a client's requests reach the memory cluster: late, faulty, or not at all.
 *
 * Decides for each request whether and when it takes effect and whether and when it is answered; knows nothing of what it does.
 * A request takes effect half its latency after it was sent and is answered after the other half.
 * @module
 */
import { type Clock, sleep } from "../../clock.ts";
import { type Resource, UnknownOutcome } from "../cluster.ts";
import type { ClusterRequest, Fault, FaultPolicy } from "./faults.ts";

/** How one client reaches the server. */
export interface ConnectionOptions {
  /** Milliseconds from a request to its answer, and from a write to its event; a function draws anew each time. */
  readonly latencyMs?: number | (() => number);
  readonly faults?: FaultPolicy;
  /**
   * Called when a write of this connection was accepted, before it is answered; `count` is 1 for the first.
   * Calling `cut` from here is a crash right after the n-th write.
   */
  readonly onWrite?: (count: number, request: ClusterRequest) => void;
}

/** What a request asks for. */
export type What = Pick<ClusterRequest, "verb"> & Partial<Pick<ClusterRequest, "resource" | "ref" | "subresource">>;

const forever = new Promise<never>(() => undefined);

/** Rejects when the signal aborts, never otherwise. */
export function aborted(signal: AbortSignal | undefined): Promise<never> {
  if (signal === undefined) return forever;
  return new Promise((_, reject) => {
    const abort = (): void => reject(new UnknownOutcome("request aborted"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** Sends the requests of one connection. */
export interface Sender {
  /** Waits, asks for faults, lets `effect` happen or not, and answers or not. */
  send<R>(what: What, signal: AbortSignal | undefined, effect: (fault: Fault | undefined) => R): Promise<R>;
  /** Milliseconds from a write to its event. */
  latency(): number;
  isCut(): boolean;
  /** `closed` refuses what comes later, `cut` never answers it. */
  end(as: "closed" | "cut"): void;
}

/** Returns the sender of a connection that is open. */
export function createSender(clock: Clock, options: ConnectionOptions): Sender {
  let number = 0;
  let writeCount = 0;
  let state: "open" | "closed" | "cut" = "open";

  function latency(): number {
    const { latencyMs = 0 } = options;
    return typeof latencyMs === "number" ? latencyMs : latencyMs();
  }

  async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (ms > 0) await sleep(clock, ms, signal);
    if (signal?.aborted) throw new UnknownOutcome("request aborted");
    if (state === "cut") await aborted(signal);
  }

  function begin(what: What): { request: ClusterRequest; fault: Fault | undefined } {
    if (state === "closed") throw new UnknownOutcome(`Cannot ${what.verb}: the connection is closed`);
    number += 1;
    const { resource, ref, subresource, verb } = what;
    const request: ClusterRequest = { verb, resource, ref, subresource, number, time: clock.now() };
    return { request, fault: state === "open" ? options.faults?.(request) : undefined };
  }

  async function send<R>(
    what: What,
    signal: AbortSignal | undefined,
    effect: (fault: Fault | undefined) => R,
  ): Promise<R> {
    if (what.resource && what.ref) requirePath(what.resource, what.ref);
    const { request, fault } = begin(what);
    const takesMs = latency();
    await wait(takesMs / 2 + (fault?.kind === "delay" ? fault.ms : 0), signal);
    if (fault?.kind === "loseRequest") {
      await wait(fault.afterMs, signal);
      throw new UnknownOutcome(`no answer to ${what.verb} within ${fault.afterMs} ms`);
    }
    if (fault?.kind === "refuse") throw fault.error;
    const result = effect(fault);
    if (isWrite(what.verb)) {
      writeCount += 1;
      options.onWrite?.(writeCount, request);
    }
    await wait(takesMs / 2, signal);
    if (fault?.kind === "loseAnswer") {
      await wait(fault.afterMs, signal);
      throw new UnknownOutcome(`no answer to ${what.verb} within ${fault.afterMs} ms`);
    }
    return result;
  }

  return {
    send,
    latency,
    isCut: () => state === "cut",
    end(as: "closed" | "cut") {
      if (state !== "cut") state = as;
    },
  };
}

/** The API has no path for a namespaced object without its namespace. */
function requirePath(resource: Resource, ref: { namespace?: string; name: string }): void {
  if (!resource.namespaced || ref.namespace) return;
  throw new TypeError(`Cannot address "${ref.name}" of "${resource.plural}": its namespace is missing`);
}

function isWrite(verb: ClusterRequest["verb"]): boolean {
  return verb === "create" || verb === "update" || verb === "patch" || verb === "delete";
}
