/** Leaked addresses as the whole operator collects them, on its own caches. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { pods, spiderEndpoints, spiderIPPools } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { defaultCollectorSettings } from "../../src/ipam/collector-settings.ts";
import { MemoryWorld, type WorldOptions } from "../support/memory-world.ts";

const collecting = suite("operator: collection");

/** Gives a pod an address of a pool that somebody made by hand, then deletes the pod before an operator is there. */
async function leak(settings: WorldOptions["settings"]): Promise<{ world: MemoryWorld; allocated: () => unknown }> {
  const world = new MemoryWorld({ settings: settings ?? {} });
  await world.act(async (user) => {
    const ref = { namespace: "ns", name: "a" };
    const { metadata } = await user.create<KubeObject>(pods, { metadata: ref });
    const spec = { ipVersion: 4 as const, subnet: "10.0.0.0/24", ips: ["10.0.0.1-10.0.0.9"] };
    await user.create<SpiderIPPool>(spiderIPPools, { metadata: { name: "p" }, spec });
    const { uid = "" } = metadata;
    const status = { allocatedIPs: `{"10.0.0.1":{"pod":"ns/a","podUid":"${uid}"}}`, allocatedIPCount: 1 };
    await user.patch(spiderIPPools, { name: "p" }, { status }, { subresource: "status" });
    const ips = [{ interface: "eth0", ipv4: "10.0.0.1/24", ipv4Pool: "p" }];
    const current = { uid, node: "n", ips };
    const endpoint = { metadata: ref, status: { current, ownerControllerType: "Pod", ownerControllerName: "a" } };
    await user.create<KubeObject>(spiderEndpoints, endpoint);
  });
  const allocated = (): unknown => world.objects<SpiderIPPool>(spiderIPPools)[0]?.status?.allocatedIPs;
  return { world, allocated };
}

collecting("frees what was lost before its start and while it runs", async () => {
  const { world, allocated } = await leak({ collection: defaultCollectorSettings });
  world.start();
  await world.clock.advance(60_000);
  assert.type(allocated(), "string");

  await world.act((user) => user.delete(pods, { namespace: "ns", name: "a" }));
  await world.clock.advance(10_000);

  assert.is(allocated(), undefined);
  assert.equal(world.objects(spiderEndpoints), []);
  assert.is(world.operator?.collector?.freed.of("pod-gone"), 1);
  await world.close();
});

collecting("frees nothing where collection is off", async () => {
  for (const settings of [{}, { collection: { ...defaultCollectorSettings, gcEnabled: false } }]) {
    const { world, allocated } = await leak(settings);
    await world.act((user) => user.delete(pods, { namespace: "ns", name: "a" }));
    world.start();
    await world.clock.advance(20 * 60_000);
    assert.type(allocated(), "string");
    assert.is(world.operator?.collector, undefined);
    await world.close();
  }
});

collecting("ends without a complaint at whatever moment of its start", async () => {
  const complaints: unknown[] = [];
  const complain = (reason: unknown): void => void complaints.push(reason);
  process.on("unhandledRejection", complain);
  for (let ms = 0; ms <= 12; ms += 1) {
    const world = new MemoryWorld({ settings: { collection: defaultCollectorSettings } });
    // The collector's own caches are filled later than all others.
    world.start(({ resource }) => (resource?.plural === "spiderendpoints" ? { kind: "delay", ms: 6 } : undefined));
    await world.clock.advance(ms);
    const { operator } = world;
    await world.close();
    await world.clock.advance(60_000);
    assert.is(operator?.isIdle, true);
  }
  process.off("unhandledRejection", complain);
  assert.equal(complaints, []);
});

collecting("does not begin once the operator was stopped", async () => {
  const world = new MemoryWorld({ settings: { collection: defaultCollectorSettings } });
  world.start();
  await world.clock.advance(1_000);
  await world.operator?.stop();
  const timers = world.clock.pending();

  await world.operator?.start();

  assert.is(world.clock.pending(), timers);
  await world.close();
});

collecting.run();
