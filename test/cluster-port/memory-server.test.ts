/** The memory cluster beyond the port: compaction, faults, crashes, determinism, speed. @module */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { configMaps, deployments, spiderIPPools } from "../../src/api/resources.ts";
import { ApiError, hasCode, UnknownOutcome, type WatchEvent } from "../../src/cluster/cluster.ts";
import { type Fault, randomFaults } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import type { ConnectionOptions } from "../../src/cluster/memory/sender.ts";
import { createVirtualClock, type VirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { seededRandom } from "../../src/random.ts";
import { ownedBy, poolBody, refused, type Thing } from "./fixtures.ts";

const test = suite("memory cluster");

function makeServer() {
  const clock = createVirtualClock();
  const server = createMemoryCluster({ clock, resources: [configMaps, deployments, spiderIPPools] });
  return { clock, server };
}

const pool = (name: string): Thing => ({ ...poolBody(), metadata: { name } });

/** Lets a request be answered, whatever the clock needs for that. */
async function settle<T>(clock: VirtualClock, request: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.all([Promise.allSettled([request]), clock.advance(60_000)]);
  return outcome[0];
}

/** Collects what a watch yields, and how it ended, while the clock is moved. */
function follow(watch: AsyncIterable<WatchEvent>) {
  const seen: { events: string[]; end: unknown } = { events: [], end: undefined };
  const read = async (): Promise<string> => {
    for await (const { type, object } of watch)
      if (type !== "BOOKMARK") seen.events.push(`${type} ${object.metadata.name}`);
    return "ended";
  };
  read().then(
    (end) => {
      seen.end = end;
    },
    (error: unknown) => {
      seen.end = error;
    },
  );
  return seen;
}

test("a compaction expires older watches and lists being paged, not running watches", async () => {
  const { clock, server } = makeServer();
  const cluster = server.connect();
  const first = await cluster.create(spiderIPPools, pool("a"));
  await cluster.create(spiderIPPools, pool("b"));
  const page = await cluster.list(spiderIPPools, { limit: 1 });
  const options = { resourceVersion: first.metadata.resourceVersion ?? "", timeoutSeconds: 30 };
  const running = follow(cluster.watch(spiderIPPools, options));
  await clock.advance(0);

  server.compact();
  await cluster.create(spiderIPPools, pool("c"));
  const late = follow(cluster.watch(spiderIPPools, options));
  await clock.advance(30_000);

  assert.equal(running, { events: ["ADDED b", "ADDED c"], end: "ended" });
  assert.ok(hasCode(late.end, 410));
  await refused(cluster.list(spiderIPPools, { limit: 1, continue: page.continue ?? "" }), 410, "Expired");
});

test("history beyond the limit is forgotten", async () => {
  const clock = createVirtualClock();
  const server = createMemoryCluster({ clock, resources: [spiderIPPools], historyLimit: 10 });
  const cluster = server.connect();
  const { resourceVersion } = await cluster.list(spiderIPPools);
  for (let index = 0; index < 30; index += 1) await cluster.create(spiderIPPools, pool(`p${index}`));

  const watching = follow(cluster.watch(spiderIPPools, { resourceVersion, timeoutSeconds: 1 }));
  await clock.advance(1000);

  assert.ok(hasCode(watching.end, 410));
});

const faultCases: [Fault, "happened" | "did not happen", (error: unknown) => boolean][] = [
  [
    { kind: "refuse", error: new ApiError(503, "ServiceUnavailable", "busy", 2) },
    "did not happen",
    (error) => hasCode(error, 503),
  ],
  [{ kind: "loseRequest", afterMs: 100 }, "did not happen", (error) => error instanceof UnknownOutcome],
  [{ kind: "loseAnswer", afterMs: 100 }, "happened", (error) => error instanceof UnknownOutcome],
];

for (const [fault, effect, isExpected] of faultCases) {
  test(`a write with the fault ${fault.kind} is not answered and ${effect}`, async () => {
    const { clock, server } = makeServer();
    const cluster = server.connect({ faults: ({ verb }) => (verb === "create" ? fault : undefined) });

    const outcome = await settle(clock, cluster.create(spiderIPPools, pool("a")));

    assert.ok(outcome.status === "rejected" && isExpected(outcome.reason));
    assert.is(server.objects(spiderIPPools).length, effect === "happened" ? 1 : 0);
  });
}

const watchCases: [Fault, string[], (end: unknown) => boolean][] = [
  [{ kind: "drop", afterEvents: 2 }, ["ADDED a", "ADDED b"], (end) => end instanceof UnknownOutcome],
  [{ kind: "expire", afterEvents: 0 }, [], (end) => hasCode(end, 410)],
  [{ kind: "repeat", every: 2 }, ["ADDED a", "ADDED b", "ADDED a", "ADDED b", "ADDED c"], (end) => end === "ended"],
  [{ kind: "delay", ms: 500 }, ["ADDED a", "ADDED b", "ADDED c"], (end) => end === "ended"],
];

for (const [fault, events, isExpected] of watchCases) {
  test(`a watch with the fault ${fault.kind} shows ${events.length} events of three`, async () => {
    const { clock, server } = makeServer();
    const cluster = server.connect({ faults: ({ verb }) => (verb === "watch" ? fault : undefined) });
    const { resourceVersion } = await cluster.list(spiderIPPools);
    const seen = follow(cluster.watch(spiderIPPools, { resourceVersion, timeoutSeconds: 10 }));

    for (const name of ["a", "b", "c"]) await cluster.create(spiderIPPools, pool(name));
    await clock.advance(20_000);

    assert.equal(seen.events, events);
    assert.ok(isExpected(seen.end), String(seen.end));
  });
}

test("a client cut at its n-th write hears nothing more, and what it asks has no effect", async () => {
  const { clock, server } = makeServer();
  const other = server.connect();
  const { resourceVersion } = await other.list(spiderIPPools);
  const options: ConnectionOptions = { latencyMs: 2, onWrite: (count) => count === 2 && cluster.cut() };
  const cluster = server.connect(options);
  const seen = follow(cluster.watch(spiderIPPools, { resourceVersion, timeoutSeconds: 10 }));
  const answered: string[] = [];

  void (async () => {
    for (const name of ["a", "b", "c"]) answered.push((await cluster.create(spiderIPPools, pool(name))).metadata.name);
  })();
  await clock.advance(100_000);

  assert.equal(answered, ["a"]);
  assert.equal(
    server.objects(spiderIPPools).map((object) => object.metadata.name),
    ["a", "b"],
  );
  assert.equal(seen, { events: ["ADDED a"], end: undefined });
});

test("a closed connection rejects what comes later and ends its watches", async () => {
  const { clock, server } = makeServer();
  const cluster = server.connect();
  const { resourceVersion } = await cluster.list(spiderIPPools);
  const seen = follow(cluster.watch(spiderIPPools, { resourceVersion, timeoutSeconds: 60 }));
  await clock.advance(1);

  await cluster.close();
  await clock.advance(1);

  assert.is(seen.end, "ended");
  assert.instance(await cluster.list(spiderIPPools).catch((error: unknown) => error), UnknownOutcome);
});

test("a request that is aborted has an unknown outcome", async () => {
  const { clock, server } = makeServer();
  const cluster = server.connect({ latencyMs: 100 });
  const stop = new AbortController();
  clock.after(60, () => stop.abort());

  const outcome = await settle(clock, cluster.create(spiderIPPools, pool("a"), { signal: stop.signal }));

  assert.ok(outcome.status === "rejected" && outcome.reason instanceof UnknownOutcome);
  assert.is(server.objects(spiderIPPools).length, 1);
});

test("admission sees the object as it would be stored, and refuses it", async () => {
  const clock = createVirtualClock();
  const seen: unknown[] = [];
  const server = createMemoryCluster({
    clock,
    resources: [spiderIPPools],
    admit: (_, object, old) => {
      seen.push([(object as Thing).spec?.["disable"], old?.metadata.name]);
      if ((object as Thing).spec?.["disable"]) throw new ApiError(422, "Invalid", "no");
    },
  });
  const cluster = server.connect();
  await cluster.create(spiderIPPools, pool("a"));

  await refused(cluster.patch(spiderIPPools, { name: "a" }, { spec: { disable: true } }), 422, "Invalid");

  assert.equal(seen, [
    [false, undefined],
    [true, "a"],
  ]);
});

test("a cluster-scoped object with a namespaced owner, or one of a kind not served, is left alone", async () => {
  const { clock, server } = makeServer();
  const cluster = server.connect();
  const map = await cluster.create(configMaps, { metadata: { namespace: "default", name: "a" } });
  const unknown = { apiVersion: "nobody.example/v1", kind: "Ghost", name: "a", uid: "1" };
  for (const [name, owner] of [
    ["a", ownedBy(map, configMaps)],
    ["b", unknown],
  ] as const) {
    await cluster.create(spiderIPPools, { ...poolBody(), metadata: { name, ownerReferences: [owner] } });
  }

  await cluster.delete(configMaps, { namespace: "default", name: "a" });
  await clock.advance(60_000);

  assert.is(server.objects(spiderIPPools).length, 2);
});

/** Plays a fixed program against random faults; returns all that could be seen. */
async function play(seed: number): Promise<string[]> {
  const { clock, server } = makeServer();
  const log: string[] = [];
  server.observe(({ type, version, object }) => log.push(`${type} ${version} ${object.metadata.uid}`));
  const random = seededRandom(seed);
  const cluster = server.connect({ faults: randomFaults({ random, rate: 0.4 }), latencyMs: () => random() * 20 });
  for (let index = 0; index < 40; index += 1) {
    const outcome = await settle(clock, cluster.create(spiderIPPools, pool(`p${index}`)));
    log.push(outcome.status === "fulfilled" ? "done" : String(outcome.reason));
  }
  return log;
}

test("the same seed plays the same faults, another seed others", async () => {
  const first = await play(1);

  assert.equal(await play(1), first);
  assert.not.equal(await play(2), first);
  assert.ok(first.includes("done") && first.some((line) => line.startsWith("UnknownOutcome")));
});

test("random faults end at their time", () => {
  const faults = randomFaults({ random: seededRandom(1), rate: 1, until: 100 });
  const request = { verb: "list", resource: spiderIPPools, ref: undefined, subresource: undefined, number: 1 } as const;

  assert.ok(faults({ ...request, time: 99 }));
  assert.is(faults({ ...request, time: 100 }), undefined);
});

test("10 000 objects are created, watched and written in less than a second of CPU", async () => {
  const { clock, server } = makeServer();
  const cluster = server.connect();
  const { resourceVersion } = await cluster.list(spiderIPPools);
  const seen = follow(cluster.watch(spiderIPPools, { resourceVersion, timeoutSeconds: 60 }));
  const before = process.cpuUsage();

  for (let index = 0; index < 10_000; index += 1) await cluster.create(spiderIPPools, pool(`p${index}`));
  for (let index = 0; index < 10_000; index += 1) {
    await cluster.patch(
      spiderIPPools,
      { name: `p${index}` },
      { status: { totalIPCount: 9 } },
      { subresource: "status" },
    );
  }
  const { user, system } = process.cpuUsage(before);
  await clock.advance(60_000);

  assert.is(seen.events.length, 20_000);
  assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms of CPU`);
});

test.run();
