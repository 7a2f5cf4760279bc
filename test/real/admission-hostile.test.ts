/**
 * The running webhook against what nobody writes by mistake: a thousand objects, straight to it and through a real API server, and bodies
 * that are no reviews. Everything is answered, soon, and leaves nothing behind in memory.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  spiderIPPools,
  spiderReservedIPs,
  spiderSubnets,
  validatingWebhookConfigurations,
} from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { ApiError, type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { reviewText, subnetRequest } from "../admission/admission-scene.ts";
import { FarClient } from "../admission/far-client.ts";
import { type Reply, type WebhookClient, webhookClient } from "../admission/webhook-client.ts";
import { bodies, deepReviews, hostileObjects, nonsense } from "../support/hostile-objects.ts";
import { slowness, threadMs } from "../support/patience.ts";
import { removeObject } from "../support/real.ts";
import { type RunningWebhook, startWebhook } from "../support/running-webhook.ts";

type Hostile = KubeObject & { readonly spec: object };
type Configuration = KubeObject & { readonly webhooks: readonly { readonly clientConfig: { caBundle: string } }[] };
interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly message: string };
}

const COUNT = 1000;
const SEED = Number(process.env["AUTOPOOL_SEED"] ?? 20_260_801);
/** What an answer may take, of the processor. */
const MS_MAX = 100;
const WARM_UP = 150;
const GROWTH_MIB_MAX = 24;
const MIB = 2 ** 20;

const resources: Readonly<Record<string, Resource>> = {
  SpiderSubnet: spiderSubnets,
  SpiderIPPool: spiderIPPools,
  SpiderReservedIP: spiderReservedIPs,
};

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

let webhook: RunningWebhook;
let client: WebhookClient;
/** Asks what is measured. */
let farClient: FarClient;
let unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

const hostile = suite("webhook: hostile input");
hostile.before(async () => {
  process.on("unhandledRejection", note);
  webhook = await startWebhook();
  const [port, ca] = [webhook.serving.ports.webhook as number, await authorityOf(webhook)];
  client = webhookClient(port, ca, { keepAlive: true });
  farClient = new FarClient({ port, ca });
});
hostile.before.each(() => {
  unhandled = [];
});
hostile.after.each(() => assert.equal(unhandled, []));
hostile.after(async () => {
  client?.end();
  await farClient?.end();
  await webhook?.remove();
  process.off("unhandledRejection", note);
});

async function authorityOf({ cluster, name }: RunningWebhook): Promise<string> {
  const { webhooks } = await cluster.get<Configuration>(validatingWebhookConfigurations, { name });
  return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? "", "base64").toString();
}

const pathOf = (what: "mutate" | "validate", kind: string): string =>
  `/${what}-spiderpool-spidernet-io-v2beta1-${kind.toLowerCase()}?timeout=10s`;

function textOf(operation: string, kind: string, object: unknown, oldObject: unknown): string {
  return reviewText(subnetRequest({ operation, kind, name: "fuzzed", object, oldObject, isDryRun: true }));
}

/** Asks, and holds the answer to its form. */
async function ask(path: string, text: string, by: Pick<FarClient, "send"> = client): Promise<Response> {
  const { status, text: answer } = await by.send(path, text);
  assert.is(status, 200, answer);
  const { response } = JSON.parse(answer) as { response: Response };
  assert.is(response.uid, "u-1");
  if (!response.allowed) assert.ok([400, 403, 409, 422].includes(response.status?.code ?? 0), answer.slice(0, 500));
  return response;
}

/** Milliseconds of the processor that an answer took; what is slow once is asked again. */
async function costOf(path: string, text: string): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5 && best > MS_MAX; attempt += 1) {
    const before = threadMs();
    await ask(path, text, farClient);
    best = Math.min(best, threadMs() - before);
  }
  return best;
}

async function heapMiB(): Promise<number> {
  // What is kept for a moment after an answer goes with the next turns.
  for (let round = 0; round < 3; round += 1) {
    await sleep(systemClock, 20);
    collectGarbage();
  }
  return process.memoryUsage().heapUsed / MIB;
}

