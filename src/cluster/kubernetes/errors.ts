/**
 * What went wrong, in the port's two words: the server's answer as `ApiError`, everything else as `UnknownOutcome`.
 *
 * Reads `Status` objects (also those that come inside a watch) and the error codes of sockets, TLS and undici. Pure.
 * @module
 */

import { ApiError, UnknownOutcome } from "../cluster.ts";

/** The fields we read of the API's `Status`. */
interface Status {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** An answer with an HTTP status of 400 or more. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * Turns an error answer into the port's error.
 *
 * @param subject what was asked, e.g. `create configmaps "a/b"`, for answers that carry no message of their own
 */
export function refusalError(refusal: Refusal, subject: string): ApiError {
  const status = parseStatus(refusal.text);
  const header = Number(refusal.headers["retry-after"]);
  const retryAfter = Number.isFinite(header) && header >= 0 ? header : status?.details?.retryAfterSeconds;
  const message = status?.message || `Cannot ${subject}: the server answers ${refusal.status} ${excerpt(refusal.text)}`;
  return new ApiError(refusal.status, status?.reason || "Unknown", message.trimEnd(), retryAfter);
}

/** Error for the `Status` that a watch carries in an event of type ERROR. */
export function statusError(status: Status): ApiError {
  const message = status.message || `The server ended the watch: ${excerpt(JSON.stringify(status))}`;
  return new ApiError(status.code ?? 500, status.reason || "Unknown", message, status.details?.retryAfterSeconds);
}

/** Error for a 401: the server's own text is the single word "Unauthorized". */
export function unauthorizedError(server: string, user: string): ApiError {
  const message = `Cannot authenticate at "${server}" as user "${user}": the token or client certificate is missing, wrong or expired`;
  return new ApiError(401, "Unauthorized", message);
}

/** Error for a request that got no (whole) answer. */
export function unknownOutcome(subject: string, server: string, cause: unknown): UnknownOutcome {
  return new UnknownOutcome(`Cannot ${subject} at "${server}": ${explain(cause)}`, { cause });
}

const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was reset",
  ENOTFOUND: "the host name is unknown",
  UND_ERR_SOCKET: "the connection was closed",
  UND_ERR_CLOSED: "the client has been closed",
  UND_ERR_DESTROYED: "the client has been closed",
  UND_ERR_CONNECT_TIMEOUT: "no connection could be made in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
  UND_ERR_BODY_TIMEOUT: "the rest of the answer did not come in time",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is not signed by the CA of the kubeconfig",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is not signed by the CA of the kubeconfig",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is not signed by the CA of the kubeconfig",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the server's certificate is not signed by the CA of the kubeconfig",
  CERT_SIGNATURE_FAILURE: "the server's certificate is not signed by the CA of the kubeconfig",
};

function explain(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as { code?: unknown }).code;
  const known = typeof code === "string" ? explanations[code] : undefined;
  return known === undefined ? cause.message || cause.name : `${known} (${code})`;
}

function parseStatus(text: string): Status | undefined {
  try {
    const parsed: Status | null = JSON.parse(text);
    return parsed?.kind === "Status" ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
