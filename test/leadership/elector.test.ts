/** Who leads, when, and for how long: elections on the memory cluster and a virtual clock. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leases } from "../../src/api/resources.ts";
import { ApiError } from "../../src/cluster/cluster.ts";
import { randomFaults } from "../../src/cluster/memory/faults.ts";
import type { Lease } from "../../src/leadership/lease.ts";
import { seededRandom } from "../../src/random.ts";
import { Electorate, leaseRef, settings, type Voter } from "./electorate.ts";

const elections = suite("elections");

/** Plays with three replicas of which one leads already, and looks for moments at which two led. */
function withLeader(
  play: (world: Electorate, leader: Voter, followers: readonly Voter[]) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const world = new Electorate();
    for (const skewMs of [0, -3_600_000, 7_200_000]) world.join({ skewMs });
    const leader = await world.next(1_000);
    assert.ok(leader, "one leads");
    await play(
      world,
      leader,
      world.voters.filter((voter) => voter !== leader),
    );
    assert.equal(world.broken, []);
    await world.close();
  };
}

const tamper = (world: Electorate, spec: Lease["spec"]): Promise<unknown> =>
  world.user.patch(leases, leaseRef, { spec });

elections(
  "make exactly one of three lead, and it goes on leading",
  withLeader(async (world, leader) => {
    await world.pass(120_000);

    assert.equal(world.leaders, [leader]);
    assert.is(world.voters.flatMap(({ began }) => began).length, 1);
    const { spec } = world.lease as Lease;
    assert.is(spec?.holderIdentity, leader.name);
    assert.is(spec?.leaseDurationSeconds, 15);
    assert.is(spec?.leaseTransitions, 0);
    assert.match(spec?.renewTime ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    for (const { elector } of world.voters) assert.is(elector.leader, leader.name);
  }),
);

elections(
  "let another one lead when the leader is dead, as soon as its lease is over and not before",
  withLeader(async (world, leader) => {
    await world.pass(30_000);
    leader.kill();
    const diedAt = world.clock.now();

    const next = await world.next(60_000, leader);

    const tookMs = (next?.began[0] ?? 0) - diedAt;
    assert.ok(tookMs > settings.durationMs - settings.retryMs && tookMs <= settings.durationMs + 2_000, `${tookMs} ms`);
    assert.is(world.lease?.spec?.leaseTransitions, 1);
  }),
);

elections(
  "let another one lead at once when the leader gives its lease back",
  withLeader(async (world, leader) => {
    await world.pass(30_000);
    const released = leader.elector.release();

    const next = await world.next(1_000, leader);

    assert.ok(next, "within a second");
    await released;
    assert.equal(leader.lost, []);
  }),
);

elections(
  "keep a leader through an outage that is shorter than its deadline",
  withLeader(async (world, leader) => {
    for (const voter of world.voters) voter.isCutOff = true;
    await world.pass(7_000);
    for (const voter of world.voters) voter.isCutOff = false;
    await world.pass(60_000);

    assert.equal(world.leaders, [leader]);
    assert.equal(leader.lost, []);
  }),
);

elections(
  "end a leader that is cut off before another one begins",
  withLeader(async (world, leader) => {
    await world.pass(5_000);
    leader.isCutOff = true;
    const cutAt = world.clock.now();
    const next = await world.next(60_000, leader);
    await world.pass(cutAt + 60_000 - world.clock.now());
    leader.isCutOff = false;
    await world.pass(60_000);

    const [{ at, reason } = { at: 0, reason: "" }] = leader.lost;
    assert.is(reason, "it was not renewed for 10 s");
    assert.ok(at <= cutAt + settings.renewMs, "it ends in time");
    assert.ok((next?.began[0] ?? 0) >= at + 2_000, "the next one begins later");
    assert.equal(world.leaders, [next]);
  }),
);

elections(
  "let a leader that had to give up give its lease back as soon as it can",
  withLeader(async (world, leader) => {
    leader.isCutOff = true;
    const [cutAt, other] = [world.clock.now(), world.voters.filter((voter) => voter !== leader)];
    await world.pass(10_500);
    leader.isCutOff = false;
    void leader.elector.release();

    const next = await world.next(1_500, leader);
    assert.ok(next && other.includes(next), "before the lease has run out");
    assert.ok(world.clock.now() < cutAt + settings.durationMs);
    assert.is(leader.warnings.filter((warning) => warning.startsWith("lease not given back")).length, 0);
  }),
);

elections(
  "keep a leader that a busy server sends away most of the time",
  withLeader(async (world, leader) => {
    leader.isBusy = true;
    await world.pass(600_000);

    assert.equal(world.leaders, [leader]);
  }),
);

elections(
  "have no leader while nobody can be asked, and one again soon after",
  withLeader(async (world) => {
    for (const voter of world.voters) voter.isCutOff = true;
    await world.pass(60_000);
    assert.equal(world.leaders, []);
    for (const voter of world.voters) voter.isCutOff = false;

    assert.ok(await world.next(20_000));
  }),
);

elections(
  "end a leader at once whose lease says that another one leads",
  withLeader(async (world, leader) => {
    await tamper(world, { holderIdentity: "nobody-knows" });
    await world.pass(50);
    assert.equal(
      leader.lost.map(({ reason }) => reason),
      ['"nobody-knows" holds the lease'],
    );
    await world.pass(settings.durationMs - 1_000);
    assert.equal(world.leaders, [], "the stranger may live");

    assert.ok(await world.next(3_000));
  }),
);

elections(
  "keep a leader whose lease is deleted: it is made anew",
  withLeader(async (world, leader) => {
    await world.user.delete(leases, leaseRef);
    await world.pass(60_000);

    assert.equal(world.leaders, [leader]);
    assert.is(world.lease?.spec?.holderIdentity, leader.name);
  }),
);

elections(
  "take an edit of the lease's metadata for no sign of life, and keep it",
  withLeader(async (world, leader) => {
    leader.kill();
    for (let edit = 1; edit <= 10; edit += 1) {
      await world.pass(1_000);
      await world.user.patch(leases, leaseRef, { metadata: { labels: { edit: String(edit) } } });
    }

    assert.ok(await world.next(7_000, leader));
    assert.equal(world.lease?.metadata.labels, { edit: "10" });
  }),
);

elections("wait as long as a stranger's lease says, unless that is nonsense", async () => {
  for (const [seconds, waitsMs] of [
    [40, 40_000],
    [1_000_000, settings.durationMs],
  ] as const) {
    const world = new Electorate();
    const spec = { holderIdentity: "spiderpool-controller-0", leaseDurationSeconds: seconds };
    await world.user.create<Lease>(leases, { metadata: leaseRef, spec });
    world.join();

    assert.is(await world.next(waitsMs - 100), undefined);
    assert.ok(await world.next(1_000));
    await world.close();
  }
});

elections("say once what keeps a replica from leading, and go on trying", async () => {
  const world = new Electorate();
  let isMissing = true;
  const refusal = new ApiError(404, "NotFound", 'namespaces "autopool-system" not found');
  const voter = world.join({
    faults: ({ verb }) => (isMissing && verb === "create" ? { kind: "refuse", error: refusal } : undefined),
  });
  await world.pass(60_000);
  assert.equal(voter.warnings, ['lease not written: namespaces "autopool-system" not found']);
  isMissing = false;

  assert.ok(await world.next(3_000));
  await world.close();
});

elections("ask for little, whatever the API server answers", async () => {
  const world = new Electorate();
  let count = 0;
  world.join({
    faults: () => {
      count += 1;
      return { kind: "refuse", error: new ApiError(429, "TooManyRequests", "slow down", 1) };
    },
  });
  await world.pass(120_000);

  assert.ok(count <= 120, `${count} requests in two minutes`);
  await world.close();
});

elections("never have two leaders, whatever fails, and one in the end", async () => {
  const step = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom("cut", "mend", "kill", "release", "delete", "wait"),
    ms: fc.integer({ min: 10, max: 20_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 12 }), async (seed, steps) => {
      const world = new Electorate();
      const until = world.clock.now() + 120_000;
      const join = (): Voter =>
        world.join({
          skewMs: (seed % 7) * 1_000_000 * (world.voters.length - 1),
          faults: randomFaults({ random: seededRandom(seed + world.voters.length), rate: 0.2, until }),
        });
      const places = [join(), join(), join()];
      let isDeleted = false;
      for (const { who, what, ms } of steps) {
        const voter = places[who] as Voter;
        if (what === "cut" || what === "mend") voter.isCutOff = what === "cut";
        else if (isDeleted) {
          // A newcomer that has never seen the lease cannot know that somebody leads.
        } else if (what === "kill") {
          voter.kill();
          places[who] = join();
        } else if (what === "release") {
          void voter.elector.release();
          places[who] = join();
        } else if (what === "delete" && places.every(({ elector }) => elector.leader !== undefined)) {
          isDeleted = true;
          await world.user.delete(leases, leaseRef);
        }
        await world.pass(ms);
      }
      for (const voter of places) voter.isCutOff = false;
      await world.pass(Math.max(0, until - world.clock.now()));
      // Who has lost is followed by a new process.
      for (const [index, { lost }] of places.entries()) if (lost.length > 0) places[index] = join();
      const leader = await world.next(90_000);
      await world.close();
      assert.equal(world.broken, []);
      assert.ok(leader, "one leads in the end");
    }),
    { numRuns: 40 },
  );
});

elections.run();
