/**
 * One watch request: opens it, decodes its lines, and makes sure that it ends.
 *
 * The server closes a watch after its timeoutSeconds. A connection that went dead without a word (NAT, load balancer)
 * would stay open for ever, so we close it ourselves some seconds later. Restarting is the reflector's work.
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { KubeObject, WatchEvent } from "../cluster.ts";
import { statusError } from "./errors.ts";
import { createLineDecoder } from "./line-decoder.ts";
import type { Call, Transport } from "./transport.ts";

export interface WatchStreamOptions {
  readonly transport: Transport;
  /** The watch request, without its signal. */
  readonly call: Call;
  readonly clock: Clock;
  /** Time after which the watch is taken for dead; longer than the timeoutSeconds asked for. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields the events of one watch until the server or the signal ends it.
 *
 * @throws {ApiError} If the server refuses the watch, at the start or by an ERROR event in the stream.
 * @throws {UnknownOutcome} If the connection breaks, a line is not JSON, or the deadline passes.
 */
export async function* watchStream<T extends KubeObject>(options: WatchStreamOptions): AsyncGenerator<WatchEvent<T>> {
  const { signal } = options;
  if (signal?.aborted) return;
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  signal?.addEventListener("abort", stop, { once: true });
  let isDead = false;
  const cancelDeadline = options.clock.after(options.deadlineMs, () => {
    isDead = true;
    stop();
  });
  try {
    yield* decodeEvents<T>({ ...options, call: { ...options.call, signal: ending.signal } });
  } catch (error) {
    if (signal?.aborted) return;
    if (isDead) throw options.transport.broken(options.call, new Error("the server did not end the watch in time"));
    throw error;
  } finally {
    cancelDeadline();
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

async function* decodeEvents<T extends KubeObject>(options: WatchStreamOptions): AsyncGenerator<WatchEvent<T>> {
  const { transport, call } = options;
  const chunks = await transport.open(call);
  const decoder = createLineDecoder();
  try {
    for await (const chunk of chunks) {
      for (const line of decoder.push(chunk)) {
        if (options.signal?.aborted) return;
        yield parseEvent<T>(line);
      }
    }
    const rest = decoder.rest();
    if (rest.trim() !== "") yield parseEvent<T>(rest);
  } catch (error) {
    throw error instanceof StatusEvent ? statusError(error.status) : transport.broken(call, error);
  }
}

/** Carries the `Status` of an ERROR event past the errors of socket and parser. */
class StatusEvent extends Error {
  readonly status: object;
  constructor(status: object) {
    super("the watch carried an error");
    this.status = status;
  }
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const event: { type: string; object: T } = JSON.parse(line);
  if (event.type === "ERROR") throw new StatusEvent(event.object);
  return event as WatchEvent<T>;
}
