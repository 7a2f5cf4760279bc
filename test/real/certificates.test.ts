/** The webhook's certificates change again and again under load on a real API server, and no write fails. */
import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { WebhookConfiguration } from "../../src/admission/certificates/carried.ts";
import { Certificates } from "../../src/admission/certificates/certificates.ts";
import type { Secret } from "../../src/admission/certificates/key-material.ts";
import type { Lifetimes } from "../../src/admission/certificates/lifetimes.ts";
import { ALLOWED } from "../../src/admission/review.ts";
import { listenForReviews, type WebhookServer } from "../../src/admission/webhook-server.ts";
import { GROUP, VERSION } from "../../src/api/names.ts";
import { secrets, spiderReservedIPs, validatingWebhookConfigurations } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { silentLog } from "../../src/log.ts";
import { type Balancer, startBalancer } from "../support/balancer.ts";
import { define, definitionOf } from "../support/definitions.ts";
import { eventually } from "../support/eventually.ts";
import { freshNamespace, realCluster, removeObject, type TestNamespace } from "../support/real.ts";

const rotation = suite("certificates under load");

/** An authority hands over after two thirds of its life, six seconds before its end. */
const lifetimes: Lifetimes = {
  caMs: 22_000,
  caRenewAt: 0.6,
  servingMs: 6_000,
  servingRenewAt: 2 / 3,
  backdateMs: 3_600_000,
  propagationMs: 2_500,
  retireMs: 4_500,
};
const objectCount = 50;
const writesPerSecond = 50;
const loadMs = 54_000;
const label = "autopool.test/certificates";
const webhookName = "certificates.autopool.test";

let cluster: Cluster;
let namespace: TestNamespace;
let service: Balancer;
const replicas = new Set<Replica>();
const lines: string[] = [];

/** One replica, as a process of its own would be one. */
interface Replica {
  readonly server: WebhookServer;
  readonly certificates: Certificates;
  readonly cluster: Cluster;
  /** Reviews answered. */
  answered: number;
}

async function startReplica(): Promise<Replica> {
  const own = await realCluster();
  const note = (message: string, fields = {}): unknown => lines.push(`${message} ${JSON.stringify(fields)}`);
  const certificates: Certificates = new Certificates({
    cluster: own,
    clock: systemClock,
    namespace: namespace.name,
    hosts: ["127.0.0.1"],
    configuration: namespace.name,
    lifetimes,
    log: { info: note, warn: (message, fields) => note(`warning: ${message}`, fields) },
    onChange: (tls) => replica.server.setCertificate(tls),
  });
  const server = await listenForReviews({
    port: 0,
    host: "127.0.0.1",
    tls: await certificates.start(),
    admitter: {
      async answer() {
        replica.answered += 1;
        return ALLOWED;
      },
    },
    clock: systemClock,
    log: silentLog,
    isHealthy: () => true,
  });
  const replica: Replica = { server, certificates, cluster: own, answered: 0 };
  replicas.add(replica);
  service.setReady([...replicas].map(({ server: { port } }) => port));
  return replica;
}

/** Ends a replica as its end looks from outside: no new connections first, then those that are open run out. */
async function stopReplica(replica: Replica): Promise<void> {
  replicas.delete(replica);
  service.setReady([...replicas].map(({ server: { port } }) => port));
  await replica.server.close({ lingerMs: 1_500 });
  await replica.certificates.stop();
  await replica.cluster.close();
}

/** Asks the webhook about this test's own objects alone. */
async function install(): Promise<void> {
  const webhook = {
    name: webhookName,
    clientConfig: {
      url: `https://127.0.0.1:${service.port}/validate-spiderpool-spidernet-io-v2beta1-spiderreservedip`,
    },
    rules: [{ apiGroups: [GROUP], apiVersions: [VERSION], operations: ["*"], resources: ["spiderreservedips"] }],
    objectSelector: { matchLabels: { [label]: namespace.name } },
    admissionReviewVersions: ["v1"],
    failurePolicy: "Fail",
    sideEffects: "None",
    timeoutSeconds: 10,
  };
  const configuration: WebhookConfiguration = { metadata: { name: namespace.name }, webhooks: [webhook] };
  await cluster.create(validatingWebhookConfigurations, configuration);
}

const objectName = (index: number): string => `${namespace.name}-${index % objectCount}`;

async function createObject(index: number): Promise<void> {
  const metadata = { name: objectName(index), labels: { [label]: namespace.name } };
  await cluster.create<KubeObject & { spec: object }>(spiderReservedIPs, { metadata, spec: { ips: ["10.99.0.1"] } });
}

