/**
 * Manual pools on the real API server, with its garbage collector: adoption both ways round, records, collisions, the subnet's end.
 *
 * No webhook runs here: whatever is written arrives, and the operator has to cope.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Family } from "../../src/address/address.ts";
import { formatRange, parseRange } from "../../src/address/range.ts";
import { subnetReference } from "../../src/api/adoption.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import { events, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet, SpiderSubnetSpec } from "../../src/api/subnet.ts";
import { hasCode } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { deployment } from "../support/manifests.ts";
import { freshSpec, type Place, type ToldEvent } from "../support/place.ts";
import { removeObject } from "../support/real.ts";
import { Stage } from "../support/stage.ts";

const manual = suite("manual pools");
let stage: Stage;

manual.before(async () => {
  stage = await Stage.open();
});
manual.after.each(() => stage.clear());
manual.after(() => stage.close());

/** The `count` addresses of a subnet from the one with this index on. */
function part({ ips = [], ipVersion: family = 4 }: SpiderSubnetSpec, index: number, count = 1): string[] {
  const first = parseRange(ips[0] ?? "", family).first + BigInt(index);
  return [formatRange({ first, last: first + BigInt(count - 1) }, family)];
}

/** Creates a manual pool; its name has the namespace in front. */
async function createPool(place: Place, name: string, spec: SpiderIPPoolSpec, metadata = {}): Promise<string> {
  const full = `${place.namespace}-${name}`;
  await place.create<SpiderIPPool>(spiderIPPools, { metadata: { ...metadata, name: full }, spec });
  return full;
}

const pool = (name: string): Promise<SpiderIPPool> => stage.cluster.get<SpiderIPPool>(spiderIPPools, { name });

/** `Ready …` or `Stalled …` with the reason; empty where neither is said. */
async function stateOf(name: string): Promise<string> {
  const { status } = await pool(name);
  const condition = (status?.conditions ?? []).find(
    ({ type, status: value }) => value === "True" && (type === "Ready" || type === "Stalled"),
  );
  return condition ? `${condition.type} ${condition.reason}` : "";
}

async function becomes(name: string, state: string): Promise<void> {
  await eventually(async () => assert.is(await stateOf(name), state, name));
}

async function isGone(resource: typeof spiderIPPools, name: string): Promise<void> {
  await eventually(async () => {
    const found = await stage.cluster.get(resource, { name }).catch((error: unknown) => {
      if (hasCode(error, 404)) return undefined;
      throw error;
    });
    assert.is(found, undefined, `${resource.kind} "${name}" is there`);
  });
}

const families: readonly Family[] = [4, 6];
for (const family of families) {
  for (const isSubnetFirst of [true, false]) {
    manual(
      `inherit what they lack, IPv${family}, ${isSubnetFirst ? "subnet" : "pool"} first, and go with the subnet (D00008)`,
      async () => {
        const place = await stage.place();
        const subnet = freshSpec(family, 20);
        const name = `${place.namespace}-subnet`;
        place.own(spiderSubnets, name);
        const createSubnet = () =>
          stage.cluster.create<SpiderSubnet>(spiderSubnets, { metadata: { name }, spec: subnet });
        if (isSubnetFirst) await createSubnet();
        const { subnet: cidr } = subnet;
        const bare = await createPool(place, "bare", { subnet: cidr, ips: part(subnet, 0, 2) });
        const none = await createPool(place, "none", { subnet: cidr, ips: part(subnet, 2), routes: [] });
        if (!isSubnetFirst) {
          await becomes(bare, "Ready Standalone");
          await createSubnet();
        }
        await becomes(bare, "Ready Adopted");
        await becomes(none, "Ready Adopted");
        const { spec, metadata } = await pool(bare);
        assert.equal([spec.gateway, spec.routes, spec.ipVersion], [subnet.gateway, subnet.routes, family]);
        assert.equal([(await pool(none)).spec.gateway, (await pool(none)).spec.routes], [subnet.gateway, []]);
        assert.equal(metadata.ownerReferences, [subnetReference(await place.subnet(name))]);
        assert.equal(await place.records(name), {
          [bare]: { ips: part(subnet, 0, 2) },
          [none]: { ips: part(subnet, 2) },
        });
        await place.assertBooks();

        await removeObject(stage.cluster, spiderSubnets, { name });
        await isGone(spiderIPPools, bare);
        await isGone(spiderIPPools, none);
        await isGone(spiderSubnets, name);
      },
    );
  }
}

