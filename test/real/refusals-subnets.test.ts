/**
 * Subnets that cannot give what an application asks for, on the real API server: each refusal is a defined state and an Event with
 * the exact cause, keeps no address back, and heals by itself when the cause goes.
 *
 * That no refusal makes a storm of requests is measured over all of them at once, in `refusals-storm.test.ts`.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spiderIPPools, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import { eventually } from "../support/eventually.ts";
import { deployment, type Manifest } from "../support/manifests.ts";
import { freshSpec, type Place } from "../support/place.ts";
import { removeObject } from "../support/real.ts";
import { Stage } from "../support/stage.ts";

const refusals = suite("refused by the subnet");
let stage: Stage;

refusals.before(async () => {
  stage = await Stage.open();
});
refusals.after.each(() => stage.clear());
refusals.after(() => stage.close());

/** The application's pool waits for this reason and nothing is recorded for it; `pools` are those of others. */
async function assertWaiting(place: Place, reason: string, pools = 0): Promise<void> {
  await eventually(() => assert.ok(place.states().includes(`pending ${reason}`), place.states().join(", ")));
  await stage.quiet();
  assert.is((await place.pools()).length, pools);
  await place.assertBooks();
}

refusals("a missing subnet is named, and the pool comes with it", async () => {
  const place = await stage.place();
  const name = `${place.namespace}-late`;
  await place.run(deployment, "web", { subnet: { ipv4: [name] }, number: "2" });
  await place.told("Deployment", "web", "SubnetNotFound", `SpiderSubnet "${name}" does not exist`);
  await assertWaiting(place, "SubnetNotFound");

  await place.addSubnet(4, 5, name);

  await place.poolsOf(2);
});

refusals("one missing subnet does not keep the other family waiting", async () => {
  const place = await stage.place({ v4: 5 });
  const name = `${place.namespace}-late`;

  await place.run(deployment, "web", { subnet: { ipv4: [place.v4], ipv6: [name] }, number: "2" });
  await place.poolsOf(2);
  await assertWaiting(place, "SubnetNotFound", 1);

  await place.addSubnet(6, 5, name);
  await place.poolsOf(2, 2);
});

refusals("a full subnet says what is free, what is needed and who has some to spare; more addresses help", async () => {
  const place = await stage.place({ v4: 8 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "big", { subnet, number: "5" });
  const [big] = await place.poolsOf(5);

  await place.run(deployment, "web", { subnet, number: "5" });
  const spare = `pool ${big?.metadata.name} holds 5 spare`;
  await place.told(
    "Deployment",
    "web",
    "InsufficientAddresses",
    `${place.v4} has 3 free addresses, 5 are needed; ${spare}`,
  );
  await assertWaiting(place, "InsufficientAddresses", 1);

  const { spec } = await place.subnet(place.v4);
  const base = spec.ips?.[0]?.split("-")[0]?.replace(/\d+$/, "");
  const more = [...(spec.ips ?? []), `${base}200-${base}201`];
  await stage.cluster.patch(spiderSubnets, { name: place.v4 }, { spec: { ips: more } });
  await place.poolsOf(5, 5);
});

refusals("a pool that cannot grow keeps what it has, says so, and grows when somebody else ends", async () => {
  const place = await stage.place({ v4: 8 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "other", { subnet, number: "4" });
  await place.poolsOf(4);
  await place.run(deployment, "web", { subnet, number: "+0" }, 3);
  const before = (await place.poolsOf(3, 4)).find(({ metadata }) => metadata.name.startsWith("auto4-web"));

  await place.scale(deployment, "web", 6);
  const told = await place.told("Deployment", "web", "InsufficientAddresses", /has 1 free address, 3 are needed/);
  await place.told("SpiderIPPool", before?.metadata.name ?? "", "InsufficientAddresses", told.message);
  await eventually(async () => {
    const now = (await place.pools()).find(({ metadata }) => metadata.uid === before?.metadata.uid);
    assert.equal([now?.spec.ips, now?.status?.state], [before?.spec.ips, "scaling"]);
    const stalled = now?.status?.conditions?.find(({ type }) => type === "Stalled");
    assert.equal([stalled?.status, stalled?.message], ["True", told.message]);
  });

  await place.end(deployment, "other");
  await place.poolsOf(6);
});

refusals("reserved addresses and other people's pools count as taken, and their end helps", async () => {
  const place = await stage.place({ v4: 4 });
  const { spec } = await place.subnet(place.v4);
  const [first = "", last = ""] = spec.ips?.[0]?.split("-") ?? [];
  const reserved = `${place.namespace}-reserved`;
  const manual = `${place.namespace}-manual`;
  await place.create<Manifest>(spiderReservedIPs, { metadata: { name: reserved }, spec: { ips: [first] } });
  await place.create<Manifest>(spiderIPPools, {
    metadata: { name: manual },
    spec: { subnet: spec.subnet, ips: [last] },
  });
  await eventually(async () => assert.is((await stage.operator.observer.pools.get(manual))?.metadata.name, manual));

  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "3" });
  await place.told("Deployment", "web", "InsufficientAddresses", /has 2 free addresses, 3 are needed/);

  await removeObject(stage.cluster, spiderReservedIPs, { name: reserved });
  const [pool] = await place.poolsOf(3);
  assert.equal(pool?.spec.ips?.[0]?.split("-")[0], first);
});

