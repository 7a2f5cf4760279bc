/**
 * The webhook as it is deployed, called by a real API server: what it fills in and refuses, and whom it does not stop when it is dead.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import { FINALIZER, LABEL } from "../../src/api/names.ts";
import { pods, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { ApiError, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { kubectl } from "../support/kubectl.ts";
import { freshNamespace, removeObject } from "../support/real.ts";
import { type RunningWebhook, startWebhook } from "../support/running-webhook.ts";

type WithSpec = KubeObject & { spec: SpiderIPPoolSpec };

let webhook: RunningWebhook;
let created: [Resource, string][] = [];

async function create<T extends KubeObject = SpiderSubnet>(resource: Resource, name: string, spec: object): Promise<T> {
  const object = { metadata: { name: `${webhook.name}-${name}` }, spec } as unknown as T;
  created.push([resource, object.metadata.name]);
  return webhook.cluster.create<T>(resource, object);
}

/** Returns the error of a call that must fail. */
async function refused(call: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, ApiError);
  return error as ApiError;
}

async function removeCreated(): Promise<void> {
  const { cluster } = webhook;
  for (const [resource, name] of created.reverse()) {
    await removeObject(cluster, resource, { name });
    await cluster.patch(resource, { name }, { metadata: { finalizers: [] } }).catch(() => {});
  }
  created = [];
}

const alive = suite("webhook: called by the API server");
alive.before(async () => {
  webhook = await startWebhook({ validateDelete: true });
});
alive.after.each(removeCreated);
alive.after(() => webhook.remove());

alive("fills in what is missing", async () => {
  const subnet = await create(spiderSubnets, "a", {
    subnet: "198.51.100.0/24",
    ips: ["198.51.100.3", "198.51.100.1-198.51.100.2"],
  });

  assert.equal(subnet.spec, {
    ipVersion: 4,
    subnet: "198.51.100.0/24",
    ips: ["198.51.100.1-198.51.100.3"],
  });
  assert.equal(subnet.metadata.finalizers, [FINALIZER]);
  assert.is(subnet.metadata.labels?.[LABEL.subnetCidr], "198-51-100-0-24");
});

alive("refuses with the code, the field and the way out, as kubectl shows it", async () => {
  await create(spiderSubnets, "a", { subnet: "198.51.101.0/24" });

  const error = await refused(create(spiderSubnets, "b", { subnet: "198.51.101.128/25" }));

  assert.is(error.code, 422);
  assert.is(error.reason, "Invalid");
  assert.match(error.message, /^admission webhook "spidersubnet\.spiderpool\.spidernet\.io" denied the request: /);
  assert.match(error.message, `spec.subnet: Invalid value: "198.51.101.128/25": overlap with Subnet ${webhook.name}-a`);
});

alive("refuses pools and reserved addresses too, and takes those that are right", async () => {
  await create(spiderIPPools, "p", { subnet: "198.51.102.0/24", ips: ["198.51.102.7"] });
  await create(spiderReservedIPs, "r", { ips: ["198.51.102.9"] });

  const overlapping = await refused(
    create(spiderIPPools, "q", { subnet: "198.51.102.0/24", ips: ["198.51.102.1-198.51.102.9"] }),
  );

  assert.is(overlapping.code, 422);
  assert.match(overlapping.message, `overlap with IPPool ${webhook.name}-p`);
});

alive("keeps what is in use from being deleted, where that is wanted", async () => {
  const { metadata } = await create<SpiderIPPool>(spiderIPPools, "p", { subnet: "198.51.103.0/24" });
  const ref = { name: metadata.name };
  const status = { allocatedIPs: '{"198.51.103.7":{"pod":"a/b","podUid":"c"}}', allocatedIPCount: 1 };
  await webhook.cluster.patch(spiderIPPools, ref, { status }, { subresource: "status" });

  const error = await refused(webhook.cluster.delete(spiderIPPools, ref));

  assert.is(error.code, 403);
  assert.match(error.message, "cannot delete an IPPool with allocated IPs(1)");
  const freed = { allocatedIPs: null, allocatedIPCount: 0 };
  await webhook.cluster.patch(spiderIPPools, ref, { status: freed }, { subresource: "status" });
  await webhook.cluster.delete(spiderIPPools, ref);
});

