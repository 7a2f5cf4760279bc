/** Pods that an agent takes for new, because it has been started anew, and which are not: their endpoints are there. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spiderIPPools } from "../../src/api/resources.ts";
import { fromPools, on } from "./allocation-scene.ts";

const anew = suite("ADD by an agent that was started anew");

anew(
  "gives a NIC what it has",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    const given = await scene.add(pod);
    await scene.start();

    assert.equal(await scene.add(pod), given);

    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
  }),
);

anew(
  "gives a NIC what it has, whatever has become of its pool",
  on(async (scene) => {
    await scene.pool("p", 0, "1");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    const given = await scene.add(pod);
    await scene.edit(spiderIPPools, "p", { spec: { disable: true } });
    await scene.start();

    assert.equal(await scene.add(pod), given);
  }),
);

anew(
  "gives the second NIC an address of its own",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
    await scene.start();

    assert.equal(await scene.ips(pod, "net1"), ["10.0.0.2"]);

    assert.equal(scene.items("a"), ["eth0 10.0.0.1/24", "net1 10.0.0.2/24"]);
    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1", "10.0.0.2"]);
  }),
);

anew(
  "takes nothing beside what a NIC has, where it would be given another pool now",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    await scene.pool("q", 1, "1-3");
    const pod = await scene.pod("a");
    const given = await scene.ips(pod, "eth0", { defaultIPv4IPPool: ["p"] });
    await scene.start();

    assert.equal(await scene.ips(pod, "eth0", { defaultIPv4IPPool: ["q"] }), given);

    assert.equal(scene.records("q"), {});
  }),
);

anew(
  "replaces the endpoint of a pod that had the name before",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const wanted = { annotations: fromPools("p") };
    const old = await scene.pod("a", { ...wanted, isHeld: true });
    await scene.add(old);
    await scene.start();
    await scene.user.patch(
      { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true },
      { namespace: "shop", name: "a" },
      { metadata: { finalizers: null } },
    );
    await scene.end("a");
    const pod = await scene.pod("a", wanted);

    const [address = ""] = await scene.ips(pod);

    assert.is(scene.endpoint("a")?.status?.current.uid, pod.metadata.uid);
    assert.is(scene.records("p")[address], pod.metadata.uid);
    assert.equal(Object.values(scene.records("p")).filter((uid) => uid === pod.metadata.uid).length, 1);
  }),
);

anew.run();
