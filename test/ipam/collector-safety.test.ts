/** What the collector must not do: touch living pods, trust its caches, ask too much, or give up. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pods, spiderEndpoints, spiderIPPools } from "../../src/api/resources.ts";
import { ApiError } from "../../src/cluster/cluster.ts";
import type { FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { virtualMachineInstances } from "../../src/ipam/static-holder.ts";
import { on, unreadable } from "./collector-scene.ts";

const collecting = suite("collector: safety");
const minute = 60_000;

const delayed: FaultPolicy = ({ verb }) => (verb === "watch" ? { kind: "delay", ms: 90_000 } : undefined);
collecting(
  "takes back from a living pod what a failed ADD took, after minutes and nothing sooner",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.record(pod, "10.0.0.9");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();

    await scene.pass(2.5 * minute);
    assert.equal(scene.records(), ["10.0.0.1", "10.0.0.9"]);
    await scene.pass(2 * minute);

    assert.equal(scene.freed, ["p 9 not-in-endpoint"]);
    assert.equal([scene.records(), scene.endpoints()], [["10.0.0.1"], ["a"]]);
  }),
);

collecting(
  "takes back a record in another pool than the one that serves the pod (churn, seed 392)",
  on({}, async (scene) => {
    await scene.pool("q");
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.record(pod, "10.0.0.9", "q");
    await scene.start();
    await scene.pass(15 * minute);

    assert.equal(scene.freed, ["q 9 not-in-endpoint"]);
  }),
);

collecting(
  "begins to count anew when the endpoint changes: an ADD may be under way",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.record(pod, "10.0.0.9");
    const { metadata } = await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    for (let times = 0; times < 10; times += 1) {
      await scene.pass(minute);
      const change = { metadata: { annotations: { times: String(times) } } };
      await scene.user.patch(spiderEndpoints, { namespace: "ns", name: metadata.name }, change);
    }
    assert.equal(scene.freed, []);

    await scene.pass(7 * minute);

    assert.equal(scene.freed, ["p 9 not-in-endpoint"]);
  }),
);

collecting(
  "leaves a pod alone that has records and no endpoint yet, and frees them when it goes",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.record(pod, "10.0.0.1");
    await scene.start();
    await scene.pass(5 * minute);
    const asked = scene.requests.filter(({ verb }) => verb === "get").length;
    await scene.pass(4 * minute);
    assert.is(scene.requests.filter(({ verb }) => verb === "get").length, asked);
    assert.equal(scene.records(), ["10.0.0.1"]);

    await scene.end(pod);
    await scene.pass(10_000);

    assert.equal(scene.records(), []);
  }),
);

collecting(
  "asks nothing of the API server for pods that end as they should",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.start();
    const asked = scene.requests.filter(({ verb }) => verb !== "watch" && verb !== "list").length;

    await scene.terminate(pod);
    await scene.end(pod);
    await scene.pass(minute);

    assert.is(scene.requests.filter(({ verb }) => verb !== "watch" && verb !== "list").length, asked);
  }),
);

collecting(
  "frees nothing of living pods while its caches are a minute and a half behind",
  on({ faults: delayed }, async (scene) => {
    const first = await scene.pod("a");
    await scene.give(first, ["10.0.0.1"]);
    await scene.start();
    // None of this is in a cache when the collector hears of the first pod's end.
    await scene.end(first);
    await scene.pass(80_000);
    const second = await scene.pod("a");
    await scene.record(second, "10.0.0.2");

    await scene.pass(5 * minute);

    assert.equal(scene.records(), ["10.0.0.2"]);
  }),
);

collecting(
  "releases nothing that was made anew between suspicion and confirmation",
  on({}, async (scene) => {
    const first = await scene.pod("a");
    await scene.give(first, ["10.0.0.1"]);
    await scene.start();
    await scene.end(first);
    await scene.pass(4_900);
    // The endpoint of the first one goes, as at an ADD of the second one.
    await scene.user.patch(spiderEndpoints, { namespace: "ns", name: "a" }, { metadata: { finalizers: null } });
    const second = await scene.pod("a");
    await scene.give(second, ["10.0.0.1"]);

    await scene.pass(20 * minute);

    assert.equal([scene.records(), scene.endpoints()], [["10.0.0.1"], ["a"]]);
    assert.equal(scene.freed, []);
  }),
);

collecting(
  "keeps what it cannot ask about, and frees it when the API server answers again",
  on({ faults: ({ verb, time }) => refusing(verb, time) }, async (scene) => {
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    await scene.end(pod);

    await scene.pass(4 * minute);
    assert.equal(scene.records(), ["10.0.0.1"]);
    assert.ok(scene.failures.length > 2);
    await scene.pass(4 * minute);

    assert.equal(scene.records(), []);
  }),
);

function refusing(verb: string, time: number): ReturnType<FaultPolicy> {
  const end = Date.UTC(2026, 0, 1, 0, 5);
  if (verb !== "get" || time > end) return undefined;
  return { kind: "refuse", error: new ApiError(500, "InternalError", "etcd is away") };
}

collecting(
  "converges where answers to its writes are lost",
  on({ faults: ({ verb, number }) => lossy(verb, number) }, async (scene) => {
    for (const n of [1, 2, 3, 4]) {
      const pod = await scene.pod(`a${n}`);
      await scene.give(pod, [`10.0.0.${n}`]);
      if (n > 1) await scene.end(pod);
    }

    await scene.start();
    await scene.pass(3 * minute);

    assert.equal([scene.records(), scene.endpoints()], [["10.0.0.1"], ["a1"]]);
  }),
);

function lossy(verb: string, number: number): ReturnType<FaultPolicy> {
  const isWrite = verb === "patch" || verb === "update" || verb === "delete";
  return isWrite && number % 2 === 0 ? { kind: "loseAnswer", afterMs: 1_000 } : undefined;
}

collecting(
  "keeps a virtual machine's address while its launcher runs, though the machine and the endpoint are gone",
  on({ resources: [virtualMachineInstances] }, async (scene) => {
    const launchers = [await scene.pod("virt-launcher-vm1-x"), await scene.pod("virt-launcher-vm2-x")];
    const [first, second] = launchers.map((pod, index) => ({
      metadata: { ...pod.metadata, name: `vm${index + 1}` },
    }));
    for (const { metadata } of launchers) {
      await scene.user.patch(pods, metadata, { metadata: { labels: { "kubevirt.io": "virt-launcher" } } });
    }
    if (first) await scene.give(first, ["10.0.0.1"], "VirtualMachineInstance");
    if (second) await scene.record(second, "10.0.0.2");
    await scene.start();
    await scene.pass(25 * minute);
    assert.equal([scene.records(), scene.endpoints()], [["10.0.0.1", "10.0.0.2"], ["vm1"]]);

    for (const pod of launchers) await scene.end(pod);
    await scene.pass(11 * minute);

    assert.equal([scene.records(), scene.endpoints()], [[], []]);
  }),
);

collecting(
  "does not look for virtual machines where there can be none, and seldom asks whether there can",
  on({}, async (scene) => {
    const gone = await Promise.all(Array.from({ length: 50 }, (_, i) => scene.pod(`a${i}`)));
    for (const [i, pod] of gone.entries()) await scene.record(pod, `10.0.0.${i + 1}`);
    await scene.start();
    scene.requests.length = 0;
    for (const pod of gone) await scene.end(pod);
    await scene.pass(20_000);

    assert.equal(scene.records(), []);
    const asked = scene.requests.map(({ verb }) => verb);
    assert.equal(
      asked.filter((verb) => verb === "list" || verb === "resolve"),
      ["resolve"],
    );
  }),
);

collecting(
  "leaves a pool alone whose records cannot be read",
  on({}, async (scene) => {
    const change = { status: { allocatedIPs: unreadable, allocatedIPCount: 1 } };
    await scene.user.patch(spiderIPPools, { name: "p" }, change, { subresource: "status" });

    await scene.start();
    await scene.pass(minute);

    assert.match(String(scene.failures[0]), "Cannot parse allocatedIPs");
  }),
);

collecting(
  "remembers nothing of a pool that is gone",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    await scene.end(pod);
    await scene.pass(minute);
    assert.equal([scene.records(), scene.commits?.size], [[], 1]);

    await scene.user.delete(spiderIPPools, { name: "p" });
    await scene.pass(1_000);

    assert.is(scene.commits?.size, 0);
  }),
);

collecting(
  "does not begin once it was stopped",
  on({}, async (scene) => {
    await scene.start();
    const { collector } = scene;
    await scene.stop();
    const timers = scene.clock.pending();

    await collector.start();

    assert.is(scene.clock.pending(), timers);
  }),
);

collecting.run();
