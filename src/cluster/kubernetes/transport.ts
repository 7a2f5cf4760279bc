/**
 * Sends requests to the API server with the current credentials over the shared connections.
 *
 * Promises that whatever fails is an `ApiError` or an `UnknownOutcome`, that a 401 is tried once more with credentials
 * loaded anew (the server did nothing, so that is safe), and that each request is reported. Knows paths and bodies, not objects.
 * @module
 */

import type { Dispatcher } from "undici";
import type { Clock } from "../../clock.ts";
import { type ConnectionPools, createConnectionPools, type Lane } from "./connection-pools.ts";
import type { CredentialStore, Credentials } from "./credentials.ts";
import { refusalError, unauthorizedError, unknownOutcome } from "./errors.ts";
import { type Answer, exchange } from "./exchange.ts";

/** What is reported about each request, for metrics and tests. */
export interface RequestReport {
  /** Kubernetes verb ("get", "list", "watch", "create", "update", "patch", "delete"), or "discover". */
  readonly verb: string;
  readonly plural: string;
  readonly subresource?: string;
  /** HTTP status; 0 where no answer came. */
  readonly code: number;
  /** Time until the whole answer was there; for a watch until it was opened. */
  readonly milliseconds?: number;
}

/** One request. */
export interface Call {
  readonly verb: string;
  readonly plural: string;
  readonly subresource?: string | undefined;
  /** Object or collection for messages, e.g. `"kube-system/web"`. */
  readonly target: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly lane: Lane;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  /** Sends and returns the parsed body of a successful answer. */
  send(call: Call): Promise<unknown>;
  /** Sends and returns the body as it comes in; there is no limit on the time between its chunks. */
  open(call: Call): Promise<AsyncIterable<Uint8Array>>;
  /** Error for a body that broke off. */
  broken(call: Call, cause: unknown): Error;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly credentials: CredentialStore;
  readonly connections: number;
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly onRequest?: ((report: RequestReport) => void) | undefined;
}

type Attempt<T> = (dispatcher: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Reply<T>>;
type Reply<T> = { readonly status: number; readonly value: T } | (Answer & { readonly value?: undefined });

/** Creates the transport; connections are made when requests need them. */
export function createTransport(options: TransportOptions): Transport {
  const pools = createConnectionPools(options.connections, options.requestTimeoutMs);
  let server = "the API server";

  /** Runs an attempt with the current credentials, and a second one where a 401 leads to other credentials. */
  const run = async <T>(call: Call, attempt: Attempt<T>): Promise<T> => {
    let credentials = await options.credentials.current();
    for (let tries = 1; ; tries++) {
      server = credentials.server;
      const reply = await once(options, pools, credentials, call, attempt);
      if (reply.value !== undefined) return reply.value;
      const refusal = reply as Answer;
      if (refusal.status !== 401) throw refusalError(refusal, subjectOf(call));
      const renewed = tries === 1 ? await options.credentials.renew(credentials) : undefined;
      if (!renewed) throw unauthorizedError(credentials.server, credentials.user);
      credentials = renewed;
    }
  };

  return {
    send: (call) =>
      run(call, async (dispatcher, request) => {
        const answer = await exchange(dispatcher, request, call.signal);
        return answer.status < 300 ? { status: answer.status, value: JSON.parse(answer.text) ?? {} } : answer;
      }),
    open: (call) =>
      run(call, async (dispatcher, request) => {
        const answer = await dispatcher.request({ ...request, bodyTimeout: 0, signal: call.signal ?? null });
        if (answer.statusCode < 300) return { status: answer.statusCode, value: answer.body };
        return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
      }),
    broken: (call, cause) => unknownOutcome(subjectOf(call), server, cause),
    close: () => pools.close(),
  };
}

async function once<T>(
  options: TransportOptions,
  pools: ConnectionPools,
  credentials: Credentials,
  call: Call,
  attempt: Attempt<T>,
): Promise<Reply<T>> {
  const started = options.clock.now();
  let code = 0;
  try {
    const request = requestOptions(credentials, call, options.userAgent);
    const reply = await attempt(pools.pick(call.lane, credentials), request);
    code = reply.status;
    return reply;
  } catch (cause) {
    // A new CA must not wait until the next restart: the connection failed, so no request was sent with the old one.
    if (isTrustProblem(cause)) await options.credentials.renew(credentials);
    throw unknownOutcome(subjectOf(call), credentials.server, cause);
  } finally {
    const { verb, plural, subresource } = call;
    const milliseconds = options.clock.now() - started;
    options.onRequest?.({ verb, plural, ...(subresource ? { subresource } : {}), code, milliseconds });
  }
}

function requestOptions(credentials: Credentials, call: Call, userAgent: string): Dispatcher.RequestOptions {
  const headers: Record<string, string> = {
    ...credentials.headers,
    "user-agent": userAgent,
    accept: call.accept ?? "application/json",
  };
  if (call.body !== undefined) headers["content-type"] = call.contentType ?? "application/json";
  const { origin, prefix } = credentials;
  return { origin, path: prefix + call.path, method: call.method, headers, body: call.body ?? null };
}

function subjectOf(call: Call): string {
  const what = call.subresource ? `${call.plural}/${call.subresource}` : call.plural;
  return `${call.verb} ${what} ${call.target}`;
}

function isTrustProblem(cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === "string" && /CERT|_SSL_|SIGNATURE/.test(code);
}