/** Writes at an even pace, whether or not the writes before have been answered; returns what failed. */
async function writeFor(ms: number): Promise<{ count: number; failures: string[] }> {
  const failures: string[] = [];
  const pending = new Set<Promise<unknown>>();
  const began = systemClock.now();
  let count = 0;
  for (; systemClock.now() < began + ms; count += 1) {
    const patch = { metadata: { annotations: { count: String(count) } } };
    const write = cluster
      .patch(spiderReservedIPs, { name: objectName(count) }, patch)
      .catch((error) => failures.push(`${systemClock.now() - began} ms: ${error}`))
      .finally(() => pending.delete(write));
    pending.add(write);
    await sleep(systemClock, Math.max(0, began + ((count + 1) * 1000) / writesPerSecond - systemClock.now()));
  }
  await Promise.all(pending);
  return { count, failures };
}

/** Connects anew again and again, trusting what the configuration carries then; returns what was refused. */
async function connectFor(ms: number): Promise<{ count: number; failures: string[] }> {
  const failures: string[] = [];
  const end = systemClock.now() + ms;
  let count = 0;
  for (; systemClock.now() < end; count += 1) {
    const ref = { name: namespace.name };
    const { webhooks } = await cluster.get<WebhookConfiguration>(validatingWebhookConfigurations, ref);
    const ca = Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? "", "base64");
    const socket = connectTls({ host: "127.0.0.1", port: service.port, ca });
    await once(socket, "secureConnect").catch((error) => failures.push(String(error)));
    socket.destroy();
    await sleep(systemClock, 30);
  }
  return { count, failures };
}

/** Notes each certificate that the Secret holds in turn. */
async function collectStored(ms: number): Promise<Record<"ca.crt" | "tls.crt", Set<string>>> {
  const found = { "ca.crt": new Set<string>(), "tls.crt": new Set<string>() };
  for (const end = systemClock.now() + ms; systemClock.now() < end; await sleep(systemClock, 200)) {
    const ref = { namespace: namespace.name, name: "autopool-webhook" };
    const { data } = await cluster.get<Secret>(secrets, ref);
    found["ca.crt"].add(data?.["ca.crt"] ?? "");
    found["tls.crt"].add(data?.["tls.crt"] ?? "");
  }
  return found;
}

/** Restarts each replica once, a third and two thirds into the load. */
async function restartEach(ms: number): Promise<void> {
  for (const replica of [...replicas]) {
    await sleep(systemClock, ms / 3);
    await stopReplica(replica);
    await sleep(systemClock, 1_000);
    await startReplica();
  }
}

rotation.before(async () => {
  cluster = await realCluster({ connections: 50 });
  await define(cluster, definitionOf(spiderReservedIPs), spiderReservedIPs.kind);
  namespace = await freshNamespace(cluster, "certificates");
  service = await startBalancer();
});

rotation.after(async () => {
  await removeObject(cluster, validatingWebhookConfigurations, { name: namespace.name });
  for (const replica of [...replicas]) await stopReplica(replica);
  for (let index = 0; index < objectCount; index += 1) {
    await removeObject(cluster, spiderReservedIPs, { name: objectName(index) });
  }
  await service.close();
  await namespace.remove();
  await cluster.close();
});

rotation("change and are restarted while no write fails", async () => {
  await install();
  await assertRefused();
  await Promise.all([startReplica(), startReplica()]);
  await eventually(() => createObject(0));
  for (let index = 1; index < objectCount; index += 1) await createObject(index);

  const [written, connected, stored] = await Promise.all([
    writeFor(loadMs),
    connectFor(loadMs),
    collectStored(loadMs),
    restartEach(loadMs),
  ]);

  assert.equal(written.failures, []);
  assert.equal(connected.failures, []);
  const authorities = stored["ca.crt"].size;
  const serving = stored["tls.crt"].size;
  console.log(
    `${written.count} writes, ${connected.count} connections, ${service.taken} in all: ` +
      `${serving} certificates of ${authorities} authorities`,
  );
  assert.ok(written.count > (0.7 * loadMs * writesPerSecond) / 1000, `${written.count} writes`);
  assert.ok(authorities >= 3, `${authorities} authorities`);
  assert.ok(serving >= 6, `${serving} certificates`);
  for (const { answered } of replicas) assert.ok(answered > 0);
  assert.not.match(lines.join("\n"), "PRIVATE");
  assert.equal(
    lines.filter((line) => line.startsWith("warning") && !line.includes("is not there")),
    [],
  );
});

/** Without a replica nothing may be written: else the load would prove nothing. */
async function assertRefused(): Promise<void> {
  await eventually(async () => {
    const error = await createObject(0).catch((reason: Error) => reason);
    await removeObject(cluster, spiderReservedIPs, { name: objectName(0) }).catch(() => undefined);
    assert.match(String(error), "failed calling webhook");
  });
}

rotation.run();
