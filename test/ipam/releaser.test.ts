/** The DEL of a NIC, and the release of all that a pod has. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pods, spiderEndpoints, spiderIPPools, statefulSets } from "../../src/api/resources.ts";
import { fromPools, fromPoolsOfNics, on } from "./allocation-scene.ts";

const del = suite("DEL");

del(
  "releases the addresses of all NICs, and removes the endpoint",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.pool("q", 1, "1-9");
    const pod = await scene.pod("a", { annotations: fromPoolsOfNics("eth0 p", "net1 q"), isHeld: true });
    await scene.add(pod);
    await scene.end("a");
    scene.taken();

    await scene.del(pod, "net1");

    const writes = scene.taken().filter((request) => !request.startsWith("get"));
    const pools = ["update spiderippools", "update spiderippools"];
    assert.equal(writes, [...pools, "patch spiderendpoints", "delete spiderendpoints"]);
    assert.equal([scene.records("p"), scene.records("q")], [{}, {}]);
    assert.is(scene.endpoint("a"), undefined);
    assert.equal(scene.released.splice(0), ["shop/a p 10.0.0.1,q 10.0.1.1"]);
    await scene.del(pod, "eth0");
    assert.equal(scene.released, []);
    assert.equal(
      scene.taken().filter((request) => !request.startsWith("get")),
      [],
    );
  }),
);

del(
  "does nothing to a pod that lives on",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(pod);

    await scene.del(pod);
    await scene.del(pod, "eth0", { podUID: "" });

    assert.equal(scene.released, []);
    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
  }),
);

del(
  "does nothing to a pod of the same name in another namespace (G00002)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(pod);

    await scene.del(pod, "eth0", { podNamespace: "other" });

    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
  }),
);

del(
  "of a pod that was replaced releases its own addresses, and none of its successor's",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const old = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(old);
    await scene.end("a");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.del(old);
    assert.equal(scene.records("p"), {});
    await scene.add(pod);

    await scene.del(old);

    assert.equal(scene.records("p"), { "10.0.0.1": pod.metadata.uid });
  }),
);

del(
  "without a UID releases nothing once the pod is gone, and its own before that",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    for (const isHeld of [false, true]) {
      const pod = await scene.pod(`a-${isHeld}`, { annotations: fromPools("p"), isHeld });
      await scene.add(pod);
      await scene.end(`a-${isHeld}`);
      await scene.del(pod, "eth0", { podUID: "" });
    }

    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
  }),
);

del(
  "of another NIC, or where there is no endpoint, does nothing",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p"), isHeld: true });
    await scene.add(pod);
    await scene.end("a");

    await scene.del(pod, "net1");
    await scene.del(await scene.pod("b", { annotations: fromPools("p"), isHeld: true }));

    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
  }),
);

del(
  "ends well where the pool is gone",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p"), isHeld: true });
    await scene.add(pod);
    await scene.end("a");
    await scene.remove(spiderIPPools, "p");

    await scene.del(pod);

    assert.is(scene.endpoint("a"), undefined);
  }),
);

del(
  "finishes an endpoint that is being deleted or has lost its finalizer",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    for (const name of ["a", "b"]) {
      const pod = await scene.pod(name, { annotations: fromPools("p"), isHeld: true });
      await scene.add(pod);
      if (name === "a") await scene.remove(spiderEndpoints, name);
      else await scene.edit(spiderEndpoints, name, { metadata: { finalizers: null } });
      await scene.end(name);
      await scene.del(pod);
      assert.is(scene.endpoint(name), undefined);
    }
    assert.equal(scene.records("p"), {});
  }),
);

del(
  "of a StatefulSet's pod keeps its address while its ordinal is valid, and frees it then",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.create(statefulSets, "db", { spec: { replicas: 6, ordinals: { start: 5 } } });
    const pod = await scene.pod("db-7", { annotations: fromPools("p"), owner: await scene.owner(statefulSets, "db") });
    await scene.add(pod);
    await scene.end("db-7");

    await scene.del(pod);
    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
    await scene.edit(statefulSets, "db", { spec: { replicas: 2 } });
    await scene.del(pod);

    assert.equal(scene.records("p"), {});
    assert.is(scene.endpoint("db-7"), undefined);
  }),
);

del(
  "leaves an endpoint alone that the next pod has taken over meanwhile",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const first = await scene.pod("db-0", {
      annotations: fromPools("p"),
      owner: await scene.owner(statefulSets, "db"),
    });
    await scene.add(first);
    await scene.remove(pods, "db-0");
    const second = await scene.pod("db-0", {
      annotations: fromPools("p"),
      owner: await scene.owner(statefulSets, "db"),
    });
    await scene.edit(statefulSets, "db", { spec: { replicas: 0 } });
    let isDone = false;
    scene.faults = ({ verb, resource }) => {
      if (verb !== "patch" || resource !== spiderEndpoints || isDone) return undefined;
      isDone = true;
      const { uid } = second.metadata;
      const record = { "10.0.0.1": { pod: "shop/db-0", podUid: uid } };
      const status = { allocatedIPs: JSON.stringify(record), allocatedIPCount: 1 };
      void scene.user.patch(spiderIPPools, { name: "p" }, { status }, { subresource: "status" });
      void scene.user.patch(spiderEndpoints, { namespace: "shop", name: "db-0" }, { status: { current: { uid } } });
      return undefined;
    };

    await scene.del(first);

    assert.is(scene.endpoint("db-0")?.status?.current.uid, second.metadata.uid);
    assert.equal(scene.records("p"), { "10.0.0.1": second.metadata.uid });
  }),
);

del.run();

const batch = suite("batch release");

batch(
  "releases all NICs of a pod that lives, and lets it begin anew",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPoolsOfNics("_ p", "_ p") });
    await scene.add(pod);

    assert.is(await scene.batchDel(pod), "done");

    assert.equal(scene.records("p"), {});
    assert.equal(scene.items("a"), []);
    assert.is(await scene.batchDel(pod), "done");
    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
  }),
);

batch(
  "releases nothing of another pod, and nothing twice",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(pod);

    assert.is(await scene.batchDel(pod, { podUID: "other" }), "done");
    assert.is(await scene.batchDel(pod, { podName: "b", podUID: "" }), "done");
    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
    assert.is(await scene.batchDel(pod, { podUID: "", isReleaseConflictIPs: true }), "done");
    assert.equal(scene.records("p"), {});
  }),
);

batch(
  "keeps a StatefulSet's addresses where it is about a conflict (C00019)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("db-0", { annotations: fromPools("p"), owner: await scene.owner(statefulSets, "db") });
    await scene.add(pod);

    assert.is(await scene.batchDel(pod, { isReleaseConflictIPs: true }), "stateful-forbidden");
    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
    assert.is(await scene.batchDel(pod), "done");
    assert.equal(scene.records("p"), {});
  }),
);

batch.run();
