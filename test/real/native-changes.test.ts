/**
 * Changes that overlap, on the real API server: successors that come before the old pool is gone, subnets that change back and
 * forth, whole namespaces that go. Whatever happens, ledger and pools agree at the end and nobody shares an address.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { replicaSets, spiderSubnets } from "../../src/api/resources.ts";
import { eventually } from "../support/eventually.ts";
import { deployment, type KindOfWorkload, nativeWorkloads } from "../support/manifests.ts";
import { namespaces, removeObject } from "../support/real.ts";
import { Stage } from "../support/stage.ts";

const changes = suite("overlapping changes");
let stage: Stage;

changes.before(async () => {
  stage = await Stage.open();
});
changes.after.each(() => stage.clear());
changes.after(() => stage.close());

changes("a successor that comes while the old pool is in use has a pool of its own at once", async () => {
  const place = await stage.place({ v4: 10 });
  const asking = { subnet: { ipv4: [place.v4] }, number: "2" };
  await place.run(deployment, "web", asking);
  const [old] = await place.poolsOf(2);
  const name = old?.metadata.name ?? "";
  await place.occupy(name, old?.spec.ips?.[0]?.split("-")[0] ?? "");
  await place.end(deployment, "web");
  await eventually(async () => assert.ok((await place.pools())[0]?.metadata.deletionTimestamp));

  const successor = await place.run(deployment, "web", asking);
  await eventually(async () => {
    const young = (await place.pools()).find(({ metadata }) => metadata.name !== name);
    assert.is(young?.metadata.labels?.["ipam.spidernet.io/owner-application-uid"], successor.metadata.uid);
    assert.is(young?.status?.state, "created");
    await place.assertBooks();
  });

  await place.occupy(name);
  const [left] = await place.poolsOf(2);
  assert.is.not(left?.metadata.name, name);
});

changes("an application that is replaced again and again ends with one pool of its last number", async () => {
  const place = await stage.place({ v4: 30 });
  for (let round = 1; round <= 6; round += 1) {
    const asking = { subnet: { ipv4: [place.v4] }, number: String(round), reclaim: String(round % 2 === 0) };
    if (round > 1) await place.end(deployment, "web");
    await place.run(deployment, "web", asking, 0);
  }

  await eventually(async () => {
    const pools = await place.pools();
    // A kept pool is for the successor; one that is reclaimed goes.
    assert.is(pools.length, 1);
    await place.poolsOf(6);
  });
});

changes("a subnet that changes back and forth ends where it should", async () => {
  const place = await stage.place({ v4: 10 });
  const second = await place.addSubnet(4, 10);
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "2" }, 0);
  for (const name of [second, place.v4, second, place.v4, second]) {
    await place.ask(deployment, "web", { subnet: { ipv4: [name] }, number: "2" });
  }

  await eventually(async () => {
    const [pool] = await place.poolsOf(2);
    assert.is(pool?.metadata.labels?.["ipam.spidernet.io/owner-spider-subnet"], second);
  });
  assert.equal(await place.records(place.v4), {});
});

changes("two NICs that exchange their subnets have new pools, and both subnets are right", async () => {
  const place = await stage.place({ v4: 10 });
  const second = await place.addSubnet(4, 10);
  const subnets = (eth0: string, net1: string): { interface: string; ipv4: string[] }[] => [
    { interface: "eth0", ipv4: [eth0] },
    { interface: "net1", ipv4: [net1] },
  ];
  await place.run(deployment, "web", { subnets: subnets(place.v4, second), number: "2" }, 0);
  await place.poolsOf(2, 2);

  await place.ask(deployment, "web", { subnets: subnets(second, place.v4), number: "3" });

  await eventually(async () => {
    const pools = await place.poolsOf(3, 3);
    const facts = pools.map(({ metadata: { labels = {} } }) =>
      [labels["ipam.spidernet.io/interface"], labels["ipam.spidernet.io/owner-spider-subnet"]].join(" "),
    );
    assert.equal(new Set(facts), new Set([`eth0 ${second}`, `net1 ${place.v4}`]));
  });
});

changes("applications of one name in two namespaces have nothing to do with each other", async () => {
  const [one, two] = [await stage.place({ v4: 10 }), await stage.place()];
  const asking = { subnet: { ipv4: [one.v4] }, number: "2" };
  await one.run(deployment, "web", asking);
  await two.run(deployment, "web", asking);
  const [first, second] = await eventually(async () => {
    const pools = [(await one.pools())[0], (await two.pools())[0]];
    assert.ok(
      pools.every((pool) => pool !== undefined),
      "both applications have a pool",
    );
    return pools;
  });
  await eventually(async () => {
    const [a, b] = [(await one.pools())[0], (await two.pools())[0]];
    assert.ok(a?.status?.state === "created" && b?.status?.state === "created");
    assert.is.not(a.metadata.name, b.metadata.name);
    assert.is(Object.keys(await one.records(one.v4)).length, 2);
  });
  assert.is(first?.metadata.name === second?.metadata.name, false);

  await one.end(deployment, "web");

  await eventually(async () => assert.equal(await one.pools(), []));
  assert.is((await two.pools()).length, 1);
});

changes("a ReplicaSet that a Deployment takes over gives its pool up for the Deployment's", async () => {
  const place = await stage.place({ v4: 10 });
  const asking = { subnet: { ipv4: [place.v4] }, number: "2" };
  const replicaSet = nativeWorkloads.find(({ resource }) => resource === replicaSets) as KindOfWorkload;
  const manifest = replicaSet.manifest({ namespace: place.namespace, name: "web" }, asking, 1);
  // What the Deployment's selector will look for.
  await place.create(replicaSets, { ...manifest, metadata: { ...manifest.metadata, labels: { app: "web" } } });
  await place.poolsOf(2);

  await place.run(deployment, "web", { ...asking, number: "3" }, 1);

  await eventually(async () => {
    const [pool] = await place.poolsOf(3);
    assert.is(pool?.metadata.labels?.["ipam.spidernet.io/owner-application-kind"], "Deployment");
  });
});

changes("a namespace that is deleted takes all its pools with it", async () => {
  const place = await stage.place({ v4: 40, v6: 40 });
  const subnet = { ipv4: [place.v4], ipv6: [place.v6] };
  for (const kind of nativeWorkloads) {
    if (kind.resource.kind !== "DaemonSet") await place.run(kind, "web", { subnet, number: "1" });
  }
  await place.poolsOf(...Array.from({ length: 10 }, () => 1));

  await removeObject(stage.cluster, namespaces, { name: place.namespace });

  await eventually(async () => assert.equal(await place.pools(), []), { seconds: 20 });
  await place.poolsOf();
});

changes("a subnet that is deleted in the foreground while an application lives goes when that ends", async () => {
  const place = await stage.place({ v4: 10 });
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "2" });
  const [pool] = await place.poolsOf(2);
  await place.occupy(pool?.metadata.name ?? "", pool?.spec.ips?.[0]?.split("-")[0] ?? "");
  await stage.cluster.delete(spiderSubnets, { name: place.v4 }, { propagationPolicy: "Foreground" });
  await eventually(async () => assert.ok((await place.subnet(place.v4)).metadata.deletionTimestamp));
  await stage.quiet();
  assert.ok((await place.records(place.v4))[pool?.metadata.name ?? ""]);

  await place.end(deployment, "web");
  await place.occupy(pool?.metadata.name ?? "");

  await place.poolsOf();
  await eventually(async () => {
    const { items } = await stage.cluster.list(spiderSubnets);
    assert.not.ok(items.some(({ metadata }) => metadata.name === place.v4));
  });
});

changes.run();
