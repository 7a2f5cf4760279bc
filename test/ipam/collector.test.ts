/** Leaked addresses come back, whatever the cause, and no other ones: the collector on a memory cluster. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodes, pods, statefulSets } from "../../src/api/resources.ts";
import { on } from "./collector-scene.ts";

const collecting = suite("collector");
const minute = 60_000;

const stopped = (finishedAt: string) => ({ containerStatuses: [{ state: { terminated: { finishedAt } } }] });
const longAgo = stopped("2025-12-31T00:00:00Z");

const notReady = { status: { conditions: [{ type: "Ready", status: "Unknown" }] } };
const outOfService = { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" };

collecting(
  "frees the addresses of pods that were deleted with their namespace (G00001)",
  on({}, async (scene) => {
    const all = await Promise.all([1, 2, 3].map((n) => scene.pod(`a${n}`, { namespace: "gone" })));
    const other = await scene.pod("a1");
    for (const [index, pod] of all.entries()) await scene.give(pod, [`10.0.0.${index + 1}`]);
    await scene.give(other, ["10.0.0.9"]);
    await scene.start();
    for (const pod of all) await scene.end(pod);

    await scene.pass(4_000);
    assert.is(scene.records().length, 4);
    await scene.pass(4_000);

    assert.equal(scene.records(), ["10.0.0.9"]);
    assert.equal(scene.endpoints(), ["a1"]);
    assert.is(scene.collector.freed.of("pod-gone"), 3);
  }),
);

collecting(
  "leaves the pod of the same name in another namespace alone (G00002)",
  on({}, async (scene) => {
    const [here, there] = [await scene.pod("a"), await scene.pod("a", { namespace: "other" })];
    await scene.give(here, ["10.0.0.1"]);
    await scene.give(there, ["10.0.0.2"]);
    await scene.start();

    await scene.end(there);
    await scene.pass(20 * minute);

    assert.equal(scene.records(), ["10.0.0.1"]);
    assert.equal(scene.endpoints(), ["a"]);
  }),
);

collecting(
  "finds at its start what was lost while nobody looked, CNI and operator being gone (G00003)",
  on({}, async (scene) => {
    const [lost, living] = [await scene.pod("lost"), await scene.pod("living")];
    await scene.give(lost, ["10.0.0.1", "10.0.0.2"]);
    await scene.give(living, ["10.0.0.3"]);
    await scene.end(lost);

    await scene.start();
    await scene.pass(10_000);

    assert.equal(scene.records(), ["10.0.0.3"]);
    assert.equal(scene.endpoints(), ["living"]);
    assert.equal(scene.freed, ["p 1 pod-gone", "p 2 pod-gone"]);
  }),
);

collecting(
  "frees a pod that was deleted without grace after the delay alone (G00004)",
  on({ settings: { gcDelayMs: 2_000 } }, async (scene) => {
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    await scene.end(pod);

    await scene.pass(1_500);
    assert.equal(scene.records(), ["10.0.0.1"]);
    await scene.pass(1_500);

    assert.equal(scene.records(), []);
  }),
);

collecting(
  "frees records with a pod's name or UID that nobody has (G00005)",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    await scene.record({ metadata: { namespace: "ns", name: "nobody" } }, "10.0.0.2", "p", "u-nobody");
    await scene.record(pod, "10.0.0.3", "p", "u-before");

    await scene.pass(minute);

    assert.equal(scene.records(), ["10.0.0.1"]);
    assert.equal(new Set(scene.freed), new Set(["p 2 pod-gone", "p 3 pod-replaced"]));
  }),
);

for (const phase of ["Succeeded", "Failed"]) {
  collecting(
    `frees the address of a Job's pod that has ${phase.toLowerCase()}, though the pod stays (G00006)`,
    on({}, async (scene) => {
      const pod = await scene.pod("a");
      await scene.give(pod, ["10.0.0.1"]);
      await scene.start();

      await scene.podStatus(pod, { phase, podIPs: [], ...longAgo });
      await scene.pass(10_000);

      assert.equal([scene.records(), scene.endpoints()], [[], []]);
      assert.is(scene.collector.freed.of("pod-finished"), 1);
    }),
  );
}

collecting(
  "keeps a terminating pod's address while it may run, and frees it once its containers have ended",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    await scene.terminate(pod);

    await scene.pass(30 * minute);
    assert.equal(scene.records(), ["10.0.0.1"]);
    await scene.podStatus(pod, longAgo);
    await scene.pass(3 * minute);

    assert.equal(scene.records(), []);
    assert.is(scene.collector.freed.of("pod-ended"), 1);
  }),
);

collecting(
  "keeps the addresses of a node that is only cut off, until it is declared out of service (G00009)",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    await scene.user.patch(nodes, { name: "n" }, notReady, { subresource: "status" });
    await scene.terminate(pod);

    await scene.pass(30 * minute);
    assert.equal(scene.records(), ["10.0.0.1"]);
    await scene.user.patch(nodes, { name: "n" }, { spec: { taints: [outOfService] } });
    await scene.pass(3 * minute);

    assert.equal(scene.records(), []);
    assert.is(scene.collector.freed.of("node-out-of-service"), 1);
    scene.broken.length = 0;
  }),
);

collecting(
  "frees terminating pods of a node that is not ready where the administrator wants it (G00009)",
  on({ settings: { releaseOnNotReadyNode: true } }, async (scene) => {
    const [ending, living] = [await scene.pod("ending"), await scene.pod("living")];
    await scene.give(ending, ["10.0.0.1"]);
    await scene.give(living, ["10.0.0.2"]);
    await scene.start();
    await scene.user.patch(nodes, { name: "n" }, notReady, { subresource: "status" });
    await scene.terminate(ending);

    await scene.pass(minute);

    assert.equal(scene.records(), ["10.0.0.2"]);
    assert.is(scene.collector.freed.of("node-not-ready"), 1);
    scene.broken.length = 0;
  }),
);

collecting(
  "frees terminating pods of a node whose object is gone",
  on({}, async (scene) => {
    const pod = await scene.pod("a");
    await scene.give(pod, ["10.0.0.1"]);
    await scene.start();
    await scene.user.delete(nodes, { name: "n" });
    await scene.pass(minute);
    assert.equal(scene.records(), ["10.0.0.1"]);

    await scene.terminate(pod);
    await scene.pass(minute);

    assert.equal(scene.records(), []);
    assert.is(scene.collector.freed.of("node-gone"), 1);
    scene.broken.length = 0;
  }),
);

collecting(
  "frees the old addresses of a StatefulSet that is not ours any more (G00010)",
  on({}, async (scene) => {
    const owner = await scene.statefulSet("web", 1);
    const first = await scene.pod("web-0", { owner });
    await scene.give(first, ["10.0.0.1"], "StatefulSet");
    await scene.start();
    await scene.end(first);
    await scene.pass(11 * minute);
    assert.equal(scene.records(), ["10.0.0.1"]);

    await scene.pod("web-0", { owner, ip: "192.168.0.1" });
    await scene.pass(11 * minute);

    assert.equal([scene.records(), scene.endpoints()], [[], []]);
    assert.is(scene.collector.freed.of("pod-replaced"), 1);
  }),
);

collecting(
  "keeps a StatefulSet's addresses while its ordinals are wanted, and frees them when they are not (G00011)",
  on({}, async (scene) => {
    const owner = await scene.statefulSet("web", 3);
    for (const ordinal of [0, 1, 2]) {
      const pod = await scene.pod(`web-${ordinal}`, { owner });
      await scene.give(pod, [`10.0.0.${ordinal + 1}`], "StatefulSet");
    }
    await scene.start();
    const [, , third] = scene.server.objects(pods);
    if (third) await scene.end(third);
    await scene.pass(11 * minute);
    assert.is(scene.records().length, 3);

    await scene.user.patch(statefulSets, { namespace: "ns", name: "web" }, { spec: { replicas: 2 } });
    await scene.pass(11 * minute);
    assert.equal(
      [scene.records(), scene.endpoints()],
      [
        ["10.0.0.1", "10.0.0.2"],
        ["web-0", "web-1"],
      ],
    );
    await scene.user.delete(statefulSets, { namespace: "ns", name: "web" }, { propagationPolicy: "Orphan" });
    await scene.pass(11 * minute);

    assert.equal(scene.records(), ["10.0.0.1", "10.0.0.2"]);
    assert.is(scene.collector.freed.of("owner-gone"), 1);
  }),
);

collecting(
  "removes endpoints without a pod, with addresses or without",
  on({}, async (scene) => {
    const [full, empty] = [await scene.pod("full"), await scene.pod("empty")];
    await scene.give(full, ["10.0.0.1"]);
    await scene.give(empty, []);
    await scene.end(full);
    await scene.end(empty);

    await scene.start();
    await scene.pass(10_000);

    assert.equal([scene.records(), scene.endpoints()], [[], []]);
  }),
);

collecting.run();
