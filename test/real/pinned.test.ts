/**
 * The pools of applications that Kubernetes does not ship, with OpenKruise's controllers, on the real API server: made for the
 * first pod, never resized, never deleted, taken over by a successor (DESIGN §4).
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { pods, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { eventually } from "../support/eventually.ts";
import { kubectl } from "../support/kubectl.ts";
import { cloneSet, deployment, type Manifest } from "../support/manifests.ts";
import type { Place } from "../support/place.ts";
import { removeObject } from "../support/real.ts";
import { Stage } from "../support/stage.ts";

const seed = new URL("../fixtures/seed/", import.meta.url).pathname;
const shared = new URL("../../../shared/seed/", import.meta.url).pathname;
const walkthrough = "custom-kruise-cloneset";

const controllers: Resource = {
  group: "",
  version: "v1",
  plural: "replicationcontrollers",
  kind: "ReplicationController",
  namespaced: true,
};

const pinned = suite("pinned applications");
let stage: Stage;

pinned.before(async () => {
  stage = await Stage.open();
});
pinned.after.each(() => stage.clear());
pinned.after(() => stage.close());

/** Pods of a namespace that belong to an application and are not on their way out. */
async function podsOf(place: Place, app: string): Promise<KubeObject[]> {
  const { items } = await stage.cluster.list(pods, { namespace: place.namespace, labelSelector: `app=${app}` });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const uidLabel = ({ metadata }: SpiderIPPool): string | undefined =>
  metadata.labels?.["ipam.spidernet.io/owner-application-uid"];
const identityOf = ({ metadata, spec }: SpiderIPPool): unknown => [metadata.name, metadata.uid, spec.ips];
const suffixOf = ({ metadata }: KubeObject): string => metadata.uid?.split("-").at(-1)?.slice(0, 5) ?? "";

/** Waits until these very pools, with the same addresses, are in a state. */
async function assertKept(place: Place, before: readonly SpiderIPPool[], state: string): Promise<SpiderIPPool[]> {
  return eventually(async () => {
    const now = await place.pools();
    assert.equal(now.map(identityOf), before.map(identityOf));
    for (const { status } of now) assert.is(status?.state, state);
    await place.assertBooks();
    return now;
  });
}

pinned("the manifests are the walkthrough's, byte for byte", () => {
  for (const file of ["subnets.yaml", "automatic.yaml"]) {
    assert.ok(existsSync(`${seed}${file}`));
    if (!existsSync(shared)) continue;
    assert.ok(readFileSync(`${seed}${file}`).equals(readFileSync(`${shared}${file}`)), `${file} was changed`);
  }
});

/** Applies the walkthrough's manifests as they are and waits for its two pools. */
async function walk(): Promise<{ place: Place; pools: SpiderIPPool[]; owner: KubeObject }> {
  const place = stage.defaultPlace();
  place.own(spiderSubnets, "subnet-demo-v4");
  place.own(spiderSubnets, "subnet-demo-v6");
  place.own(cloneSets, walkthrough);
  await kubectl("apply", "-f", `${seed}subnets.yaml`, "-f", `${seed}automatic.yaml`);
  const owner = await stage.cluster.get(cloneSets, { namespace: "default", name: walkthrough });
  return { place, pools: await place.poolsOf(5, 5), owner };
}

const patchWalkthrough = (spec: object): Promise<unknown> =>
  stage.cluster.patch(cloneSets, { namespace: "default", name: walkthrough }, { spec });

pinned("the walkthrough's CloneSet has two pools of 5 that kubectl shows as the walkthrough does", async () => {
  const { pools, owner } = await walk();
  const names = pools.map(({ metadata }) => metadata.name);

  assert.equal(names, [
    `auto4-custom-kruise-cloneset-eth0-${suffixOf(owner)}`,
    `auto6-custom-kruise-cloneset-eth0-${suffixOf(owner)}`,
  ]);
  assert.equal(
    pools.map(({ spec }) => spec.ips),
    [["172.16.41.1-172.16.41.5"], ["fc00:f853:ccd:e790::1-fc00:f853:ccd:e790::5"]],
  );
  for (const { metadata, spec, status } of pools) {
    assert.is(metadata.labels?.["ipam.spidernet.io/owner-application-gv"], "apps.kruise.io_v1alpha1");
    assert.is(metadata.labels?.["ipam.spidernet.io/owner-application-kind"], "CloneSet");
    assert.is(metadata.annotations?.["ipam.spidernet.io/ippool-ip-number"], "5");
    assert.is(spec.podAffinity?.matchLabels?.["ipam.spidernet.io/app-api-group"], "apps.kruise.io");
    assert.equal([status?.state, status?.conditions?.[0]?.reason], ["created", "Pinned"]);
  }
  assert.is(
    await kubectl("get", "sp", ...names),
    `NAME                                      VERSION   SUBNET                    ALLOCATED-IP-COUNT   TOTAL-IP-COUNT   DEFAULT   DISABLE   APP-NAMESPACE
${names[0]}   4         172.16.0.0/16             0                    5                false     false     default
${names[1]}   6         fc00:f853:ccd:e790::/64   0                    5                false     false     default
`,
  );
});

pinned("more pods and another number change nothing but what is told", async () => {
  const { place, pools } = await walk();
  const [four, six] = pools.map(({ metadata }) => metadata.name);

  await patchWalkthrough({ replicas: 9 });
  await eventually(async () => assert.is((await podsOf(place, walkthrough)).length, 9));
  await place.told("CloneSet", walkthrough, "ScalingDisabled", /more pods than the pool's 5 addresses/);
  for (const name of [four, six]) await place.told("SpiderIPPool", name ?? "", "ScalingDisabled", /5 addresses/);
  await assertKept(place, pools, "created");

  // Of pods that are made within one second none is known to be the newest, whose number counts.
  await sleep(systemClock, 1100);
  const annotations = { "ipam.spidernet.io/ippool-ip-number": "7" };
  await patchWalkthrough({ replicas: 3, template: { metadata: { annotations } } });
  await place.told("CloneSet", walkthrough, "ScalingDisabled", /keeps its 5 addresses.* 7 are asked for/);
  for (const name of [four, six]) await place.told("SpiderIPPool", name ?? "", "ScalingDisabled", /7 are asked for/);
  await stage.quiet();
  await assertKept(place, pools, "created");
});

pinned("the pools outlive their CloneSet, go to its successor, and go when a person deletes them", async () => {
  const { place, pools } = await walk();

  await place.end(cloneSet, walkthrough);
  await eventually(async () => assert.equal(await podsOf(place, walkthrough), []), { seconds: 20 });
  const orphans = await assertKept(place, pools, "orphaned");
  assert.is(orphans[0]?.status?.conditions?.[0]?.reason, "Pinned");
  await stage.quiet();
  await assertKept(place, pools, "orphaned");

  await kubectl("apply", "-f", `${seed}automatic.yaml`);
  const { metadata } = await stage.cluster.get(cloneSets, { namespace: "default", name: walkthrough });
  await eventually(async () => {
    const adopted = await assertKept(place, pools, "created");
    assert.equal(adopted.map(uidLabel), [metadata.uid, metadata.uid]);
  });

  await place.end(cloneSet, walkthrough);
  await assertKept(place, pools, "orphaned");
  await kubectl("delete", "sp", ...pools.map((pool) => pool.metadata.name));
  await place.poolsOf();
});

pinned("a successor that asks for another number gets the orphan as it is", async () => {
  const place = await stage.place({ v4: 20 });
  const subnet = { ipv4: [place.v4] };
  await place.run(cloneSet, "app", { subnet, number: "5" });
  const pools = await place.poolsOf(5);
  await place.end(cloneSet, "app");
  await assertKept(place, pools, "orphaned");

  await place.run(cloneSet, "app", { subnet, number: "3" });

  await assertKept(place, pools, "created");
  await place.told("CloneSet", "app", "ScalingDisabled", /keeps its 5 addresses.* 3 are asked for/);
});

pinned("a stranger of the same name does not get the orphan", async () => {
  const place = await stage.place({ v4: 20 });
  const asking = { subnet: { ipv4: [place.v4] }, number: "2" };
  await place.run(cloneSet, "app", asking);
  const [orphan] = await place.poolsOf(2);
  await place.end(cloneSet, "app");
  await eventually(async () => assert.is((await place.pools())[0]?.status?.state, "orphaned"));

  await place.run(deployment, "app", asking);

  const pools = await place.poolsOf(2, 2);
  assert.is(pools.find(({ metadata }) => metadata.uid === orphan?.metadata.uid)?.status?.state, "orphaned");
});

pinned("neither `ippool-reclaim` nor a scale to 0 nor a removed annotation makes a pool go", async () => {
  const place = await stage.place({ v4: 20 });
  const asking = { subnet: { ipv4: [place.v4] }, number: "2", reclaim: "true" };
  await place.run(cloneSet, "app", asking, 2);
  const pools = await place.poolsOf(2);

  await place.scale(cloneSet, "app", 0);
  await eventually(async () => assert.equal(await podsOf(place, "app"), []));
  await stage.quiet();
  await assertKept(place, pools, "created");

  await place.ask(cloneSet, "app", {});
  await place.scale(cloneSet, "app", 1);
  await assertKept(place, pools, "orphaned");

  await place.ask(cloneSet, "app", asking);
  await assertKept(place, pools, "created");
});

for (const [what, number, text] of [
  ['"+5"', "+5", 'is "+5"; it must be a plain number like "5"'],
  ["no number", undefined, "is absent; it must be a plain number"],
] as const) {
  pinned(`${what} is refused on pod and CloneSet, and heals when the number is put right`, async () => {
    const place = await stage.place({ v4: 20 });
    const subnet = { ipv4: [place.v4] };
    await place.run(cloneSet, "app", { subnet, ...(number === undefined ? {} : { number }) });

    const { message } = await place.told("CloneSet", "app", "FixedNumberRequired", /./);
    assert.ok(message.includes(text), message);
    const [pod] = await podsOf(place, "app");
    await place.told("Pod", pod?.metadata.name ?? "", "FixedNumberRequired", /./);
    await stage.quiet();
    assert.equal([await place.pools(), await place.records(place.v4)], [[], {}]);

    await place.ask(cloneSet, "app", { subnet, number: "5" });
    await place.poolsOf(5);
  });
}

pinned("a ReplicationController of the core group is pinned like any other, and grows nothing", async () => {
  const place = await stage.place({ v4: 20 });
  const name = "old-style";
  const ref = { namespace: place.namespace, name };
  const { spec } = cloneSet.manifest(ref, { subnet: { ipv4: [place.v4] }, number: "2" }, 1);
  const selector = { app: name };
  const owner = await place.create<Manifest>(controllers, { metadata: ref, spec: { ...spec, selector } });

  const [pool] = await place.poolsOf(2);
  assert.is(pool?.metadata.name, `auto4-${name}-eth0-${suffixOf(owner)}`);
  assert.is(pool?.metadata.labels?.["ipam.spidernet.io/owner-application-gv"], "v1");
  const record = (await place.records(place.v4))[pool?.metadata.name ?? ""];
  assert.is(record?.application, `v1_ReplicationController_${place.namespace}_${name}`);

  await stage.cluster.patch(controllers, ref, { spec: { replicas: 4 } });
  await place.told("ReplicationController", name, "ScalingDisabled", /more pods than the pool's 2 addresses/);
  await removeObject(stage.cluster, controllers, ref);
  await assertKept(place, pool ? [pool] : [], "orphaned");
});

pinned("a pool that a person deletes under a living CloneSet is made again", async () => {
  const place = await stage.place({ v4: 20 });
  await place.run(cloneSet, "app", { subnet: { ipv4: [place.v4] }, number: "2" });
  const [before] = await place.poolsOf(2);

  await removeObject(stage.cluster, spiderIPPools, { name: before?.metadata.name ?? "" });

  await eventually(async () => {
    const [after] = await place.poolsOf(2);
    assert.is.not(after?.metadata.uid, before?.metadata.uid);
  });
});

pinned.run();
