/**
 * Two replicas of `autopool run` as processes of their own on a real API server: who acts when the other one dies, ends, or cannot be
 * heard, and what becomes of the applications meanwhile.
 *
 * LEADERSHIP_LONG=1 makes outages as long as they are in bad nights: a minute without the API server, two minutes of a slow one.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leases, spiderSubnets } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Lease } from "../../src/leadership/lease.ts";
import { ApiDoor, OPEN } from "../support/api-door.ts";
import { eventually } from "../support/eventually.ts";
import { deployment } from "../support/manifests.ts";
import { withPatience } from "../support/patience.ts";
import { Place } from "../support/place.ts";
import { freshNamespace, namespaces, realCluster, removeObject } from "../support/real.ts";
import { RunningOperator } from "../support/running-operator.ts";
import { define } from "../support/stage.ts";
import { Watcher } from "../support/watcher.ts";

const isLong = Boolean(process.env["LEADERSHIP_LONG"]);
const cutSeconds = isLong ? 60 : 25;
const slowSeconds = isLong ? 120 : 30;
const leaseSeconds = 15;
const patient = { seconds: 60 };

interface World {
  cluster: Cluster;
  door: ApiDoor;
  place: Place;
  watcher: Watcher;
  subnet: string;
  /** All that were started. */
  replicas: RunningOperator[];
  start(): RunningOperator;
  created: number;
}

const leadership = suite<World>("two replicas");

leadership.before.each(async (world) => {
  world.cluster = await realCluster();
  await define(world.cluster);
  world.door = await ApiDoor.open();
  const { name } = await freshNamespace(world.cluster, "leader");
  world.place = new Place(world.cluster, undefined as never, name);
  world.subnet = await world.place.addSubnet(4, 1_000);
  const { spec } = await world.place.subnet(world.subnet);
  world.watcher = await Watcher.start(world.cluster, spec.subnet);
  world.created = 0;
  world.replicas = [];
  world.start = () => {
    const replica = new RunningOperator("--kubeconfig", world.door.kubeconfig, "--namespace", name);
    world.replicas.push(replica);
    return replica;
  };
});

leadership.after.each(async ({ cluster, door, place, watcher, replicas, start, subnet }) => {
  try {
    await door.order(OPEN);
    if (replicas.every(({ hasEnded }) => hasEnded)) start();
    // What the leader before has recorded is given back only when nothing of it can be on its way any more, which nobody waits for here.
    await place.clear().catch((error: Error) => {
      if (!error.message.startsWith("Subnets are left")) throw error;
    });
  } catch (error) {
    // The library says nothing of what fails here.
    console.log(error, ...replicas.flatMap(({ lines }) => ["\n---", ...lines.slice(-10)]));
    throw error;
  } finally {
    await Promise.all(replicas.map((replica) => replica.hasEnded || replica.end("SIGKILL")));
    await cluster.patch(spiderSubnets, { name: subnet }, { metadata: { finalizers: null } }).catch(() => {});
    await removeObject(cluster, namespaces, { name: place.namespace });
    await watcher.stop();
    await Promise.all([door.close(), cluster.close()]);
  }
});

/** Starts two replicas; returns the one that leads, then the other one. */
async function startTwo({ start }: World): Promise<[leader: RunningOperator, other: RunningOperator]> {
  const both = [start(), start()] as const;
  await Promise.all(both.map((replica) => replica.filled()));
  const leader = await leaderOf(both);
  return [leader, leader === both[0] ? both[1] : both[0]];
}

function leaderOf(replicas: readonly RunningOperator[], seconds = 20): Promise<RunningOperator> {
  return eventually(
    () => {
      const leaders = replicas.filter(({ isLeading }) => isLeading);
      assert.is(leaders.length, 1, replicas.flatMap(({ lines }) => ["---", ...lines.slice(-5)]).join("\n"));
      return leaders[0] as RunningOperator;
    },
    { seconds },
  );
}

