/** Addresses out of one pool and back, many at once, whatever the API server answers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAddress } from "../../src/address/address.ts";
import { spiderIPPools } from "../../src/api/resources.ts";
import { sleep } from "../../src/clock.ts";
import { ApiError } from "../../src/cluster/cluster.ts";
import { type Fault, randomFaults } from "../../src/cluster/memory/faults.ts";
import { PoolUnavailable } from "../../src/ipam/pool-commits.ts";
import { seededRandom } from "../../src/random.ts";
import { claimOf, PoolScene, poolName, textsOf } from "./pool-scene.ts";

const commits = suite("pool commits");

async function refusal(scene: PoolScene, promise: Promise<unknown>): Promise<Error> {
  const [result] = await scene.all([promise]);
  assert.is(result?.status, "rejected");
  return (result as PromiseRejectedResult).reason;
}

commits("give the lowest address, and the count of records", async () => {
  const scene = new PoolScene();
  await scene.create();
  const grant = await scene.one(scene.commits().claim(poolName, claimOf(1)));
  assert.equal([textsOf(grant.addresses), textsOf(grant.fresh)], [["10.0.0.1"], ["10.0.0.1"]]);
  assert.equal(scene.pool.status?.allocatedIPs, '{"10.0.0.1":{"pod":"default/pod-1","podUid":"uid-1"}}');
  assert.is(scene.pool.status?.allocatedIPCount, 1);
});

commits("write once for all that waits", async () => {
  const scene = new PoolScene();
  await scene.create({ ips: ["10.0.0.1-10.0.3.232"] });
  const first = parseAddress("10.0.0.1");
  const writer = scene.commits();
  const results = await scene.all(Array.from({ length: 1000 }, (_, i) => writer.claim(poolName, claimOf(i))));
  assert.ok(results.every(({ status }) => status === "fulfilled"));
  assert.is(new Set(Object.values(scene.records)).size, 1000);
  assert.equal([scene.count("update"), scene.count("get")], [1, 1]);
  await scene.all([sleep(scene.clock, 1000)]);
  const later = Array.from({ length: 3 }, (_, i) =>
    sleep(scene.clock, i).then(() => writer.release(poolName, { podUid: `uid-${i}`, addresses: [first + BigInt(i)] })),
  );
  await scene.all(later);
  assert.equal([scene.count("update"), scene.count("get")], [3, 1]);
});

commits("of several agents never give one address twice", async () => {
  const scene = new PoolScene();
  await scene.create({ ips: ["10.0.0.1-10.0.0.200"] });
  const writers = [1, 2, 3, 4, 5].map((seed) => scene.commits({ seed }));
  const claims = Array.from({ length: 200 }, (_, i) => writers[i % 5]?.claim(poolName, claimOf(i)));
  const results = await scene.all(claims.filter((claim) => claim !== undefined));
  assert.is(results.filter(({ status }) => status === "fulfilled").length, 200);
  assert.is(new Set(Object.values(scene.records)).size, 200);
});

commits("give the same pod the same again", async () => {
  const scene = new PoolScene();
  await scene.create();
  await scene.one(scene.commits().claim(poolName, claimOf(1)));
  const again = await scene.one(scene.commits().claim(poolName, claimOf(1)));
  assert.equal([textsOf(again.addresses), again.fresh], [["10.0.0.1"], []]);
});

commits("give two NICs of a pod two addresses (B1)", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  const { addresses } = await scene.one(writer.claim(poolName, claimOf(1)));
  const second = await scene.one(writer.claim(poolName, claimOf(1, { known: [...addresses] })));
  const both = await scene.one(writer.claim(poolName, claimOf(2, { count: 2 })));
  assert.equal(textsOf([...addresses, ...second.addresses]), ["10.0.0.1", "10.0.0.2"]);
  assert.equal(textsOf(both.addresses), ["10.0.0.3", "10.0.0.4"]);
});

commits("give two claims of a pod in one write two addresses", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  const results = await scene.all([writer.claim(poolName, claimOf(1)), writer.claim(poolName, claimOf(1))]);
  const granted = results.flatMap((result) => (result.status === "fulfilled" ? result.value.addresses : []));
  assert.equal(textsOf(granted), ["10.0.0.1", "10.0.0.2"]);
});

commits("use a record that has lost its NIC before a fresh address", async () => {
  const scene = new PoolScene();
  await scene.create(
    {},
    { allocatedIPs: '{"10.0.0.7":{"pod":"default/pod-1","podUid":"uid-1"}}', allocatedIPCount: 1 },
  );
  const { addresses } = await scene.one(scene.commits().claim(poolName, claimOf(1, { count: 2 })));
  assert.equal(textsOf(addresses), ["10.0.0.7", "10.0.0.1"]);
});

commits("say that all is used out, and only after having looked (E00008)", async () => {
  const scene = new PoolScene();
  await scene.create({ ips: ["10.0.0.1"] });
  const writer = scene.commits();
  await scene.one(writer.claim(poolName, claimOf(1)));
  await scene.user.patch(spiderIPPools, { name: poolName }, { spec: { ips: ["10.0.0.1-10.0.0.2"] } });
  assert.equal(textsOf((await scene.one(writer.claim(poolName, claimOf(2)))).addresses), ["10.0.0.2"]);
  const error = await refusal(scene, writer.claim(poolName, claimOf(3)));
  assert.instance(error, PoolUnavailable);
  assert.equal([(error as PoolUnavailable).reason, error.message], ["exhausted", "all IP addresses used out"]);
});

commits("give all or nothing, and others of the same write are served", async () => {
  const scene = new PoolScene();
  await scene.create({ ips: ["10.0.0.1-10.0.0.2"] });
  const writer = scene.commits();
  const asked = [claimOf(1, { count: 3 }), claimOf(2)].map((claim) => writer.claim(poolName, claim));
  const results = await scene.all(asked);
  assert.equal(
    results.map(({ status }) => status),
    ["rejected", "fulfilled"],
  );
  assert.equal(scene.records, { "10.0.0.1": "uid-2" });
});

commits("stop at the greatest number of records", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits({ recordsMax: 1 });
  await scene.one(writer.claim(poolName, claimOf(1)));
  const error = await refusal(scene, writer.claim(poolName, claimOf(2)));
  assert.is(error.message, "all IP addresses used out, threshold of IP records(<=1) for IPPool p exceeded");
});

commits("take nothing new from a disabled pool, but give back (D00005)", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  const { addresses } = await scene.one(writer.claim(poolName, claimOf(1)));
  await scene.user.patch(spiderIPPools, { name: poolName }, { spec: { disable: true } });
  writer.observe(scene.pool);
  assert.is((await refusal(scene, writer.claim(poolName, claimOf(2)))).message, "disabled IPPool p");
  assert.equal(textsOf((await scene.one(writer.claim(poolName, claimOf(1)))).addresses), ["10.0.0.1"]);
  assert.equal(await scene.one(writer.release(poolName, { podUid: "uid-1", addresses })), addresses);
});

commits("remove the field with the last record (D00004)", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  const { addresses } = await scene.one(writer.claim(poolName, claimOf(1)));
  await scene.one(writer.release(poolName, { podUid: "uid-1", addresses }));
  assert.equal([scene.pool.status?.allocatedIPs, scene.pool.status?.allocatedIPCount], [undefined, 0]);
});

commits("release by UID and address, nothing else", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  const { addresses } = await scene.one(writer.claim(poolName, claimOf(1)));
  assert.equal(await scene.one(writer.release(poolName, { podUid: "uid-2", addresses })), []);
  assert.equal(await scene.one(writer.release(poolName, { podUid: "uid-1", addresses: [9n] })), []);
  assert.equal(scene.records, { "10.0.0.1": "uid-1" });
  assert.is(scene.count("update"), 1);
});

commits("know nothing of a pool that is not there", async () => {
  const scene = new PoolScene();
  const writer = scene.commits();
  const error = await refusal(scene, writer.claim("q", claimOf(1)));
  assert.equal(
    [(error as PoolUnavailable).reason, error.message],
    ["gone", 'spiderippools.spiderpool.spidernet.io "q" not found'],
  );
  assert.equal(await scene.one(writer.release("q", { podUid: "uid-1", addresses: [1n] })), []);
  assert.is(await scene.one(writer.rebind("q", { pod: "a/b", podUid: "u", address: 1n })), "taken");
});

commits("rebind a fixed address, and write a lost record again (B4)", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  const { addresses } = await scene.one(writer.claim(poolName, claimOf("a")));
  const address = addresses[0] as bigint;
  const pod = "default/pod-a";
  assert.is(await scene.one(writer.rebind(poolName, { pod, podUid: "next", address })), "held");
  assert.equal(scene.records, { "10.0.0.1": "next" });
  await scene.one(writer.release(poolName, { podUid: "next", addresses }));
  assert.is(await scene.one(writer.rebind(poolName, { pod, podUid: "third", address })), "held");
  assert.is(await scene.one(writer.rebind(poolName, { pod: "default/other", podUid: "x", address })), "taken");
  const outside = parseAddress("10.0.9.9");
  assert.is(await scene.one(writer.rebind(poolName, { pod, podUid: "third", address: outside })), "taken");
  assert.equal(scene.records, { "10.0.0.1": "third" });
});

commits("leave the total alone, which JavaScript cannot count (D00017)", async () => {
  const scene = new PoolScene();
  const ips = ["fd00::-fd00:0:ffff:ffff:ffff:ffff:ffff:ffff"];
  await scene.create({ ipVersion: 6, subnet: "fd00::/32", ips }, { totalIPCount: 2 ** 63 });
  const patches: object[] = [];
  const cluster = scene.server.connect();
  const patch = cluster.patch.bind(cluster);
  cluster.patch = (resource, ref, body, options) => {
    patches.push(body);
    return patch(resource, ref, body, options);
  };
  await scene.one(scene.commits({ cluster }).claim(poolName, claimOf(1)));
  assert.is(patches.length, 1);
  assert.is(JSON.stringify(patches).includes("totalIPCount"), false);
});

commits("write nothing where the records cannot be read", async () => {
  const scene = new PoolScene();
  await scene.create({}, { allocatedIPs: "{", allocatedIPCount: 1 });
  const error = await refusal(scene, scene.commits().claim(poolName, claimOf(1)));
  assert.match(error.message, /^Cannot use IPPool "p": Cannot parse allocatedIPs/);
  assert.is(scene.count("update"), 0);
});

commits("take another spelling of an address for that address", async () => {
  const scene = new PoolScene();
  const text = '{"FD00:0::1":{"pod":"default/pod-0","podUid":"uid-0"}}';
  await scene.create({ ipVersion: 6, subnet: "fd00::/64", ips: ["fd00::1-fd00::9"] }, { allocatedIPs: text });
  await scene.one(scene.commits().claim(poolName, claimOf(1)));
  assert.equal(scene.records, { "FD00:0::1": "uid-0", "fd00::2": "uid-1" });
});

commits("stop for those who have gone away", async () => {
  const scene = new PoolScene();
  await scene.create();
  const gone = new AbortController();
  const writer = scene.commits();
  const first = writer.claim(poolName, claimOf(1));
  const second = writer.claim(poolName, claimOf(2), gone.signal);
  gone.abort(new Error("gone"));
  const [one, two] = await scene.all<unknown>([first, second]);
  assert.equal([one?.status, two?.status], ["fulfilled", "rejected"]);
  assert.equal(scene.records, { "10.0.0.1": "uid-1" });
});

commits("forget a pool that is deleted", async () => {
  const scene = new PoolScene();
  await scene.create();
  const writer = scene.commits();
  await scene.one(writer.claim(poolName, claimOf(1)));
  assert.is(writer.size, 1);

  await scene.user.delete(spiderIPPools, { name: poolName });
  writer.forget(poolName);
  assert.is(writer.size, 0);
});

commits(
  "forget a pool that is deleted while somebody waits when he has been answered, by the pool of that name",
  async () => {
    const scene = new PoolScene();
    await scene.create();
    const writer = scene.commits();
    await scene.one(writer.claim(poolName, claimOf(1)));
    await scene.user.delete(spiderIPPools, { name: poolName });
    await scene.create({ ips: ["10.0.0.9"] });

    const claim = writer.claim(poolName, claimOf(2));
    writer.forget(poolName);
    assert.is(writer.size, 1);

    assert.equal(textsOf((await scene.one(claim)).addresses), ["10.0.0.9"]);
    assert.is(writer.size, 0);
  },
);

commits("do not forget a pool whose write has not been answered", async () => {
  const scene = new PoolScene();
  await scene.create();
  const lost: Fault = { kind: "loseAnswer", afterMs: 1000 };
  const writer = scene.commits({ faults: ({ number }) => (number === 2 ? lost : undefined) });
  const claim = writer.claim(poolName, claimOf(1));
  await scene.all([sleep(scene.clock, 500)]);
  writer.forget(poolName);
  assert.is(writer.size, 1);

  const { addresses, fresh } = await scene.one(claim);
  assert.equal([textsOf(addresses), textsOf(fresh)], [["10.0.0.1"], ["10.0.0.1"]]);
  assert.equal(scene.records, { "10.0.0.1": "uid-1" });
});

commits("give up at the deadline with the reference's words", async () => {
  const scene = new PoolScene();
  await scene.create();
  const conflict: Fault = { kind: "refuse", error: new ApiError(409, "Conflict", "again") };
  const writer = scene.commits({ deadlineMs: 2_000, faults: ({ verb }) => (verb === "update" ? conflict : undefined) });
  const error = await refusal(scene, writer.claim(poolName, claimOf(1)));
  assert.match(error.message, /^exhaust all retries \(\d+ times\), failed to allocate IP from IPPool p/);
});

commits("pass on what the API server refuses for good", async () => {
  const scene = new PoolScene();
  await scene.create();
  const forbidden: Fault = { kind: "refuse", error: new ApiError(403, "Forbidden", "no") };
  const writer = scene.commits({ faults: ({ verb }) => (verb === "update" ? forbidden : undefined) });
  assert.is((await refusal(scene, writer.claim(poolName, claimOf(1)))).message, "no");
});

for (const kind of ["loseAnswer", "loseRequest"] as const) {
  commits(`read again after "${kind}", and take nothing twice`, async () => {
    const scene = new PoolScene();
    await scene.create();
    let first = true;
    const writer = scene.commits({
      faults: ({ verb }) => {
        if (verb !== "update" || !first) return undefined;
        first = false;
        return { kind, afterMs: 1000 };
      },
    });
    const { addresses } = await scene.one(writer.claim(poolName, claimOf(1)));
    assert.equal(textsOf(addresses), ["10.0.0.1"]);
    assert.equal(scene.records, { "10.0.0.1": "uid-1" });
  });
}

commits("come right through any faults, 100 seeds", async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const scene = new PoolScene();
    await scene.create({ ips: ["10.0.0.1-10.0.0.30"] });
    const random = seededRandom(seed);
    const names = [409, 429, 500, 503, 504, "loseRequest", "loseAnswer", "delay"] as const;
    const writers = [1, 2, 3].map((n) =>
      scene.commits({ seed: seed + n, faults: randomFaults({ random, rate: 0.3, only: names }) }),
    );
    const claims = Array.from({ length: 30 }, (_, i) => writers[i % 3]?.claim(poolName, claimOf(i)));
    const results = await scene.all(claims.filter((claim) => claim !== undefined));
    const granted = results.flatMap((result) => (result.status === "fulfilled" ? textsOf(result.value.addresses) : []));
    const at = `seed ${seed}`;
    assert.is(new Set(granted).size, granted.length, at);
    for (const address of granted) assert.ok(address in scene.records, at);
    const released = Object.entries(scene.records).map(([address, podUid], i) =>
      writers[i % 3]?.release(poolName, { podUid, addresses: [parseAddress(address)] }),
    );
    await scene.all(released.filter((release) => release !== undefined));
    assert.equal(scene.records, {}, at);
  }
});

commits.run();
