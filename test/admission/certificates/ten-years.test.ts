/** Ten years of certificates: day by day, in one jump, and back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isIssuedBy, isValidAt, readCertificate } from "../../../src/admission/certificates/certificate.ts";
import { defaultLifetimes } from "../../../src/admission/certificates/lifetimes.ts";
import { CertificateScene, day, minute } from "./certificate-scene.ts";

const years = suite("certificates: ten years");
const year = 365 * day;

/** Two replicas that serve, and clients that read configurations five minutes late. */
async function running(): Promise<CertificateScene> {
  const scene = new CertificateScene({ lagMs: 5 * minute });
  scene.excuse(1_000);
  await scene.install();
  scene.start();
  scene.start();
  await scene.pass(20 * minute);
  return scene;
}

/** Fails unless what each replica shows, as text and nothing else, holds now for every client. */
function assertServed(scene: CertificateScene): void {
  for (const { served } of scene.replicas) {
    const certificate = readCertificate(served.at(-1)?.cert ?? "");
    const now = scene.clock.now();
    assert.ok(certificate && isValidAt(certificate, now), "what is served holds");
    for (const bundle of scene.trusted()) {
      assert.ok(bundle.some((authority) => isIssuedBy(certificate, authority) && isValidAt(authority, now)));
      assert.is(scene.fault(certificate, bundle), undefined);
    }
  }
}

years("pass in steps of 24 days, and every client is served at every moment", async () => {
  const scene = await running();
  const authorities = new Set<string>();
  const serving = new Set<string>();
  const end = scene.clock.now() + 10 * year;
  while (scene.clock.now() < end) {
    scene.jump(24 * day);
    await scene.pass(75 * minute);
    assertServed(scene);
    authorities.add(scene.stored("ca.crt"));
    serving.add(scene.stored("tls.crt"));
  }

  assert.equal(scene.broken, []);
  assert.is(authorities.size, 3);
  // Each is renewed after 60 of its 90 days, at the first look after that.
  assert.ok(serving.size > 10 * 4 && serving.size < 10 * 7, `${serving.size} certificates`);
  assert.equal(
    scene.trusted().map(({ length }) => length),
    [1, 1, 1],
  );
  await scene.close();
});

years("pass in one jump, and an hour later at most all is served with new certificates", async () => {
  const scene = await running();

  scene.jump(10 * year);
  // The clients' lag is not what is tried here: nothing that was made before the jump holds after it.
  scene.excuse(65 * minute + 5 * minute);
  await scene.pass(61 * minute);

  assertServed(scene);
  await scene.pass(90 * minute);
  assert.equal(scene.broken, []);
  assert.equal(
    scene.trusted().map(({ length }) => length),
    [1, 1, 1],
  );
  await scene.close();
});

years("pass while nobody runs", async () => {
  const scene = await running();
  for (const replica of scene.replicas) scene.crash(replica);

  scene.jump(10 * year);
  scene.start();
  scene.start();
  await scene.pass(1_000);

  assertServed(scene);
  await scene.close();
});

years("are taken back where the clock was wrong", async () => {
  const scene = await running();
  for (const jump of [10 * year, -10 * year, -1 * year]) {
    scene.jump(jump);
    scene.excuse(70 * minute);
    await scene.pass(65 * minute);
    assertServed(scene);
  }
  await scene.pass(90 * minute);
  assert.equal(scene.broken, []);
  await scene.close();
});

years("do not end where the configurations never carry the next authority", async () => {
  const scene = new CertificateScene();
  scene.excuse(Number.POSITIVE_INFINITY);
  await scene.install();
  const replica = scene.start({
    faults: ({ verb, resource }) =>
      verb === "patch" && resource?.plural.endsWith("configurations") ? { kind: "loseRequest", afterMs: 1 } : undefined,
  });
  await scene.pass(minute);
  for (let week = 0; week < 6 * 52; week += 3) {
    scene.jump(21 * day);
    await scene.pass(61 * minute);
    const certificate = scene.certificate(replica);
    assert.ok(certificate && isValidAt(certificate, scene.clock.now()), `week ${week}`);
  }
  const writes = replica.lines.filter((line) => line.startsWith("renewed"));
  assert.ok(writes.length < 6 * 8, `${writes.length} renewals`);
  await scene.close();
});

years("are counted in lifetimes that fit each other", () => {
  const { caMs, caRenewAt, servingMs, propagationMs, retireMs } = defaultLifetimes;
  assert.ok(servingMs < caMs * (1 - caRenewAt));
  assert.ok(propagationMs < retireMs);
});

years.run();
