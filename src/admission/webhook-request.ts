/**
 * One HTTP request to the webhook: what must be right about it before anybody reads it as a review.
 *
 * Method, path, media type and length are looked at in this order, and the first that is wrong is the answer. Nothing is decided
 * about admission here.
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { Webhook } from "./admitter.ts";

/** A request that gets no review for an answer. */
export interface HttpRefusal {
  readonly status: number;
  readonly text: string;
  /** Methods that would be taken. */
  readonly allow?: string;
}

/** Path of the health check (spec §6.4.1). */
export const HEALTH_PATH = "/webhook-health-check";

/** A body that is too long is read on up to so many times the length that would do. */
const READ_ON = 4;

/** How long an API server waits where it does not say (`timeoutSeconds` of a webhook), and at most. */
const TIMEOUT_MS = { default: 10_000, max: 30_000 };

/** What of that time an answer may take; the rest is for its way back. */
const TIMEOUT_SHARE = 0.9;

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Kinds as the paths have them (spec §6.4.1). */
const kinds: Readonly<Record<string, string>> = {
  spidersubnet: "SpiderSubnet",
  spiderippool: "SpiderIPPool",
  spiderreservedip: "SpiderReservedIP",
};

/** What a path stands for: which webhook, of which kind. */
export interface Route {
  readonly webhook: Webhook;
  readonly kind: string;
}

/** Returns what a path stands for; `undefined` where it stands for nothing. */
export function routeOf(path: string): Route | undefined {
  const match = /^\/(mutate|validate)-spiderpool-spidernet-io-v2beta1-(\w+)$/.exec(path);
  const kind = match && Object.hasOwn(kinds, match[2] ?? "") ? kinds[match[2] ?? ""] : undefined;
  return kind === undefined ? undefined : { webhook: match?.[1] as Webhook, kind };
}

/** Returns what is wrong with a request's head; `undefined` where nothing is. */
export function headRefusal({ method, headers }: IncomingMessage): HttpRefusal | undefined {
  if (method !== "POST")
    return { status: 405, allow: "POST", text: `Cannot answer ${method}: only POST is known here` };
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json") {
    return { status: 415, text: `Cannot read content type "${type}": it must be application/json` };
  }
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return undefined;
  return { status: 415, text: `Cannot read content encoding "${encoding}": it must be identity` };
}

/**
 * Returns the body, or what is wrong with it; rejects where the client went away, or took too long. What is too long is read on to
 * its end, so that the client gets to read the answer, but not for ever.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string | HttpRefusal> {
  const tooLong = { status: 413, text: `Cannot read the body: it is above ${bytesMax} bytes` };
  const bytesReadMax = READ_ON * bytesMax;
  if (Number(request.headers["content-length"] ?? 0) > bytesReadMax) return tooLong;
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else chunks = [];
    if (bytes > bytesReadMax) return tooLong;
  }
  if (bytes > bytesMax) return tooLong;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    return { status: 400, text: "Cannot read the body: it is not UTF-8" };
  }
}

/** Returns how many milliseconds an answer may take, out of the `timeout` of a query as Go writes it: `10s`, `1m0s`. */
export function timeoutOf(query: URLSearchParams): number {
  const text = query.get("timeout") ?? "";
  const units = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  const asked = units.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
  const isReadable = asked > 0 && units.map(([unit]) => unit).join("") === text;
  return Math.min(isReadable ? asked : TIMEOUT_MS.default, TIMEOUT_MS.max) * TIMEOUT_SHARE;
}
