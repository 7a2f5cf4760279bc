/** What an operator tells of itself, on a cluster in this process. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolMachine } from "../../machines/pool.ts";
import type { SpiderReservedIP } from "../../src/api/reserved-ip.ts";
import { deployments, spiderIPPools, spiderReservedIPs } from "../../src/api/resources.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { watchLoopLag } from "../../src/metrics/loop-lag.ts";
import { OperatorMetrics, POOL_STATES } from "../../src/operator-metrics.ts";
import { machineGraph } from "../../src/view/machine-graph.ts";
import { onS4, scenario, settled } from "../operator/scene.ts";
import type { MemoryWorld } from "../support/memory-world.ts";
import { allocate, annotationsOf, createWorkload, manualPool } from "../support/scenario.ts";

/** Begins to measure a world's operator; returns what reads the values of all series. */
function measure(world: MemoryWorld, { leads = true, isPerPool = false } = {}) {
  const { clock, operator } = world;
  assert.ok(operator);
  const metrics = new OperatorMetrics({ clock, steadyClock: clock, isPerPool });
  metrics.observe({ operator, isLeader: () => leads });
  const values = async (): Promise<Map<string, number>> => seriesOf(await metrics.metrics());
  return { metrics, values };
}

function seriesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

const operator = suite("an operator's metrics");

operator(
  "tell how subnets' addresses are spread, and of what states pools are",
  scenario(async (world) => {
    const { metrics, values } = measure(world);
    await world.act((user) => createWorkload(user, deployments, "web", 3, annotationsOf(onS4)));
    await world.act((user) => user.create(spiderIPPools, manualPool("mine", "10.4.0.0/24", ["10.4.0.18-10.4.0.19"])));
    const reserved = { metadata: { name: "r" }, spec: { ipVersion: 4 as const, ips: ["10.4.0.17"] } };
    await world.act((user) => user.create<SpiderReservedIP>(spiderReservedIPs, reserved));
    await settled(world);
    const [pool] = world.pools.filter(({ metadata }) => metadata.name !== "mine");
    assert.ok(pool);
    await world.act((user) => allocate(user, pool, ["10.4.0.10", "10.4.0.11"]));
    await settled(world);

    const told = await values();

    const of = (name: string): number | undefined => told.get(`autopool_subnet_${name}{subnet="s4"}`);
    assert.equal(
      ["addresses", "recorded_addresses", "reserved_addresses", "free_addresses", "used_addresses", "pools"].map(of),
      [10, 6, 1, 3, 2, 2],
    );
    assert.is(told.get('autopool_pools{state="created.managed"}'), 1);
    assert.is(told.get("autopool_manual_pools"), 1);
    assert.is(told.get("spiderpool_total_ippool_counts"), 2);
    assert.is(told.get("spiderpool_total_subnet_counts"), 3);
    assert.is(told.get('spiderpool_debug_subnet_available_ip_counts{SpiderSubnet="s4"}'), 4);
    assert.is(told.get("autopool_leader"), 1);
    assert.is(told.get('autopool_watch_synced{resource="spidersubnets"}'), 1);
    assert.is(told.get('autopool_cached_objects{resource="spidersubnets"}'), 3);
    assert.ok((told.get('autopool_queue_runs_total{outcome="ok"}') ?? 0) > 0);
    assert.not.ok([...told.keys()].some((name) => name.includes("SpiderIPPool=")));
    metrics.stop();
  }),
);

operator(
  "tell who is refused and why, and of it no more once it is served",
  scenario(async (world) => {
    const { metrics, values } = measure(world);
    const wish = annotationsOf({ nics: [{ interface: "eth0", ipv4: "t4" }] });
    await world.act((user) => createWorkload(user, deployments, "big", 20, wish));
    await settled(world);
    const refused = async () => (await values()).get('autopool_refused_pools{reason="InsufficientAddresses"}');
    assert.is(await refused(), 1);

    await world.act((user) => user.delete(deployments, { namespace: "default", name: "big" }));
    await settled(world);

    assert.is(await refused(), undefined);
    metrics.stop();
  }),
);

operator(
  "do not tell of lives where another replica acts, and of pools only where asked for",
  scenario(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 3, annotationsOf(onS4)));
    await settled(world);
    const { metrics, values } = measure(world, { leads: false, isPerPool: true });

    const told = await values();

    assert.is(told.get("autopool_leader"), 0);
    assert.not.ok([...told.keys()].some((name) => name.startsWith("autopool_pools")));
    const [pool] = world.pools;
    const name = pool?.metadata.name;
    assert.is(told.get(`spiderpool_debug_ippool_total_ip_counts{SpiderIPPool="${name}"}`), 4);
    assert.is(told.get(`spiderpool_debug_ippool_available_ip_counts{SpiderIPPool="${name}"}`), 4);
    metrics.stop();
  }),
);

operator("know every state that a pool can be in for long", () => {
  const { states } = machineGraph(poolMachine.config);
  const leaves = states
    .map(({ path }) => path)
    .filter((path) => !states.some((other) => other.path.startsWith(`${path}.`)));
  assert.equal([...leaves].sort(), [...POOL_STATES, "deleted"].sort());
});

operator("count what the operator tells while it works", async () => {
  const clock = createVirtualClock();
  const metrics = new OperatorMetrics({ clock, steadyClock: clock, isPerPool: false });
  const { onTransition, onLedgerWrite, onQueueRun } = metrics.told;
  const step = { key: "k", event: { type: "pool.gone" }, operations: [], refusal: undefined } as const;
  onTransition({ ...step, from: "pending", to: "created.managed" });
  onTransition({ ...step, from: "scaling", to: "scaling" });
  onLedgerWrite("s4", 7, 2);
  onQueueRun(1500, 20);
  metrics.onRequest({ verb: "patch", plural: "spidersubnets", subresource: "status", code: 0, milliseconds: 30_000 });

  const told = seriesOf(await metrics.metrics());

  assert.is(told.get('autopool_pool_transitions_total{from="pending",to="created.managed"}'), 1);
  assert.is([...told.keys()].filter((name) => name.startsWith("autopool_pool_transitions")).length, 1);
  assert.is(told.get("autopool_ledger_batch_size_sum"), 9);
  assert.is(told.get("autopool_queue_wait_seconds_sum"), 1.5);
  assert.is(told.get("autopool_queue_run_seconds_sum"), 0.02);
  assert.is(told.get('autopool_api_requests_total{verb="patch",resource="spidersubnets/status",code="none"}'), 1);
  metrics.stop();
});

operator.run();

const lag = suite("event-loop lag");

lag("is how much later than due a timer fires", async () => {
  const clock = createVirtualClock();
  const seen: number[] = [];
  const stop = watchLoopLag({ now: () => clock.now() * 1.5, after: (ms, run) => clock.after(ms, run) }, (seconds) =>
    seen.push(seconds),
  );

  await clock.advance(1000);
  stop();
  await clock.advance(1000);

  assert.equal(seen, [0.125, 0.125, 0.125, 0.125]);
});

lag.run();
