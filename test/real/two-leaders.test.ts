/**
 * Two processes of `autopool run` that both act, since nobody has told them to elect a leader: applications are created, scaled and
 * deleted, agents take and give back addresses, and a watcher of its own holds every version of every object to the invariants.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countOf, type RangeSet } from "../../src/address/range-set.ts";
import { formatAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { type Cluster, hasCode } from "../../src/cluster/cluster.ts";
import { seededRandom } from "../../src/random.ts";
import { addressesOf } from "../operator/edits.ts";
import { eventually } from "../support/eventually.ts";
import { bookOf, parsePool } from "../support/invariants.ts";
import { deployment } from "../support/manifests.ts";
import { freshSpec } from "../support/place.ts";
import { freshNamespace, realCluster, realKubeconfig, removeObject, type TestNamespace } from "../support/real.ts";
import { inUseOf } from "../support/scenario.ts";
import { define } from "../support/stage.ts";
import { Watcher } from "../support/watcher.ts";

const apps = 20;
/** `TWO_LEADERS_STEPS=2000` by hand. */
const steps = Number(process.env["TWO_LEADERS_STEPS"] ?? 200);
const pauseMs = 60;
/** A record that the other one has written is cut after 90 s. */
const patienceSeconds = 180;

const twoLeaders = suite("two processes that both act");

function run(): ChildProcess {
  const given = ["--kubeconfig", realKubeconfig(), "--leader-elect=false", "--metrics-port", "0", "--view-port", "0"];
  return spawn(process.execPath, ["src/main.ts", "run", ...given], { stdio: "ignore" });
}

/** What an agent does: takes some addresses of a pool, gives others back; conditional as every agent is. */
async function useSome(cluster: Cluster, pool: SpiderIPPool, random: () => number): Promise<void> {
  const inUse = inUseOf(pool).filter(() => random() < 0.5);
  const isLeaving = pool.metadata.deletionTimestamp !== undefined;
  const more = addressesOf(pool).filter((ip) => !isLeaving && !inUse.includes(ip) && random() < 0.3);
  await write(cluster, pool, [...inUse, ...more]);
}

async function write(cluster: Cluster, { metadata }: SpiderIPPool, addresses: readonly string[]): Promise<void> {
  const records = addresses.map((ip) => [ip, { pod: `x/${ip}`, podUid: ip }] as const);
  const allocatedIPs = formatAllocatedIPs(new Map(records)) ?? null;
  const { name, resourceVersion } = metadata;
  const patch = { metadata: { resourceVersion }, status: { allocatedIPs, allocatedIPCount: addresses.length } };
  try {
    await cluster.patch(spiderIPPools, { name }, patch, { subresource: "status" });
  } catch (error) {
    if (!hasCode(error, 404, 409)) throw error;
  }
}

interface World {
  readonly cluster: Cluster;
  readonly namespace: TestNamespace;
  readonly watcher: Watcher;
  /** Addresses that each application wants. */
  readonly sizes: Map<string, number>;
  readonly random: () => number;
}

/** Creates, scales or deletes an application. */
async function act({ cluster, namespace, sizes, random }: World): Promise<void> {
  const ref = { namespace: namespace.name, name: `app-${Math.floor(random() * apps)}` };
  const replicas = 1 + Math.floor(random() * 4);
  const asking = { subnet: { ipv4: [namespace.name] }, number: "+1" };
  if (!sizes.has(ref.name)) await cluster.create(deployment.resource, deployment.manifest(ref, asking, replicas));
  else if (random() < 0.3) {
    await removeObject(cluster, deployment.resource, ref);
    sizes.delete(ref.name);
    return;
  } else await deployment.scale(cluster, ref, replicas);
  sizes.set(ref.name, replicas + 1);
}

const counted = (sets: Iterable<RangeSet>): number[] =>
  [...sets].map((set) => Number(countOf(set))).sort((a, b) => a - b);

/** Every application has a pool of its size, and the ledger says the same. */
function assertSettled({ namespace, watcher, sizes }: World): void {
  const actual = counted([...watcher.pools.values()].map((pool) => parsePool(pool).ips));
  assert.equal(
    actual,
    [...sizes.values()].sort((a, b) => a - b),
    "sizes of the pools",
  );
  const records = bookOf(watcher.subnets.get(namespace.name) as SpiderSubnet).entries.values();
  assert.equal(counted([...records].map(({ ranges }) => ranges)), actual, "sizes of the records");
}

async function giveBack({ cluster, watcher }: World): Promise<void> {
  for (const pool of watcher.pools.values()) if (inUseOf(pool).length > 0) await write(cluster, pool, []);
}

async function tidy({ cluster, namespace, watcher, sizes }: World, leaders: readonly ChildProcess[]): Promise<void> {
  for (const name of sizes.keys()) {
    await removeObject(cluster, deployment.resource, { namespace: namespace.name, name });
  }
  await eventually(() => assert.is(watcher.pools.size, 0, "the pools go"), { seconds: patienceSeconds });
  await removeObject(cluster, spiderSubnets, { name: namespace.name });
  await eventually(() => assert.is(watcher.subnets.size, 0, "the subnet goes"), { seconds: patienceSeconds });
  for (const child of leaders) child.kill("SIGTERM");
  await Promise.all(leaders.map((child) => child.exitCode ?? once(child, "exit")));
  await namespace.remove();
  await watcher.stop();
  await cluster.close();
}

twoLeaders("break no invariant at any version, and agree in the end", async () => {
  const cluster = await realCluster();
  await define(cluster);
  const namespace = await freshNamespace(cluster, "two");
  const spec = freshSpec(4, 90);
  await cluster.create<SpiderSubnet>(spiderSubnets, { metadata: { name: namespace.name }, spec });
  const watcher = await Watcher.start(cluster, spec.subnet);
  const random = seededRandom(steps);
  const world: World = { cluster, namespace, watcher, sizes: new Map(), random };
  const leaders = [run(), run()];
  try {
    for (let step = 0; step < steps; step++) {
      await act(world);
      const pools = [...watcher.pools.values()];
      const pool = pools[Math.floor(random() * pools.length)];
      if (pool) await useSome(cluster, pool, random);
      await sleep(systemClock, pauseMs);
    }
    await eventually(() => giveBack(world).then(() => assertSettled(world)), { seconds: patienceSeconds });
    assert.ok(
      leaders.every(({ exitCode }) => exitCode === null),
      "both are there",
    );
    assert.equal(watcher.check(), []);
    assert.is(watcher.gaps, 0, "every version was seen");
  } finally {
    await tidy(world, leaders);
  }
});

twoLeaders.run();
