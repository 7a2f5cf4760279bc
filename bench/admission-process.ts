/**
 * The webhook as the bench runs it, in a process of its own, which times every review from its head to the end of its answer.
 *
 * Talks to its parent by messages: it tells its name when it is called; `figures` is answered with what was since the last time, `end` ends it.
 * @module
 */

import { subscribe } from "node:diagnostics_channel";
import { startWebhook } from "../test/support/running-webhook.ts";
import { peakMemoryMiB } from "./process-figures.ts";

/** What it did since it was last asked. */
export interface AdmissionFigures {
  /** Milliseconds of each review. */
  readonly mutate: readonly number[];
  readonly validate: readonly number[];
  /** What it asked of the API server: how often, and milliseconds in all, by method and path without names. */
  readonly asked: Readonly<Record<string, { readonly count: number; readonly ms: number }>>;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const began = new WeakMap<object, number>();
let times: Record<"mutate" | "validate", number[]> = { mutate: [], validate: [] };
let asked: Record<string, { count: number; ms: number }> = {};
let cpu = process.cpuUsage();

subscribe("http.server.request.start", (message) => {
  began.set((message as { request: object }).request, performance.now());
});
subscribe("http.server.response.finish", (message) => {
  const { request } = message as { request: { url?: string } };
  const [, webhook] = /^\/(mutate|validate)-/.exec(request.url ?? "") ?? [];
  if (webhook) times[webhook as "mutate" | "validate"].push(performance.now() - (began.get(request) ?? Number.NaN));
});

interface Asked {
  readonly request: { readonly method: string; readonly path: string };
}
subscribe("undici:request:create", (message) => {
  began.set((message as Asked).request, performance.now());
});
subscribe("undici:request:trailers", (message) => {
  const { request } = message as Asked;
  const kind = /\/(configmaps|secrets|spider\w+s)(?:\/[^/?]+)?(\/status)?/.exec(request.path);
  const key = `${request.method} ${kind?.[1] ?? "other"}${kind?.[2] ?? ""}`;
  const { count, ms } = asked[key] ?? { count: 0, ms: 0 };
  asked[key] = { count: count + 1, ms: ms + performance.now() - (began.get(request) ?? Number.NaN) };
});

const webhook = await startWebhook();

function figures(): AdmissionFigures {
  const { user, system } = process.cpuUsage(cpu);
  const told = { ...times, asked, cpuSeconds: (user + system) / 1e6, peakMiB: peakMemoryMiB() };
  [times, asked, cpu] = [{ mutate: [], validate: [] }, {}, process.cpuUsage()];
  return told;
}

async function end(): Promise<never> {
  await webhook.remove();
  process.exit(0);
}

process.on("message", (message) => {
  if (message === "figures") process.send?.(figures());
  if (message === "end") void end();
});
process.on("disconnect", () => void end());
process.send?.(webhook.name);