refusals("a subnet that is being deleted gives nothing more, and goes with its last pool", async () => {
  const place = await stage.place({ v4: 8 });
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, "old", { subnet, number: "2" });
  const [old] = await place.poolsOf(2);
  await removeObject(stage.cluster, spiderSubnets, { name: place.v4 });
  await eventually(async () => assert.ok((await place.subnet(place.v4)).metadata.deletionTimestamp));

  await place.run(deployment, "web", { subnet, number: "2" });
  const told = `SpiderSubnet "${place.v4}" is being deleted and gives out no more addresses`;
  await place.told("Deployment", "web", "SubnetTerminating", told);
  await assertWaiting(place, "SubnetTerminating", 1);
  assert.is((await place.pools())[0]?.metadata.uid, old?.metadata.uid);

  await place.end(deployment, "old");
  await place.told("Deployment", "web", "SubnetNotFound", /does not exist/);
  await place.addSubnet(4, 8, place.v4);
  await place.poolsOf(2);
});

refusals("a subnet of the wrong family is refused as such, and the right annotation helps", async () => {
  const place = await stage.place({ v4: 8, v6: 8 });

  await place.run(deployment, "web", { subnet: { ipv6: [place.v4] }, number: "2" });
  const told = `SpiderSubnet "${place.v4}" is IPv4, but the annotation names it under "ipv6"`;
  await place.told("Deployment", "web", "SubnetWrongFamily", told);
  await assertWaiting(place, "SubnetWrongFamily");

  await place.ask(deployment, "web", { subnet: { ipv6: [place.v6] }, number: "2" });
  await place.poolsOf(2);
  await eventually(() => assert.equal(place.states(), ["created.managed"]));
});

refusals("a subnet whose ranges cannot be used is named with the reason, and heals when it is corrected", async () => {
  const place = await stage.place();
  const name = `${place.namespace}-gateway`;
  const spec = freshSpec(4, 4);
  const gateway = spec.gateway?.replace(/\d+$/, "11");
  await place.create<Manifest>(spiderSubnets, { metadata: { name }, spec: { ...spec, gateway } });
  place.own(spiderSubnets, name);

  await place.run(deployment, "web", { subnet: { ipv4: [name] }, number: "2" });
  await place.told("Deployment", "web", "SubnetInvalid", new RegExp(`"${name}" cannot be used: .*gateway' ${gateway}`));
  await eventually(() => assert.equal(place.states(), ["pending SubnetInvalid"]));

  await stage.cluster.patch(spiderSubnets, { name }, { spec: { gateway: spec.gateway } });
  await place.poolsOf(2);
});

refusals("a changed subnet ends the old pool and begins a new one in the other", async () => {
  const place = await stage.place({ v4: 8 });
  const second = await place.addSubnet(4, 8);
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "3" });
  await place.poolsOf(3);

  await place.ask(deployment, "web", { subnet: { ipv4: [second] }, number: "3" });

  await eventually(async () => {
    const [pool, ...others] = await place.poolsOf(3);
    assert.equal(others, []);
    assert.is(pool?.metadata.labels?.["ipam.spidernet.io/owner-spider-subnet"], second);
  });
  assert.equal(await place.records(place.v4), {});
});

refusals("a changed subnet leaves addresses in use to their pods until these end", async () => {
  const place = await stage.place({ v4: 8 });
  const second = await place.addSubnet(4, 8);
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "2" });
  const [old] = await place.poolsOf(2);
  const name = old?.metadata.name ?? "";
  await place.occupy(name, old?.spec.ips?.[0]?.split("-")[0] ?? "");

  await place.ask(deployment, "web", { subnet: { ipv4: [second] }, number: "2" });
  await eventually(async () => assert.is(Object.keys(await place.records(second)).length, 1));
  await eventually(async () => assert.is((await place.pools()).length, 2));
  assert.ok((await place.records(place.v4))[name]);

  await place.occupy(name);
  await place.poolsOf(2);
});

refusals("a removed annotation ends the pool; one that comes back begins anew", async () => {
  const place = await stage.place({ v4: 8 });
  const asking = { subnet: { ipv4: [place.v4] }, number: "3" };
  await place.run(deployment, "web", asking);
  await place.poolsOf(3);

  await place.ask(deployment, "web", {});
  await place.poolsOf();
  assert.equal(await place.records(place.v4), {});

  await place.ask(deployment, "web", asking);
  await place.poolsOf(3);
});

refusals("a removed annotation without reclaim keeps the pool, and it is the same when it comes back", async () => {
  const place = await stage.place({ v4: 8 });
  const asking = { subnet: { ipv4: [place.v4] }, number: "3", reclaim: "false" };
  await place.run(deployment, "web", asking);
  const [before] = await place.poolsOf(3);

  await place.ask(deployment, "web", {});
  await eventually(async () => assert.is((await place.pools())[0]?.status?.state, "orphaned"));
  await place.ask(deployment, "web", asking);

  await eventually(async () => {
    const [after] = await place.poolsOf(3);
    assert.equal([after?.metadata.uid, after?.status?.state], [before?.metadata.uid, "created"]);
  });
});

refusals.run();
