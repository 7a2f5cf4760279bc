/** What people and failures do to the webhook's certificates: healed while everybody is served, and told of once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeAuthority } from "../../../src/admission/certificates/authority.ts";
import { hostsOf } from "../../../src/admission/certificates/certificate.ts";
import { mutatingWebhookConfigurations, secrets, validatingWebhookConfigurations } from "../../../src/api/resources.ts";
import { ApiError } from "../../../src/cluster/cluster.ts";
import type { Fault } from "../../../src/cluster/memory/faults.ts";
import { CertificateScene, day, hosts, minute, ref } from "./certificate-scene.ts";

const damage = suite("certificates: damage");

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

function shown(scene: CertificateScene): string[] {
  return [...scene.replicas].map(({ served }) => served.at(-1)?.cert ?? "");
}

/** Fails unless all is as it should be, nobody was turned away, and nothing secret was said. */
function assertWhole(scene: CertificateScene): void {
  assert.equal(scene.broken, []);
  assert.equal(shown(scene), [scene.stored("tls.crt"), scene.stored("tls.crt")]);
  const keys = ["ca.key", "tls.key"].map((key) => scene.stored(key).split("\n")[1] ?? "");
  for (const { lines } of scene.replicas) {
    const text = lines.join("\n");
    assert.not.match(text, "PRIVATE");
    assert.not(keys.some((key) => key.length === 0 || text.includes(key)));
  }
}

/** Events of a watch come later than anything else waits. */
const late: Fault = { kind: "delay", ms: 4 * minute };

