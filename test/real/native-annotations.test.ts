/**
 * What the annotations of native applications bring about on the real API server: families, NICs, numbers, reclaim.
 *
 * Deployments stand for all kinds here; `native.test.ts` goes through the kinds.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cronJobs, jobs } from "../../src/api/resources.ts";
import { eventually } from "../support/eventually.ts";
import { deployment, type KindOfWorkload, nativeWorkloads } from "../support/manifests.ts";
import { sizeOf } from "../support/place.ts";
import { Stage } from "../support/stage.ts";

const annotations = suite("annotations of native applications");
let stage: Stage;

annotations.before(async () => {
  stage = await Stage.open();
});
annotations.after.each(() => stage.clear());
annotations.after(() => stage.close());

for (const family of [4, 6] as const) {
  annotations(`one subnet of IPv${family} alone gives one pool`, async () => {
    const place = await stage.place({ v4: 10, v6: 10 });
    const subnet = family === 4 ? { ipv4: [place.v4] } : { ipv6: [place.v6] };

    await place.run(deployment, "web", { subnet, number: "3" });

    const [pool] = await place.poolsOf(3);
    assert.match(pool?.metadata.name ?? "", new RegExp(`^auto${family}-web-eth0-[0-9a-f]{5}$`));
    assert.is(pool?.spec.ipVersion, family);
  });
}

annotations("`subnets` gives every NIC pools of its own, and one goes when its NIC does", async () => {
  const place = await stage.place({ v4: 10, v6: 10 });
  const second = await place.addSubnet(4, 10);
  const eth0 = { interface: "eth0", ipv4: [place.v4], ipv6: [place.v6] };
  const net1 = { interface: "net1", ipv4: [second] };
  await place.run(deployment, "web", { subnets: [eth0, net1], number: "+1" }, 2);

  const pools = await place.poolsOf(3, 3, 3);

  const facts = pools.map(({ metadata }) => {
    const { labels = {} } = metadata;
    const owner = labels["ipam.spidernet.io/owner-spider-subnet"];
    return [metadata.name.replace(/-[^-]+$/, ""), labels["ipam.spidernet.io/interface"], owner];
  });
  assert.equal(facts, [
    ["auto4-web-eth0", "eth0", place.v4],
    ["auto4-web-net1", "net1", second],
    ["auto6-web-eth0", "eth0", place.v6],
  ]);

  await place.ask(deployment, "web", { subnets: [eth0], number: "+1" });
  const left = await place.poolsOf(3, 3);
  assert.equal(
    left.map(({ metadata }) => metadata.uid),
    [pools[0]?.metadata.uid, pools[2]?.metadata.uid],
  );
});

annotations("a plain number holds whatever the replicas are, and counts anew when it changes", async () => {
  const place = await stage.place({ v4: 20 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "web", { subnet, number: "4" }, 1);
  const [before] = await place.poolsOf(4);

  await place.scale(deployment, "web", 6);
  await stage.quiet();
  const [after] = await place.poolsOf(4);
  assert.equal(after?.spec, before?.spec);

  await place.ask(deployment, "web", { subnet, number: "9" });
  const [grown] = await place.poolsOf(9);
  assert.is(grown?.metadata.annotations?.["ipam.spidernet.io/ippool-ip-number"], "9");
  await place.ask(deployment, "web", { subnet, number: "+0" });
  await place.poolsOf(6);
});

annotations("without a number there is one address more than replicas", async () => {
  const place = await stage.place({ v4: 20 });

  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] } }, 2);

  const [pool] = await place.poolsOf(3);
  assert.is(pool?.metadata.annotations?.["ipam.spidernet.io/ippool-ip-number"], "+1");
});

annotations("nothing wanted is an empty pool, recorded as the reference does, that grows later", async () => {
  const place = await stage.place({ v4: 20 });
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "+0" }, 0);

  const [pool] = await place.poolsOf(0);
  const { status } = await place.subnet(place.v4);
  assert.match(status?.controlledIPPools ?? "", `{"${pool?.metadata.name}":{"ips":null,"application":"apps_v1_`);

  await place.scale(deployment, "web", 2);
  await place.poolsOf(2);
});

annotations("what a Deployment or a CronJob makes has no pool of its own", async () => {
  const place = await stage.place({ v4: 20 });
  const asking = { subnet: { ipv4: [place.v4] }, number: "+1" };
  await place.run(deployment, "web", asking, 2);
  const cronJob = nativeWorkloads.find(({ resource }) => resource === cronJobs) as KindOfWorkload;
  const job = nativeWorkloads.find(({ resource }) => resource === jobs) as KindOfWorkload;
  const owner = await place.run(cronJob, "nightly", asking, 3);
  const { uid = "" } = owner.metadata;
  const manifest = job.manifest({ namespace: place.namespace, name: "nightly-1" }, asking, 3);
  manifest.metadata = {
    ...manifest.metadata,
    ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: "nightly", uid, controller: true }],
  };

  await place.create(jobs, manifest);
  await place.poolsOf(3, 4);
  await stage.quiet();

  await place.poolsOf(3, 4);
});

annotations("pods on the host's network want no pool", async () => {
  const place = await stage.place({ v4: 20 });
  const ref = { namespace: place.namespace, name: "web" };
  const manifest = deployment.manifest(ref, { subnet: { ipv4: [place.v4] }, number: "2" }, 1);
  const template = manifest.spec["template"] as { spec: object };
  const onHost = { ...manifest.spec, template: { ...template, spec: { ...template.spec, hostNetwork: true } } };
  await place.create(deployment.resource, { ...manifest, spec: onHost });
  await place.run(deployment, "other", { subnet: { ipv4: [place.v4] }, number: "1" });

  await place.poolsOf(1);
});

annotations("a pool follows a changed reclaim, so that a kept one goes after all", async () => {
  const place = await stage.place({ v4: 20 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "web", { subnet, number: "2", reclaim: "false" });
  await place.poolsOf(2);

  await place.ask(deployment, "web", { subnet, number: "2" });
  await eventually(async () => {
    const [pool] = await place.pools();
    assert.is(pool?.metadata.labels?.["ipam.spidernet.io/ippool-reclaim"], "true");
  });
  await place.end(deployment, "web");

  await place.poolsOf();
});

annotations("a pool does not shrink below its addresses in use, says so, and shrinks when they are free", async () => {
  const place = await stage.place({ v4: 20 });
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "+0" }, 4);
  const [pool] = await place.poolsOf(4);
  const name = pool?.metadata.name ?? "";
  const address = (index: number): string =>
    pool?.spec.ips?.[0]?.split("-")[0]?.replace(/\d+$/, (digits) => String(Number(digits) + index)) ?? "";
  await place.occupy(name, address(1), address(2), address(3));

  await place.scale(deployment, "web", 2);
  const told = `Pool ${name} cannot shrink from 4 to 2 yet: 3 addresses are in use`;
  await place.told("Deployment", "web", "ShrinkBlocked", told);
  await place.told("SpiderIPPool", name, "ShrinkBlocked", told);
  await eventually(async () => assert.is((await place.pools())[0]?.status?.state, "scaling"));
  assert.equal((await place.pools())[0]?.spec.ips, pool?.spec.ips);

  await place.occupy(name, address(1), address(3));
  const [shrunk] = await place.poolsOf(2);
  assert.equal(shrunk?.spec.ips, [address(1), address(3)]);
  assert.is(shrunk?.status?.state, "created");
});

annotations("a pool whose application is gone is deleted only when its last address is free", async () => {
  const place = await stage.place({ v4: 20 });
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "2" });
  const [pool] = await place.poolsOf(2);
  const name = pool?.metadata.name ?? "";
  await place.occupy(name, pool?.spec.ips?.[0]?.split("-")[0] ?? "");

  await place.end(deployment, "web");
  await eventually(async () => assert.ok((await place.pools())[0]?.metadata.deletionTimestamp));
  await stage.quiet();
  assert.equal((await place.pools()).map(sizeOf), [2]);
  assert.ok((await place.records(place.v4))[name]);

  await place.occupy(name);
  await place.poolsOf();
});

annotations.run();
