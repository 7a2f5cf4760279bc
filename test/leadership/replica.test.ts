/** Replicas of the operator under election: who writes, what becomes of work when the leader goes, and in which order one ends. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, leases, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { ClusterRequest } from "../../src/cluster/memory/faults.ts";
import type { Lease } from "../../src/leadership/lease.ts";
import { silentLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { seededRandom } from "../../src/random.ts";
import { Replica } from "../../src/replica.ts";
import { defaultSettings } from "../../src/settings.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { annotationsOf, createWorkload, NAMESPACE, subnet } from "../support/scenario.ts";
import { settings } from "./electorate.ts";

const replicas = suite("replicas");

interface Running {
  readonly replica: Replica;
  /** Ends it as `kill -9` does. */
  kill(): void;
  /** What it asked to be changed, but for the lease. */
  readonly writes: ClusterRequest[];
  lost?: Error;
}

const isWrite = ({ verb }: ClusterRequest): boolean => ["create", "update", "patch", "delete"].includes(verb);

function start(world: MemoryWorld, identity: string, latencyMs = 2): Running {
  const writes: ClusterRequest[] = [];
  const connection = world.server.connect({
    latencyMs,
    faults: (request) => {
      if (isWrite(request)) writes.push(request);
      return undefined;
    },
  });
  const ofLease = world.server.connect({ latencyMs });
  const shared = { clock: world.clock, random: seededRandom(identity.length), log: silentLog };
  const replica = new Replica({
    ...shared,
    cluster: connection,
    candidacy: { settings, identity, steadyClock: world.clock, cluster: ofLease },
    createOperator: (cluster) => new Operator({ ...shared, cluster, settings: defaultSettings }),
  });
  const kill = (): void => {
    connection.cut();
    ofLease.cut();
    replica.operator.stop().catch(() => {});
  };
  const running: Running = { replica, kill, writes };
  replica.lost.catch((error) => {
    running.lost = error;
  });
  replica.start().catch(() => {});
  return running;
}

/** A world with a subnet of 1000 addresses and a leader; the other replica stands by. */
async function twoReplicas(play: (world: MemoryWorld, leader: Running, other: Running) => Promise<void>) {
  const world = new MemoryWorld();
  await world.act((user) => user.create(spiderSubnets, subnet("s4", "10.4.0.0/16", ["10.4.0.1-10.4.3.232"])));
  const leader = start(world, "first");
  await world.clock.advance(1_000);
  const other = start(world, "the-second");
  await world.clock.advance(1_000);
  assert.ok(leader.replica.mayAct);
  await play(world, leader, other);
  assert.equal(world.broken, []);
  leader.kill();
  other.kill();
  await world.close();
}

async function create(world: MemoryWorld, from: number, to: number): Promise<void> {
  await world.act(async (user) => {
    for (let number = from; number < to; number += 1) {
      await createWorkload(
        user,
        deployments,
        `web-${number}`,
        2,
        annotationsOf({ nics: [{ interface: "eth0", ipv4: "s4" }] }),
      );
    }
  });
}

const poolCount = (world: MemoryWorld): number => world.objects(spiderIPPools).length;

replicas("write nothing but as the leader", () =>
  twoReplicas(async (world, leader, other) => {
    await create(world, 0, 10);
    await world.clock.advance(5_000);

    assert.is(poolCount(world), 10);
    assert.ok(leader.writes.length > 0);
    assert.equal(other.writes, []);
  }),
);

replicas("take over what a dead leader has left in the middle of many creations", () =>
  twoReplicas(async (world, leader, other) => {
    await create(world, 0, 80);
    await world.clock.runUntil(() => poolCount(world) >= 30, 10_000);
    leader.kill();
    await world.clock.advance(settings.durationMs + 2_000);
    assert.ok(other.replica.mayAct);
    await world.clock.advance(10_000);

    assert.is(poolCount(world), 80);
  }),
);

replicas("end in the order that lets the next one begin at once with nothing half done", () =>
  twoReplicas(async (world, leader, other) => {
    const order: string[] = [];
    world.server.observe(({ resource, object }) => {
      const isReleased = resource.kind === leases.kind && !(object as unknown as Lease).spec?.holderIdentity;
      if (isReleased) order.push("released");
      else if (resource.kind === spiderIPPools.kind && !other.replica.mayAct) order.push("written");
    });
    await create(world, 0, 80);
    await world.clock.runUntil(() => poolCount(world) >= 30, 10_000);
    const rested = leader.replica.rest();
    await world.clock.advance(1_000);

    await rested;
    assert.ok(other.replica.mayAct, "within a second");
    assert.is(order.lastIndexOf("released"), order.length - 1, "nothing is written after that");
    await world.clock.advance(10_000);
    assert.is(poolCount(world), 80);
  }),
);

replicas("write nothing more from the moment at which leadership is lost", () =>
  twoReplicas(async (world, leader) => {
    await create(world, 0, 80);
    await world.clock.runUntil(() => poolCount(world) >= 30, 10_000);
    await world.user.patch(
      leases,
      { namespace: settings.namespace, name: settings.leaseName },
      {
        spec: { holderIdentity: "stranger" },
      },
    );
    await world.clock.advance(10);
    const count = leader.writes.length;
    await world.clock.advance(10_000);

    assert.match(leader.lost?.message ?? "", 'Leadership is lost: "stranger" holds the lease');
    assert.is(leader.writes.length, count);
  }),
);

replicas("give back at once what a predecessor has recorded, if they have seen it for long enough", () =>
  twoReplicas(async (world, leader, other) => {
    await create(world, 0, 10);
    await world.clock.advance(120_000);
    leader.kill();
    await world.clock.advance(settings.durationMs + 2_000);
    assert.ok(other.replica.mayAct);
    await world.act(async (user) => {
      for (let number = 0; number < 10; number += 1) {
        await user.delete(deployments, { namespace: NAMESPACE, name: `web-${number}` });
      }
    });
    await world.clock.advance(10_000);

    assert.is(poolCount(world), 0);
    assert.is(world.subnets[0]?.status?.controlledIPPools ?? undefined, undefined);
  }),
);

replicas.run();