const garbage: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  "garbage in ca.crt": { "ca.crt": "garbage" },
  "garbage in ca.key": { "ca.key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
  "garbage in tls.crt": { "tls.crt": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" },
  "garbage in tls.key": { "tls.key": "\u0000\u0001" },
  "garbage in all": { "ca.crt": "a", "ca.key": "b", "tls.crt": "c", "tls.key": "d", "next-ca.crt": "e" },
  "garbage in next-ca.crt": { "next-ca.crt": "x", "next-ca.key": "y" },
  "garbage in previous-ca.crt": { "previous-ca.crt": "x" },
  "no ca.crt": { "ca.crt": null },
  "no ca.key": { "ca.key": null },
  "no tls.crt": { "tls.crt": null },
  "no tls.key": { "tls.key": null },
  nothing: { "ca.crt": null, "ca.key": null, "tls.crt": null, "tls.key": null },
};

for (const [title, data] of Object.entries(garbage)) {
  damage(`heals ${title} while everybody is served, and tells of it once`, async () => {
    const scene = await running();

    await scene.overwrite(data);
    await scene.pass(90 * minute);

    assertWhole(scene);
    assert.equal(
      scene.trusted().map(({ length }) => length),
      [1, 1, 1],
    );
    assert.is(Object.keys(scene.secret?.data ?? {}).length, 4);
    for (const { lines } of scene.replicas) {
      const told = lines.filter((line) => line.includes("cannot be used"));
      assert.ok(told.length <= 2, told.join("\n"));
    }
    await scene.close();
  });
}

damage("brings a deleted Secret back with other keys, while everybody is served", async () => {
  const scene = await running();
  const [before] = shown(scene);
  const key = scene.stored("ca.key");

  await scene.user.delete(secrets, ref);
  await scene.pass(minute);
  assert.equal(shown(scene), [before, before]);
  await scene.pass(90 * minute);

  assertWhole(scene);
  assert.is.not(scene.stored("tls.crt"), before);
  assert.is.not(scene.stored("ca.key"), key);
  assert.equal(
    scene.trusted().map(({ length }) => length),
    [1, 1, 1],
  );
  await scene.close();
});

damage("lets a replica that starts after the Secret was lost show what everybody trusts", async () => {
  const scene = await running();
  const [before] = shown(scene);
  await scene.user.delete(secrets, ref);
  await scene.pass(1_000);
  const [first] = scene.replicas;
  if (first) scene.crash(first);

  const replica = scene.start();
  await scene.pass(90 * minute);

  assert.is(replica.served[0]?.cert, before);
  assertWhole(scene);
  await scene.close();
});

damage("keeps what is shown until clients trust what a replica without memory has made", async () => {
  const scene = new CertificateScene();
  scene.excuse(1_000);
  await scene.install();
  const blind = scene.start({
    faults: ({ verb, resource }) => (verb === "watch" && resource?.plural === "secrets" ? late : undefined),
  });
  await scene.pass(30 * minute);

  await scene.user.delete(secrets, ref);
  scene.excuse(1_000); // the new one, which nobody trusts yet
  scene.start();
  await scene.pass(scene.lifetimes.propagationMs - 10_000);
  assert.is(blind.served.length, 1);
  assert.equal(
    scene.trusted().map(({ length }) => length),
    [2, 2, 2],
  );
  await scene.pass(90 * minute);

  assertWhole(scene);
  await scene.close();
});

damage("lets no replica that lags put anything old over anything newer", async () => {
  const scene = await running();
  scene.start({
    faults: ({ verb, resource }) => (verb === "watch" && resource?.plural === "secrets" ? late : undefined),
  });
  await scene.pass(10 * minute);
  const sizes: number[] = [];
  const nexts = new Set<string>();
  scene.server.observe(() => {
    sizes.push(Math.max(...scene.trusted().map(({ length }) => length)));
    nexts.add(scene.stored("next-ca.crt"));
  });

  await scene.overwrite({ "ca.key": null });
  await scene.pass(9 * minute);

  assert.is(sizes.at(-1), 2);
  const grown = sizes.indexOf(2);
  assert.equal(new Set(sizes.slice(grown)), new Set([2]));
  assert.equal([...nexts], ["", scene.stored("next-ca.crt")]);
  assert.equal(scene.broken, []);
  await scene.close();
});

damage("begins anew where the Secret is lost and nobody remembers it", async () => {
  const scene = await running();
  for (const replica of scene.replicas) scene.crash(replica);
  await scene.user.delete(secrets, ref);
  scene.excuse(10_000);

  scene.start();
  scene.start();
  await scene.pass(90 * minute);

  assertWhole(scene);
  await scene.close();
});

damage("takes over a Secret of somebody else without losing what else is in it", async () => {
  const scene = new CertificateScene();
  await scene.install();
  const foreign = await makeAuthority({ notBefore: scene.clock.now() - 1, notAfter: scene.clock.now() + day });
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  await scene.user.create<never>(secrets, {
    metadata: { ...ref, labels: { team: "a" } },
    type: "kubernetes.io/tls",
    data: { "tls.crt": encode(foreign.certificate.pem), "tls.key": encode(foreign.key), note: encode("mine") },
  } as never);
  scene.excuse(1_000);

  const replica = scene.start();
  scene.start();
  await scene.pass(90 * minute);

  assertWhole(scene);
  assert.is(scene.stored("note"), "mine");
  assert.equal(scene.secret?.metadata.labels, { team: "a" });
  assert.is(replica.lines.filter((line) => line.startsWith("warning: Secret")).length, 1, replica.lines.join("\n"));
  await scene.close();
});

damage("makes an immutable Secret anew", async () => {
  const scene = new CertificateScene({
    admit: (_resource, object, old) => {
      const isFrozen = (old as { immutable?: boolean } | undefined)?.immutable === true;
      const isChanged = JSON.stringify(object["data" as never]) !== JSON.stringify(old?.["data" as never]);
      if (isFrozen && isChanged) throw new ApiError(422, "Invalid", "field is immutable when `immutable` is set");
    },
  });
  await scene.install();
  await scene.user.create<never>(secrets, { metadata: ref, immutable: true, data: { "ca.crt": "YQ==" } } as never);
  scene.excuse(1_000);

  scene.start();
  scene.start();
  await scene.pass(minute);

  assertWhole(scene);
  await scene.close();
});

damage("puts bundles back that somebody has taken away", async () => {
  const scene = await running();
  for (const resource of [validatingWebhookConfigurations, mutatingWebhookConfigurations]) {
    scene.excuse(1_000 + 5 * minute);
    await scene.user.delete(resource, { name: "autopool" });
    await scene.install([resource]);
    await scene.pass(1_000);
    assert.equal(
      scene.trusted().map(({ length }) => length),
      [1, 1, 1],
    );
  }
  await scene.close();
});

damage("issues another certificate for other hosts, which two versions do not fight about", async () => {
  const scene = await running();
  const authority = scene.stored("ca.crt");
  scene.excuse(1_000);
  scene.start({ hosts: [...hosts, "other.example"] });
  await scene.pass(minute);
  scene.excuse(1_000);
  const newer = scene.start({ hosts: ["new.example", "fd00:0::7"] });
  const version = scene.server.version();
  await scene.pass(day);

  const certificate = scene.certificate(newer);
  const names = certificate ? hostsOf(certificate) : [];
  assert.equal(new Set(names), new Set([...hosts, "new.example", "other.example"]));
  assert.ok(scene.server.version() <= version + 2);
  assert.is(scene.stored("ca.crt"), authority);
  assert.equal(scene.broken, []);
  await scene.close();
});

damage("serves on where the Secret can no longer be read or written, and tells of it once", async () => {
  const scene = new CertificateScene();
  scene.excuse(1_000);
  await scene.install();
  let isForbidden = false;
  const forbidden = new ApiError(403, "Forbidden", 'secrets "autopool-webhook" is forbidden');
  const replica = scene.start({
    faults: ({ resource }) => (isForbidden && resource === secrets ? { kind: "refuse", error: forbidden } : undefined),
  });
  await scene.pass(minute);

  isForbidden = true;
  scene.jump(61 * day);
  await scene.pass(day / 8);
  assert.is(replica.served.length, 1);
  assert.is(replica.lines.filter((line) => line.includes("forbidden")).length, 2, replica.lines.join("\n"));

  isForbidden = false;
  await scene.pass(2 * minute);
  assert.is(replica.served.length, 2);
  assert.equal(scene.broken, []);
  await scene.close();
});

damage("waits at its start until the Secret can be read", async () => {
  const scene = new CertificateScene();
  let isForbidden = true;
  const error = new ApiError(403, "Forbidden", "no");
  const replica = scene.start({ faults: () => (isForbidden ? { kind: "refuse", error } : undefined) });
  await scene.pass(day / 24);
  assert.equal(replica.served, []);
  assert.is(replica.lines.length, 3, replica.lines.join("\n"));

  isForbidden = false;
  await scene.pass(minute);
  assert.is(replica.served.length, 1);
  await scene.close();
});

damage.run();