manual("are recorded as they are: smaller, larger, gone; and applications get the rest", async () => {
  const place = await stage.place({ v4: 8 });
  const { spec } = await place.subnet(place.v4);
  const name = await createPool(place, "pool", { subnet: spec.subnet, ips: part(spec, 0, 5) });
  await becomes(name, "Ready Adopted");
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "4" });
  await place.told("Deployment", "web", "InsufficientAddresses", /has 3 free addresses, 4 are needed/);

  await stage.cluster.patch(spiderIPPools, { name }, { spec: { ips: part(spec, 0, 3), excludeIPs: part(spec, 1) } });
  const [auto] = await place.poolsOf(4);
  assert.is((await place.subnet(place.v4)).status?.allocatedIPCount, 6);

  await place.end(deployment, "web");
  await isGone(spiderIPPools, auto?.metadata.name ?? "");
  await stage.cluster.patch(spiderIPPools, { name }, { spec: { ips: part(spec, 0, 8), excludeIPs: null } });
  await eventually(async () => assert.equal(await place.records(place.v4), { [name]: { ips: part(spec, 0, 8) } }));
  await place.assertBooks();

  await removeObject(stage.cluster, spiderIPPools, { name });
  await isGone(spiderIPPools, name);
  await eventually(async () => {
    const { status } = await place.subnet(place.v4);
    assert.equal([status?.controlledIPPools, status?.allocatedIPCount], [undefined, 0]);
  });
});

manual("are all that is left of a ledger that somebody has written into (I00022)", async () => {
  const place = await stage.place({ v4: 8 });
  const { spec } = await place.subnet(place.v4);
  const name = await createPool(place, "pool", { subnet: spec.subnet, ips: part(spec, 0) });
  await becomes(name, "Ready Adopted");
  const clean = JSON.stringify({ [name]: { ips: part(spec, 0) } });
  for (const dirty of [{ dirty: { ips: part(spec, 1, 5) } }, { [name]: { ips: part(spec, 0, 4) } }]) {
    const status = { controlledIPPools: JSON.stringify(dirty), allocatedIPCount: 5 };
    await stage.cluster.patch(spiderSubnets, { name: place.v4 }, { status }, { subresource: "status" });
    await eventually(async () => {
      const now = (await place.subnet(place.v4)).status;
      assert.equal([now?.controlledIPPools, now?.allocatedIPCount], [clean, 1]);
    });
  }
});

manual(
  "collide fifty at once: one has the addresses, the others say so and give nothing, and the next one follows",
  async () => {
    const place = await stage.place({ v4: 8 });
    const { spec } = await place.subnet(place.v4);
    const names = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        createPool(place, `pool-${i}`, { subnet: spec.subnet, ips: part(spec, 2, 3) }),
      ),
    );
    const statesOf = async (some: readonly string[]): Promise<string[]> => Promise.all(some.map(stateOf));
    const winners = async (some: readonly string[]): Promise<string[]> => {
      const states = await statesOf(some);
      const ready = some.filter((_, i) => states[i] === "Ready Adopted");
      assert.equal(states.filter((state) => state === "Stalled Overlap").length, some.length - 1, states.join());
      assert.equal(ready.length, 1);
      return ready;
    };
    const [first = ""] = await eventually(() => winners(names), { seconds: 20 });
    assert.equal(await place.records(place.v4), { [first]: { ips: part(spec, 2, 3) } });
    await stage.quiet();

    await removeObject(stage.cluster, spiderIPPools, { name: first });
    const [second = ""] = await eventually(() => winners(names.filter((name) => name !== first)), { seconds: 20 });
    await eventually(async () => assert.equal(Object.keys(await place.records(place.v4)), [second]));
  },
);

manual("are left to another controller, which holds up nobody", async () => {
  const place = await stage.place({ v4: 8 });
  const other = await place.addSubnet(4, 8);
  const { spec } = await place.subnet(place.v4);
  const ownerReferences = [subnetReference(await place.subnet(other))];
  const foreign = await createPool(place, "foreign", { subnet: spec.subnet, ips: part(spec, 0) }, { ownerReferences });
  const own = await createPool(place, "own", { subnet: spec.subnet, ips: part(spec, 1) });
  await becomes(foreign, "Stalled ForeignOwner");
  await becomes(own, "Ready Adopted");
  await eventually(async () => assert.equal(Object.keys(await place.records(place.v4)), [foreign, own]));
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "2" });
  await eventually(async () => assert.is((await place.pools())[0]?.status?.state, "created"));
});

