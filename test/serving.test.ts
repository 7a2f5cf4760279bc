/** Admission and metrics as `autopool run` serves them, on a cluster in this process; only TLS and HTTP are real. */
import { createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as resources from "../src/api/resources.ts";
import { mutatingWebhookConfigurations, spiderSubnets } from "../src/api/resources.ts";
import { systemClock } from "../src/clock.ts";
import type { KubeObject } from "../src/cluster/cluster.ts";
import { createMemoryCluster } from "../src/cluster/memory/memory-cluster.ts";
import { silentLog } from "../src/log.ts";
import { Operator } from "../src/operator.ts";
import { systemRandom } from "../src/random.ts";
import { Serving } from "../src/serving.ts";
import { defaultSettings } from "../src/settings.ts";
import { reviewText, subnet, subnetRequest } from "./admission/admission-scene.ts";
import { webhookClient } from "./admission/webhook-client.ts";
import { eventually } from "./support/eventually.ts";

type Configuration = KubeObject & { webhooks: { name: string; clientConfig: { url: string; caBundle?: string } }[] };

const VALIDATE = "/validate-spiderpool-spidernet-io-v2beta1-spidersubnet";
const HEALTH = "/webhook-health-check";

let endings: (() => unknown)[] = [];

/** Returns an operator that has not been started, and what it serves. */
function scene(settings: { webhookPort?: number; webhookClientCa?: string; metricsPort?: number }) {
  const memory = createMemoryCluster({ clock: systemClock, resources: Object.values(resources), random: systemRandom });
  const cluster = memory.connect();
  const base = { cluster, clock: systemClock, random: systemRandom, log: silentLog };
  const operator = new Operator({ ...base, settings: defaultSettings });
  const serving = new Serving({
    ...base,
    settings: {
      families: [4, 6],
      webhookHosts: ["127.0.0.1"],
      namespace: "autopool-system",
      validateDelete: false,
      ...settings,
    },
    caches: operator.observer,
    host: "127.0.0.1",
  });
  endings.push(
    () => serving.stop({ atOnce: true }),
    () => operator.stop(),
  );
  return { cluster, operator, serving };
}

const serving = suite("serving");
serving.after.each(async () => {
  for (const end of endings) await end();
  endings = [];
});

serving("answers by what the operator sees, with the certificate that the configurations trust", async () => {
  const { cluster, operator, serving } = scene({ webhookPort: 0, metricsPort: 0 });
  await cluster.create<Configuration>(mutatingWebhookConfigurations, {
    metadata: { name: "autopool" },
    webhooks: [{ name: "a.b.c", clientConfig: { url: "https://127.0.0.1" } }],
  });
  await cluster.create<KubeObject & { spec: object }>(spiderSubnets, {
    metadata: { name: "taken" },
    spec: { subnet: "10.0.0.0/16" },
  });

  await Promise.all([operator.start(), serving.start()]);

  const { webhooks } = await cluster.get<Configuration>(mutatingWebhookConfigurations, { name: "autopool" });
  const ca = Buffer.from(webhooks[0]?.clientConfig.caBundle ?? "", "base64").toString();
  const client = webhookClient(serving.ports.webhook as number, ca);
  endings.unshift(client.end);
  await eventually(async () => assert.is((await client.send(HEALTH, "", { method: "GET" })).status, 200));
  const ask = async (spec: object) =>
    JSON.parse((await client.send(VALIDATE, reviewText(subnetRequest({ object: subnet(spec) })))).text).response;
  const denied = await ask({ ipVersion: 4, subnet: "10.0.128.0/17" });
  assert.is(denied.status.code, 422);
  assert.match(denied.status.message, "overlap with Subnet taken");
  const metrics = await fetch(`http://127.0.0.1:${serving.ports.metrics}/metrics`);
  const text = await metrics.text();
  assert.match(text, 'autopool_admission_refusals_total{kind="SpiderSubnet",rule="');
  const [, endsAt] = /^autopool_admission_certificate_expiry_seconds (\d+)$/m.exec(text) ?? [];
  const days = (Number(endsAt) - systemClock.now() / 1000) / 86_400;
  assert.ok(days > 80 && days < 91, `the certificate ends in ${days} days`);
});

serving("says what it does not serve yet", async () => {
  const { operator, serving } = scene({ webhookPort: 0 });
  assert.is(serving.unserved, "The webhook is not served yet: it has no certificate");

  await Promise.all([operator.start(), serving.start()]);

  assert.is(serving.unserved, undefined);
});

serving("listens nowhere unless it is told to", async () => {
  const { operator, serving } = scene({});

  await Promise.all([operator.start(), serving.start()]);

  assert.equal(serving.ports, { webhook: undefined, metrics: undefined });
});

serving("fails where a port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  endings.push(() => other.close());

  for (const settings of [{ webhookPort: port }, { metricsPort: port }]) {
    const { operator, serving } = scene(settings);
    const [, outcome] = await Promise.allSettled([operator.start(), serving.start()]);
    assert.match(
      outcome.status === "rejected" && outcome.reason.message,
      /^Cannot listen on port .*another program has it/,
    );
  }
});

serving("fails where the authority of its clients cannot be read", async () => {
  const { operator, serving } = scene({ webhookPort: 0, webhookClientCa: "/nowhere/ca.crt" });

  const [, outcome] = await Promise.allSettled([operator.start(), serving.start()]);

  assert.match(outcome.status === "rejected" && outcome.reason.message, "/nowhere/ca.crt");
});

serving("may be stopped before it has begun to serve", async () => {
  const { operator, serving } = scene({ webhookPort: 0, metricsPort: 0 });
  const begun = [operator.start().catch(() => {}), serving.start()];

  await serving.stop({ atOnce: true });

  await operator.stop();
  await Promise.all(begun);
});

serving.run();
