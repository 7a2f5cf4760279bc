/**
 * Two processes of `autopool run` that both act, since nobody has told them to elect a leader: applications are created, scaled and
 * deleted, agents take and give back addresses, and a watcher of its own holds every version of every object to the invariants.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countOf } from "../../src/address/range-set.ts";
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
import { freshNamespace, realCluster, realKubeconfig, removeObject } from "../support/real.ts";
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

twoLeaders("break no invariant at any version, and agree in the end", async () => {
  const cluster = await realCluster();
  await define(cluster);
  const namespace = await freshNamespace(cluster, "two");
  const subnet = namespace.name;
  const spec = freshSpec(4, 90);
  await cluster.create<SpiderSubnet>(spiderSubnets, { metadata: { name: subnet }, spec });
  const watcher = await Watcher.start(cluster, spec.subnet);
  const leaders = [run(), run()];
  const random = seededRandom(steps);
  const sizes = new Map<string, number>();
  const asking = { subnet: { ipv4: [subnet] }, number: "+1" };
  const act = async (app: string): Promise<void> => {
    const ref = { namespace: namespace.name, name: app };
    const replicas = 1 + Math.floor(random() * 4);
    if (!sizes.has(app)) await cluster.create(deployment.resource, deployment.manifest(ref, asking, replicas));
    else if (random() < 0.3) {
      await removeObject(cluster, deployment.resource, ref);
      sizes.delete(app);
      return;
    } else await deployment.scale(cluster, ref, replicas);
    sizes.set(app, replicas + 1);
  };
  try {
    for (let step = 0; step < steps; step++) {
      await act(`app-${Math.floor(random() * apps)}`);
      const pools = [...watcher.pools.values()];
      const pool = pools[Math.floor(random() * pools.length)];
      if (pool) await useSome(cluster, pool, random);
      await sleep(systemClock, pauseMs);
    }
    const settled = (): void => {
      const live = [...watcher.pools.values()];
      const actual = live.map((pool) => Number(countOf(parsePool(pool).ips))).sort((a, b) => a - b);
      assert.equal(
        actual,
        [...sizes.values()].sort((a, b) => a - b),
        "sizes of the pools",
      );
      const records = bookOf(watcher.subnets.get(subnet) as SpiderSubnet).entries;
      const recorded = [...records.values()].map(({ ranges }) => Number(countOf(ranges))).sort((a, b) => a - b);
      assert.equal(recorded, actual, "sizes of the records");
    };
    for (const pool of watcher.pools.values()) await write(cluster, pool, []);
    await eventually(
      async () => {
        for (const pool of watcher.pools.values()) if (inUseOf(pool).length > 0) await write(cluster, pool, []);
        settled();
      },
      { seconds: patienceSeconds },
    );
    assert.ok(
      leaders.every(({ exitCode }) => exitCode === null),
      "both are there",
    );
    assert.equal(watcher.check(), []);
    assert.is(watcher.gaps, 0, "every version was seen");
  } finally {
    for (const app of sizes.keys()) {
      await removeObject(cluster, deployment.resource, { namespace: namespace.name, name: app });
    }
    await eventually(() => assert.is(watcher.pools.size, 0, "the pools go"), { seconds: patienceSeconds });
    await removeObject(cluster, spiderSubnets, { name: subnet });
    await eventually(() => assert.is(watcher.subnets.size, 0, "the subnet goes"), { seconds: patienceSeconds });
    for (const child of leaders) child.kill("SIGTERM");
    await Promise.all(leaders.map((child) => child.exitCode ?? once(child, "exit")));
    await namespace.remove();
    await watcher.stop();
    await cluster.close();
  }
});

twoLeaders.run();