/** Creates applications of one pod each, ten at a time. */
async function create(world: World, count: number): Promise<void> {
  const until = world.created + count;
  const worker = async (): Promise<void> => {
    while (world.created < until) {
      world.created += 1;
      const asking = { subnet: { ipv4: [world.subnet] }, number: "+1" };
      await world.place.run(deployment, `app-${world.created}`, asking, 1);
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
}

/** Every application has its pool of two, and nothing was ever given twice. */
async function converged({ place, watcher, created }: World): Promise<void> {
  const sizes = Array.from({ length: created }, () => 2);
  await eventually(() => assert.is(watcher.pools.size, created, "number of pools"), patient);
  await eventually(() => place.poolsOf(...sizes), patient);
  assert.equal(watcher.check(), []);
  assert.is(watcher.gaps, 0, "every version was seen");
}

/** Milliseconds until a replica leads. */
async function msUntilLeading(replica: RunningOperator, since: number): Promise<number> {
  await eventually(() => assert.ok(replica.isLeading, replica.lines.slice(-5).join("\n")), { seconds: 30 });
  return systemClock.now() - since;
}

const half = (world: World, count: number): Promise<void> =>
  eventually(() => assert.ok(world.watcher.pools.size >= count), patient);

leadership("let the other one act soon after the leader was killed in the middle of 200 creations", async (world) => {
  const [leader, other] = await startTwo(world);
  const creating = create(world, 200);
  await half(world, 60);
  await leader.end("SIGKILL");
  const tookMs = await msUntilLeading(other, systemClock.now());

  assert.ok(tookMs <= leaseSeconds * 1000 + withPatience(2_000), `it took ${tookMs} ms`);
  await creating;
  await converged(world);
  console.log(`    SIGKILL: the other one led after ${tookMs} ms`);
});

leadership("let the other one act at once when the leader is told to end", async (world) => {
  const [leader, other] = await startTwo(world);
  const creating = create(world, 100);
  await half(world, 30);
  const since = systemClock.now();
  const ended = leader.end("SIGTERM");
  const tookMs = await msUntilLeading(other, since);

  assert.ok(tookMs <= withPatience(1_000), `it took ${tookMs} ms`);
  await ended;
  assert.is(leader.exitCode, 0, leader.lines.slice(-5).join("\n"));
  await creating;
  await converged(world);
  console.log(`    SIGTERM: the other one led after ${tookMs} ms`);
});

leadership("do nothing while they cannot reach the API server, and make up for it afterwards", async (world) => {
  const [leader] = await startTwo(world);
  await create(world, 20);
  await converged(world);
  await world.door.order({ isShut: true });
  const cutAt = systemClock.now();
  await create(world, 20);
  await eventually(() => assert.ok(leader.hasEnded), { seconds: leaseSeconds });
  assert.is(leader.exitCode, 1);
  assert.ok(leader.has(/Leadership is lost: it was not renewed for 10 s/), leader.lines.slice(-5).join("\n"));
  // As the kubelet does.
  world.start();
  await sleep(systemClock, cutAt + cutSeconds * 1000 - systemClock.now());
  assert.is(world.watcher.pools.size, 20);
  await world.door.order(OPEN);

  const next = await leaderOf(world.replicas, 50);
  await converged(world);
  assert.is.not(next, leader);
});

leadership("have at most one that leads when somebody writes another name into the lease", async (world) => {
  const [leader, other] = await startTwo(world);
  const ref = { namespace: world.place.namespace, name: "spiderpool-controller-leases" };
  const before = await world.cluster.get<Lease>(leases, ref);
  assert.match(before.spec?.renewTime ?? "", /\.\d{6}Z$/);
  const creating = create(world, 50);
  await half(world, 15);
  await world.cluster.patch(leases, ref, { spec: { holderIdentity: "a-stranger" } });
  const since = systemClock.now();
  await eventually(() => assert.ok(leader.hasEnded), { seconds: 7 });
  assert.is(leader.exitCode, 1);
  assert.ok(leader.has(/Leadership is lost: "a-stranger" holds the lease/));

  const tookMs = await msUntilLeading(other, since);
  assert.ok(tookMs > (leaseSeconds - 1) * 1000, `a stranger may live: ${tookMs} ms`);
  await creating;
  await converged(world);
});

leadership("keep their leader, and ask for little, while the API server is slow and sends many away", async (world) => {
  const [leader, other] = await startTwo(world);
  await create(world, 20);
  await converged(world);
  const { door } = world;
  const from = await door.order({ delayMs: 1_000, refusedShare: 0.2 });
  const since = systemClock.now();
  const creating = create(world, 100);
  await sleep(systemClock, slowSeconds * 1000);
  await creating;
  const took = (systemClock.now() - since) / 1000;
  const perSecond = ((await door.order(OPEN)) - from) / took;
  assert.ok(leader.isLeading, leader.lines.slice(-5).join("\n"));
  assert.not(other.isLeading);
  // Twenty writes at once, each of which takes a second, and a few for the lease and the watches.
  assert.ok(perSecond <= 40, `${perSecond} requests a second`);

  await converged(world);
  assert.ok(leader.isLeading);
  console.log(`    slow: ${perSecond.toFixed(1)} requests a second`);
});

leadership.run();