hostile("answers a thousand objects within 100 ms each, and keeps nothing of them", async () => {
  const [operation, old] = [fc.constantFrom("CREATE", "CREATE", "UPDATE", "DELETE"), hostileObjects];
  const samples = (numRuns: number, seed: number) =>
    fc.sample(fc.tuple(operation, hostileObjects, old), { numRuns, seed });
  const slow: string[] = [];
  const worst = { ms: 0, what: "" };
  const round = async (count: number, seed: number): Promise<void> => {
    for (const [index, [verb, object, before]] of samples(count, seed).entries()) {
      const { kind = "" } = object;
      const text = textOf(verb, kind, object, verb === "CREATE" ? null : { ...before, kind });
      for (const what of ["mutate", "validate"] as const) {
        const ms = await costOf(pathOf(what, kind), text);
        const name = `${what} ${verb} ${kind} ${index} (${text.length} characters): ${ms.toFixed(0)} ms`;
        if (ms > MS_MAX && ms > MS_MAX * slowness()) slow.push(name);
        if (ms > worst.ms) Object.assign(worst, { ms, what: name });
      }
    }
  };
  await round(WARM_UP, SEED + 1);
  const before = await heapMiB();
  await round(COUNT, SEED);
  const after = await heapMiB();

  assert.equal(slow, []);
  assert.ok(after - before < GROWTH_MIB_MAX, `${before.toFixed(1)} MiB before, ${after.toFixed(1)} MiB after`);
  if (process.env["VERBOSE"]) console.log(worst.what, slowness(), before, after);
});
hostile("answers nonsense that stands where objects should", async () => {
  const operation = fc.constantFrom("CREATE", "UPDATE", "DELETE", "CONNECT", "");
  const kind = fc.constantFrom(...Object.keys(resources));
  const samples = fc.sample(fc.tuple(operation, kind, nonsense, nonsense), { numRuns: COUNT / 2, seed: SEED });
  let refused = 0;
  for (const [verb, what, object, old] of samples) {
    const text = textOf(verb, what, object, old);
    assert.ok((await ask(pathOf("mutate", what), text)).allowed);
    if (!(await ask(pathOf("validate", what), text)).allowed) refused += 1;
  }
  assert.ok(refused > samples.length / 2, `${refused} refused`);
});

hostile("answers what is nested deeper than any program can follow", async () => {
  for (const text of deepReviews) {
    for (const what of ["mutate", "validate"] as const) {
      const { status, text: answer } = await client.send(pathOf(what, "SpiderIPPool"), text);
      assert.is(status, 200);
      assert.is(JSON.parse(answer).response.uid, "u-1");
    }
  }
});

for (const [what, body] of bodies) {
  hostile(`says what is wrong with a body of ${what}`, async () => {
    const reply: Reply = await client.send(pathOf("validate", "SpiderSubnet"), body);

    assert.is(reply.status, 400);
    assert.match(reply.text, /^Cannot read /);
    assert.ok(reply.text.length < 1000, `${reply.text.length} characters`);
  });
}

hostile("lets the API server answer a thousand objects", async () => {
  const samples = fc.sample(hostileObjects, { numRuns: COUNT, seed: SEED + 2 });
  const ends = new Map<string, number>();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < samples.length) {
      const index = next++;
      const end = await endOf(webhook.cluster, samples[index] as Hostile, `${webhook.name}-${index}`);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 4 }, caller));
  const {
    taken = 0,
    "by the API server": unseen = 0,
    "by the webhook": refused = 0,
    ...others
  } = Object.fromEntries(ends);
  if (process.env["VERBOSE"]) console.log(ends, await durations());

  assert.equal(others, {});
  assert.ok(taken > COUNT / 50 && unseen > COUNT / 50 && refused > COUNT / 50, JSON.stringify([...ends]));
});

hostile.run();

/** Creates an object and removes it again; returns what became of it. */
async function endOf(cluster: Cluster, object: Hostile, name: string): Promise<string> {
  const resource = resources[object.kind ?? ""] as Resource;
  try {
    await cluster.create<Hostile>(resource, { ...object, metadata: { ...object.metadata, name } });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, message } = error;
    if (message.startsWith("admission webhook")) return "by the webhook";
    const isTooLarge = /request is too large/.test(message);
    return isTooLarge || [400, 413, 422].includes(code) ? "by the API server" : `${code} ${message}`;
  }
  await removeObject(cluster, resource, { name });
  // The webhook puts the finalizer back until the object is going; reserved addresses have none, and are gone.
  await cluster.patch(resource, { name }, { metadata: { finalizers: null } }).catch(ignoreGone);
  return "taken";
}

function ignoreGone(error: unknown): void {
  if (!hasCode(error, 404)) throw error;
}

async function durations(): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${webhook.serving.ports.metrics}/metrics`);
  const lines = (await reply.text()).split("\n");
  return lines.filter((line) => /duration_seconds_(bucket|count).*(0\.1"|0\.25"|Inf|count)/.test(line)).join("\n");
}
