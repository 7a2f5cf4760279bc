/** The webhook's certificates on a memory cluster: made, shared by all replicas, and trusted by every webhook. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { validatingWebhookConfigurations } from "../../../src/api/resources.ts";
import { CertificateScene, day, minute } from "./certificate-scene.ts";

const beginning = suite("certificates: the beginning");

beginning("makes a Secret, serves from it, and puts its authority into every webhook", async () => {
  const scene = new CertificateScene();
  scene.excuse(1_000);
  await scene.install();

  const replica = scene.start();
  await scene.pass(minute);

  assert.is(replica.served.length, 1);
  assert.is(replica.served[0]?.cert, scene.stored("tls.crt"));
  assert.is(replica.served[0]?.key, scene.stored("tls.key"));
  assert.equal(new Set(Object.keys(scene.secret?.data ?? {})), new Set(["ca.crt", "ca.key", "tls.crt", "tls.key"]));
  assert.equal(
    scene.trusted().map((bundle) => bundle.map(({ pem }) => pem)),
    Array(3).fill([scene.stored("ca.crt")]),
  );
  assert.equal(scene.broken, []);
  await scene.close();
});

beginning("keeps everything else of the configurations", async () => {
  const scene = new CertificateScene();
  scene.excuse(1_000);
  await scene.install();
  const [before] = scene.server.objects<{ metadata: never; webhooks: object[] }>(validatingWebhookConfigurations);
  scene.start();
  await scene.pass(minute);

  const [after] = scene.server.objects<{ metadata: never; webhooks: never[] }>(validatingWebhookConfigurations);

  const caBundle = Buffer.from(scene.stored("ca.crt")).toString("base64");
  assert.equal(
    after?.webhooks,
    before?.webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: { ...(webhook as { clientConfig: object }).clientConfig, caBundle },
    })) as never[],
  );
  await scene.close();
});

beginning("lets several replicas that start at once use one authority", async () => {
  for (let latency = 0; latency < 8; latency += 1) {
    const scene = new CertificateScene();
    scene.excuse(1_000);
    await scene.install();

    const replicas = [0, latency, 2 * latency].map((extra) => scene.start({ latencyMs: () => 2 + extra }));
    await scene.pass(minute);

    for (const { served } of replicas)
      assert.equal(
        served.map(({ cert }) => cert),
        [scene.stored("tls.crt")],
      );
    assert.equal(scene.trusted()[0]?.length, 1);
    assert.equal(scene.broken, []);
    await scene.close();
  }
});

beginning("waits for configurations that are not there, and says so once", async () => {
  const scene = new CertificateScene();
  const replica = scene.start();
  await scene.pass(day);
  const absent = replica.lines.filter((line) => line.includes("is not there"));
  assert.is(absent.length, 2, absent.join("\n"));

  scene.excuse(1_000);
  await scene.install();
  await scene.pass(minute);

  assert.equal(
    scene.trusted().map(({ length }) => length),
    [1, 1, 1],
  );
  await scene.close();
});

beginning("uses what is stored after a restart", async () => {
  const scene = new CertificateScene();
  scene.excuse(1_000);
  await scene.install();
  const first = scene.start();
  await scene.pass(minute);
  const version = scene.server.version();
  scene.crash(first);

  const second = scene.start();
  await scene.pass(minute);

  assert.equal(second.served, first.served);
  assert.is(scene.server.version(), version);
  await scene.close();
});

beginning("refuses hosts that no certificate can name", () => {
  const scene = new CertificateScene();
  assert.throws(() => scene.start({ hosts: [] }), /there is no host/);
  assert.throws(() => scene.start({ hosts: ["a b"] }), 'certificate for "a b": it is neither a DNS name');
});

beginning("rejects its start where it is stopped before, and ends nothing else", async () => {
  const scene = new CertificateScene();
  const { certificates } = scene.start();
  const started = certificates.start();
  await certificates.stop();
  const error = await started.catch((reason: Error) => reason);
  assert.match(String(error), "it was stopped before");
  await scene.pass(minute);
  assert.is(scene.secret, undefined);
});

beginning.run();