alive("is asked of a hundred thousand addresses, and answers", async () => {
  const ips = Array.from(
    { length: 50_000 },
    (_, index) => `10.${100 + (index >> 15)}.${(index >> 7) & 255}.${(index & 127) * 2}`,
  );
  const { metadata } = await create<WithSpec>(spiderIPPools, "p", { subnet: "10.96.0.0/11", ips });
  const ref = { name: metadata.name };

  await webhook.cluster.patch(spiderIPPools, ref, { metadata: { annotations: { a: "b" } } });
  const grown = await webhook.cluster.patch<WithSpec>(spiderIPPools, ref, { spec: { gateway: "10.96.0.1" } });

  assert.is(grown.spec.gateway, "10.96.0.1");
  assert.is(grown.spec.ips?.length, ips.length);
});

alive("counts what it answered", async () => {
  await refused(create(spiderSubnets, "a", { subnet: "198.51.105.0/24", ips: ["192.0.2.1"] }));

  const reply = await fetch(`http://127.0.0.1:${webhook.serving.ports.metrics}/metrics`);

  assert.match(
    await reply.text(),
    /autopool_admission_requests_total\{kind="SpiderSubnet",operation="CREATE",webhook="mutate",allowed="true"\} [1-9]/,
  );
});

alive.run();

const dead = suite("webhook: dead");
dead.before(async () => {
  webhook = await startWebhook();
});
dead.after(() => webhook.remove());

dead("stops who edits a spec, and nobody else", async () => {
  const { cluster } = webhook;
  const namespace = await freshNamespace(cluster, "dead");
  try {
    const { metadata } = await create<SpiderIPPool>(spiderIPPools, "p", { subnet: "198.51.100.0/24" });
    const ref = { name: metadata.name };
    const subnet = await create(spiderSubnets, "s", { subnet: "203.0.113.0/24" });
    await webhook.kill();
    const edit = (spec: object): Promise<unknown> => cluster.patch(spiderIPPools, ref, { spec });

    const stopped = await refused(edit({ gateway: "198.51.100.1" }));
    assert.is(stopped.code, 500);
    assert.match(stopped.message, "failed calling webhook");
    assert.is((await refused(create(spiderSubnets, "t", { subnet: "192.0.2.0/24" }))).code, 500);
    const labels = { [LABEL.ownerSubnet]: "x" };
    assert.is((await refused(cluster.patch(spiderIPPools, ref, { metadata: { labels } }))).code, 500);

    // Status writes, by whomever.
    await cluster.patch(spiderIPPools, ref, { status: { totalIPCount: 7 } }, { subresource: "status" });
    const ledger = { controlledIPPools: "{}", allocatedIPCount: 0 };
    await cluster.patch(spiderSubnets, subnet.metadata, { status: ledger }, { subresource: "status" });
    // Metadata that no rule looks at.
    await cluster.patch(spiderIPPools, ref, { metadata: { annotations: { a: "b" }, labels: { team: "x" } } });
    // A spec that is written again as it is.
    await edit({ subnet: "198.51.100.0/24" });
    // Operator and agents.
    for (const account of ["autopool", "autopool-agent"]) {
      const as = ["--as", `system:serviceaccount:autopool-system:${account}`, "--as-group", "system:masters"];
      const patch = JSON.stringify({ spec: { excludeIPs: [`198.51.100.${account.length}`] } });
      await kubectl("patch", "spiderippool", ref.name, "--type=merge", "-p", patch, ...as);
    }
    // Pods.
    await cluster.create<KubeObject & { spec: object }>(pods, {
      metadata: { namespace: namespace.name, name: "web" },
      spec: { containers: [{ name: "main", image: "none" }] },
    });
    // Deletion, and the end of finalizers.
    for (const [resource, { name }] of [
      [spiderIPPools, ref],
      [spiderSubnets, subnet.metadata],
    ] as const) {
      await cluster.delete(resource, { name });
      await cluster.patch(resource, { name }, { metadata: { finalizers: null } });
    }
    created = [];
  } finally {
    await removeCreated();
    await namespace.remove();
  }
});

dead.run();
