/** Claims on one pool at the edges: answers that are lost, callers that go away, pools that somebody has edited. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAddress } from "../../src/address/address.ts";
import { spiderIPPools } from "../../src/api/resources.ts";
import type { Fault, FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { claimOf, PoolScene, poolName, textsOf } from "./pool-scene.ts";

const edges = suite("pool commits: edges");

/** Lets the first write fail like this. */
function once(fault: Fault): FaultPolicy {
  let isFirst = true;
  return ({ verb }) => {
    if (verb !== "update" || !isFirst) return undefined;
    isFirst = false;
    return fault;
  };
}

const lostAnswer: Fault = { kind: "loseAnswer", afterMs: 1000 };
const record = (address: string): string => `{"${address}":{"pod":"default/pod-1","podUid":"uid-1"}}`;

edges("an address whose write was not answered is new to its claim, so that it can be given back", async () => {
  const scene = new PoolScene();
  await scene.create({ ips: ["10.0.0.9", "10.0.0.1"] });
  const writer = scene.commits({ faults: once(lostAnswer) });
  const results = await scene.all([writer.claim(poolName, claimOf(1)), writer.claim(poolName, claimOf(1))]);
  const fresh = results.map((result) => (result.status === "fulfilled" ? textsOf(result.value.fresh) : []));
  assert.equal(fresh, [["10.0.0.9"], ["10.0.0.1"]]);
});

edges("who goes away while the pool is read is given nothing", async () => {
  const scene = new PoolScene();
  await scene.create();
  const gone = new AbortController();
  const claim = scene.commits().claim(poolName, claimOf(1), gone.signal);
  // The read takes 10 ms.
  scene.clock.after(4, () => gone.abort(new Error("gone")));
  const [result] = await scene.all([claim]);
  await scene.clock.advance(1_000);
  assert.is(result?.status, "rejected");
  assert.equal(scene.records, {});
});

edges("what a NIC has is not given to the next one, even where its record was lost (B1)", async () => {
  const scene = new PoolScene();
  await scene.create();
  const claim = claimOf(1, { known: [parseAddress("10.0.0.1")] });
  assert.equal(textsOf((await scene.one(scene.commits().claim(poolName, claim))).addresses), ["10.0.0.2"]);
});

edges("ranges that overlap give each address once", async () => {
  const scene = new PoolScene();
  await scene.create({ ips: ["10.0.0.1", "10.0.0.1-10.0.0.2"] });
  const { addresses } = await scene.one(scene.commits().claim(poolName, claimOf(1, { count: 2 })));
  assert.equal(textsOf(addresses), ["10.0.0.1", "10.0.0.2"]);
});

edges("a record of an address that the pool has no more is not used again", async () => {
  const scene = new PoolScene();
  await scene.create({}, { allocatedIPs: record("10.0.9.9"), allocatedIPCount: 1 });
  const writer = scene.commits();
  const rebinding = { pod: "default/pod-1", podUid: "next", address: parseAddress("10.0.9.9") };
  assert.is(await scene.one(writer.rebind(poolName, rebinding)), "taken");
  assert.equal(textsOf((await scene.one(writer.claim(poolName, claimOf(1)))).addresses), ["10.0.0.1"]);
});

edges("a pool that is being deleted gets no lost record back", async () => {
  const scene = new PoolScene();
  await scene.create();
  await scene.user.patch(spiderIPPools, { name: poolName }, { metadata: { finalizers: ["spiderpool.spidernet.io"] } });
  await scene.user.delete(spiderIPPools, { name: poolName });
  const rebinding = { pod: "default/pod-1", podUid: "next", address: parseAddress("10.0.0.1") };
  assert.is(await scene.one(scene.commits().rebind(poolName, rebinding)), "taken");
});

edges("addresses come back where the pool's ranges cannot be read, and none goes out", async () => {
  const scene = new PoolScene();
  await scene.create({}, { allocatedIPs: record("10.0.0.1"), allocatedIPCount: 1 });
  await scene.user.patch(spiderIPPools, { name: poolName }, { spec: { excludeIPs: ["10.0.0.x"] } });
  const writer = scene.commits();
  const addresses = [parseAddress("10.0.0.1")];
  const [claimed, released] = await scene.all<unknown>([
    writer.claim(poolName, claimOf(2)),
    writer.release(poolName, { podUid: "uid-1", addresses }),
  ]);
  assert.match((claimed as PromiseRejectedResult).reason.message, /^Cannot use IPPool "p": .*10\.0\.0\.x/);
  assert.equal((released as PromiseFulfilledResult<unknown>).value, addresses);
  assert.equal(scene.records, {});
});

edges("who goes away hears so at once, however long the write before takes", async () => {
  const scene = new PoolScene();
  await scene.create();
  const began = scene.clock.now();
  const writer = scene.commits({ faults: once(lostAnswer) });
  const gone = new AbortController();
  let rejectedAt = Number.NaN;
  const first = writer.claim(poolName, claimOf(1));
  await scene.clock.advance(20);
  const second = writer.claim(poolName, claimOf(2), gone.signal).catch(() => {
    rejectedAt = scene.clock.now();
  });
  gone.abort(new Error("gone"));
  await scene.all<unknown>([first, second]);
  assert.is(rejectedAt - began, 20);
  assert.equal(scene.records, { "10.0.0.1": "uid-1" });
});

edges("what comes while a write fails goes into the next try", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits({ faults: once({ kind: "loseRequest", afterMs: 1000 }) });
  const first = writer.claim(poolName, claimOf(1));
  await scene.clock.advance(500);
  await scene.all([first, writer.claim(poolName, claimOf(2))]);
  assert.is(scene.count("update"), 2);
  assert.equal(scene.records, { "10.0.0.1": "uid-1", "10.0.0.2": "uid-2" });
});

edges(
  "a pool that is not there is asked for once more for who comes meanwhile, and nobody is idle till then",
  async () => {
    const scene = new PoolScene();
    const writer = scene.commits();
    const first = writer.claim(poolName, claimOf(1));
    await scene.clock.advance(1);
    const second = writer.claim(poolName, claimOf(2));
    const both = Promise.allSettled([first, second]);
    await scene.clock.advance(3);
    assert.is(writer.isIdle, false);
    await scene.all([both]);
    assert.is(writer.isIdle, true);
  },
);

edges("the watch's echo of an own write costs no reading of the records", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  const { addresses } = await scene.one(writer.claim(poolName, claimOf(1)));
  // Were the text read again, it could not be.
  const { status, ...echo } = scene.pool;
  writer.observe({ ...echo, status: { ...status, allocatedIPs: "{" } });
  assert.equal(await scene.one(writer.release(poolName, { podUid: "uid-1", addresses })), addresses);
  assert.is(scene.count("get"), 1);
});

edges.run();