manual("leave with their subnet when no pod uses them, and automatic pools of living applications stay", async () => {
  const place = await stage.place({ v4: 8 });
  const { spec } = await place.subnet(place.v4);
  const idle = await createPool(place, "idle", { subnet: spec.subnet, ips: part(spec, 0) });
  const used = await createPool(place, "used", { subnet: spec.subnet, ips: part(spec, 1) });
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "2" });
  const [auto] = await eventually(async () => {
    await Promise.all([becomes(idle, "Ready Adopted"), becomes(used, "Ready Adopted")]);
    return place.poolsOf(2);
  });
  const [address = ""] = part(spec, 1);
  await place.occupy(used, address);
  await removeObject(stage.cluster, spiderSubnets, { name: place.v4 });
  await isGone(spiderIPPools, idle);
  await stage.quiet();
  assert.ok((await pool(used)).metadata.deletionTimestamp);
  assert.is((await place.pools())[0]?.metadata.uid, auto?.metadata.uid);
  assert.is((await place.pools())[0]?.metadata.deletionTimestamp, undefined);
  assert.equal(Object.keys(await place.records(place.v4)), [auto?.metadata.name, used]);

  await place.occupy(used);
  await isGone(spiderIPPools, used);
  await place.end(deployment, "web");
  await isGone(spiderSubnets, place.v4);
});

manual("stay when the subnet is told to leave them, and its successor of the same name takes over", async () => {
  const place = await stage.place({ v4: 8 });
  const { spec } = await place.subnet(place.v4);
  const name = await createPool(place, "pool", { subnet: spec.subnet, ips: part(spec, 0) });
  await becomes(name, "Ready Adopted");
  const { uid } = (await pool(name)).metadata;
  await stage.cluster.delete(spiderSubnets, { name: place.v4 }, { propagationPolicy: "Orphan" });
  await isGone(spiderSubnets, place.v4);
  await becomes(name, "Ready Standalone");

  await stage.cluster.create<SpiderSubnet>(spiderSubnets, { metadata: { name: place.v4 }, spec });
  await becomes(name, "Ready Adopted");
  const { metadata } = await pool(name);
  const owner = (await place.subnet(place.v4)).metadata.uid;
  assert.equal([metadata.uid, metadata.ownerReferences?.map((reference) => reference.uid)], [uid, [owner]]);
});

manual("of wrong spec, and second subnets of one CIDR, are told of and harm nobody", async () => {
  const place = await stage.place({ v4: 8 });
  const { spec } = await place.subnet(place.v4);
  const [gateway = ""] = part(spec, 2);
  const wrong = await createPool(place, "wrong", { subnet: spec.subnet, ips: part(spec, 2, 3), gateway });
  await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "2" });
  await eventually(async () => assert.is((await place.pools())[0]?.status?.state, "created"));
  const twin = `${place.namespace}-twin`;
  place.own(spiderSubnets, twin);
  await stage.cluster.create<SpiderSubnet>(spiderSubnets, { metadata: { name: twin }, spec });
  await becomes(wrong, "Stalled InvalidSpec");
  const told = async (name: string): Promise<string[]> => {
    const { items } = await stage.cluster.list<ToldEvent>(events, { namespace: "default" });
    return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason }) => reason);
  };
  await eventually(async () => {
    assert.equal(await told(wrong), ["InvalidSpec"]);
    assert.equal(await told(twin), ["Overlap"]);
    const { status } = await place.subnet(twin);
    assert.is(status?.conditions?.find(({ type }) => type === "Stalled")?.reason, "Overlap");
  });
  await place.run(deployment, "lost", { subnet: { ipv4: [twin] }, number: "1" });
  await place.told("Deployment", "lost", "SubnetInvalid", /overlap with Subnet/);
  await place.end(deployment, "lost");
  await stage.cluster.patch(spiderIPPools, { name: wrong }, { spec: { ips: part(spec, 5) } });
  await becomes(wrong, "Ready Adopted");
  await stage.quiet();
});

manual.run();
