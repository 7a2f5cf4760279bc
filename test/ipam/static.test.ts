/** Pods that get the addresses of the pod before them: StatefulSets and virtual machines. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { pods, spiderEndpoints, spiderIPPools, statefulSets } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { keepsAddresses, virtualMachineInstances, virtualMachines } from "../../src/ipam/static-holder.ts";
import { type AllocationScene, fromPools, fromPoolsOfNics, on } from "./allocation-scene.ts";

const KRUISE = { apiVersion: "apps.kruise.io/v1beta1", kind: "StatefulSet", name: "db", uid: "db-uid" };

/** Makes the next pod of the StatefulSet's first ordinal, the one before being gone. */
async function restarted(
  scene: AllocationScene,
  annotations: Record<string, string>,
  owner?: typeof KRUISE,
): Promise<Pod> {
  await scene.remove(pods, "db-0");
  return scene.pod("db-0", { annotations, owner: owner ?? (await scene.owner(statefulSets, "db")) });
}

const keeping = suite("StatefulSet pods");

keeping(
  "keep their address through deletion and creation",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.create(statefulSets, "db", { spec: { replicas: 1 } });
    const first = await restarted(scene, fromPools("p"));
    await scene.add(first);
    await scene.remove(pods, "db-0");
    await scene.del(first);
    await scene.add(await scene.pod("other", { annotations: fromPools("p") }));
    const second = await restarted(scene, fromPools("p"));
    scene.taken();

    assert.equal(await scene.ips(second), ["10.0.0.1"]);

    const writes = scene.taken().filter((request) => !request.startsWith("get"));
    assert.equal(writes, ["update spiderippools", "patch spiderendpoints"]);
    assert.is(scene.records("p")["10.0.0.1"], second.metadata.uid);
    assert.is(scene.endpoint("db-0")?.status?.current.uid, second.metadata.uid);
    assert.is(scene.endpoint("db-0")?.metadata.ownerReferences, undefined);
    assert.equal(await scene.ips(second), ["10.0.0.1"]);
  }),
);

keeping(
  "are stateless where the controller is another API group's (T00002)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.create(statefulSets, "db", { spec: { replicas: 1 } });
    const first = await restarted(scene, fromPools("p"), KRUISE);
    await scene.add(first);
    assert.is(scene.endpoint("db-0")?.metadata.ownerReferences?.length, 1);
    await scene.remove(pods, "db-0");

    await scene.del(first);

    assert.equal(scene.records("p"), {});
  }),
);

keeping(
  "are stateless where that is switched off",
  on(
    async (scene) => {
      await scene.pool("p", 0, "1-9");
      await scene.create(statefulSets, "db", { spec: { replicas: 1 } });
      await scene.add(await restarted(scene, fromPools("p")));
      assert.is(scene.endpoint("db-0")?.metadata.ownerReferences?.length, 1);
      assert.equal(await scene.ips(await restarted(scene, fromPools("p"))), ["10.0.0.2"]);
    },
    { enableStatefulSet: false },
  ),
);

keeping(
  "draw from the new pool when it was changed, and give the old address back (A00009)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.pool("q", 1, "1-9");
    await scene.add(await restarted(scene, fromPools("p")));
    const pod = await restarted(scene, fromPools("q"));

    assert.equal(await scene.ips(pod), ["10.0.1.1"]);

    assert.equal([scene.records("p"), scene.records("q")], [{}, { "10.0.1.1": pod.metadata.uid }]);
    assert.is(scene.endpoint("db-0")?.status?.current.uid, pod.metadata.uid);
  }),
);

for (const [changed, nics] of [
  ["first", ["r", "q"]],
  ["second", ["p", "r"]],
  ["first and second", ["r", "r"]],
] as const) {
  keeping(
    `with two NICs change the ${changed} NIC's pool, and keep the other address (A00017)`,
    on(async (scene) => {
      await scene.pool("p", 0, "1-9");
      await scene.pool("q", 1, "1-9");
      await scene.pool("r", 2, "1-9");
      const first = await restarted(scene, {});
      await scene.add(first, "eth0", { defaultIPv4IPPool: ["p"] });
      await scene.add(first, "net1", { defaultIPv4IPPool: ["q"] });
      const second = await restarted(scene, {});

      for (const _attempt of [1, 2]) {
        const given = [
          await scene.ips(second, "eth0", { defaultIPv4IPPool: [nics[0]] }),
          await scene.ips(second, "net1", { defaultIPv4IPPool: [nics[1]] }),
        ].flat();
        if (changed === "first") assert.equal(given, ["10.0.2.1", "10.0.1.1"]);
        if (changed === "second") assert.equal(given, ["10.0.0.1", "10.0.2.1"]);
        if (changed === "first and second") assert.equal(given, ["10.0.2.1", "10.0.2.2"]);
      }

      const held = ["p", "q", "r"].flatMap((pool) => Object.values(scene.records(pool)));
      assert.equal(held, [second.metadata.uid, second.metadata.uid]);
    }),
  );
}

keeping(
  "swap two full pools between NICs with names at once, and give back what a list names no more",
  on(async (scene) => {
    await scene.pool("p", 0, "1");
    await scene.pool("q", 1, "1");
    await scene.add(await restarted(scene, fromPoolsOfNics("eth0 p", "net1 q")));

    assert.equal(await scene.ips(await restarted(scene, fromPoolsOfNics("eth0 q", "net1 p"))), ["10.0.1.1"]);
    assert.equal(scene.items("db-0"), ["eth0 10.0.1.1/24", "net1 10.0.0.1/24"]);
    assert.equal(await scene.ips(await restarted(scene, fromPoolsOfNics("eth0 q"))), ["10.0.1.1"]);
    assert.equal(scene.items("db-0"), ["eth0 10.0.1.1/24"]);
    assert.equal(scene.records("p"), {});
  }),
);

keeping(
  "of a list without names keep all addresses, or none when one pool was changed (A00018)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.pool("q", 1, "1-9");
    await scene.pool("r", 2, "1-9");
    const add = async (...nics: string[]): Promise<string[]> => {
      const pod = await restarted(scene, fromPoolsOfNics(...nics));
      return [await scene.ips(pod), await scene.ips(pod, "net1"), await scene.ips(pod)].flat();
    };

    assert.equal(await add("_ p", "_ q"), ["10.0.0.1", "10.0.1.1", "10.0.0.1"]);
    await scene.add(await scene.pod("other", { annotations: fromPoolsOfNics("_ p", "_ q") }));
    assert.equal(await add("_ p", "_ q"), ["10.0.0.1", "10.0.1.1", "10.0.0.1"]);
    assert.equal(await add("_ p", "_ r"), ["10.0.0.1", "10.0.2.1", "10.0.0.1"]);
    assert.equal(Object.keys(scene.records("q")), ["10.0.1.2"]);
  }),
);

keeping(
  "have a lost record written again while the address is free",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.add(await restarted(scene, fromPools("p")));
    await scene.remove(pods, "db-0");
    await scene.edit(spiderIPPools, "p", { status: { allocatedIPs: null, allocatedIPCount: 0 } }, "status");
    const pod = await restarted(scene, fromPools("p"));

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
    assert.equal(scene.records("p"), { "10.0.0.1": pod.metadata.uid });
  }),
);

keeping(
  "get another address for the NIC whose address another pod has by now",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.pool("q", 1, "1-9");
    await scene.add(await restarted(scene, fromPoolsOfNics("eth0 p", "net1 q")));
    await scene.remove(pods, "db-0");
    await scene.edit(spiderIPPools, "p", { status: { allocatedIPs: null, allocatedIPCount: 0 } }, "status");
    const other = await scene.pod("other", { annotations: fromPools("p") });
    await scene.add(other);
    const pod = await restarted(scene, fromPoolsOfNics("eth0 p", "net1 q"));

    assert.equal(await scene.ips(pod), ["10.0.0.2"]);
    assert.equal(await scene.ips(pod, "net1"), ["10.0.1.1"]);
    assert.equal(scene.records("p"), { "10.0.0.1": other.metadata.uid, "10.0.0.2": pod.metadata.uid });
  }),
);

keeping(
  "do not take over what a pod without a controller has left",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.add(await scene.pod("db-0", { annotations: fromPools("p") }));
    assert.equal(await scene.ips(await restarted(scene, fromPools("p"))), ["10.0.0.2"]);
  }),
);

keeping(
  "that have been replaced already get nothing",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const first = await restarted(scene, fromPools("p"));
    await scene.add(first);
    const second = await restarted(scene, fromPools("p"));
    await scene.add(second);

    assert.match(await scene.refusal(first), "is gone");
    assert.equal(scene.records("p"), { "10.0.0.1": second.metadata.uid });
  }),
);

keeping.run();

const machines = suite("virtual machines");

machines(
  "keep their address under their own name, whatever their pods are called",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const owner = await scene.owner(virtualMachineInstances, "vm");
    const source = await scene.pod("virt-launcher-vm-1", { annotations: fromPools("p"), owner, isHeld: true });
    await scene.add(source);
    const target = await scene.pod("virt-launcher-vm-2", { annotations: fromPools("other"), owner });

    assert.equal(await scene.ips(target), ["10.0.0.1"]);
    await scene.end("virt-launcher-vm-1");
    await scene.del(source);
    assert.equal(scene.records("p"), { "10.0.0.1": target.metadata.uid });
    assert.is(scene.endpoint("vm")?.status?.current.uid, target.metadata.uid);
  }),
);

machines.run();

const owners = suite("the owner's word");

const cases: readonly (readonly [title: string, spec: object | undefined, pod: string, isKept: boolean])[] = [
  ["below replicas", { replicas: 2 }, "db-1", true],
  ["at replicas", { replicas: 2 }, "db-2", false],
  ["without replicas, the first", {}, "db-0", true],
  ["without replicas, the second", {}, "db-1", false],
  ["below the first ordinal", { replicas: 2, ordinals: { start: 5 } }, "db-4", false],
  ["at the first ordinal", { replicas: 2, ordinals: { start: 5 } }, "db-5", true],
  ["at the last ordinal", { replicas: 2, ordinals: { start: 5 } }, "db-6", true],
  ["after the last ordinal", { replicas: 2, ordinals: { start: 5 } }, "db-7", false],
  ["without a StatefulSet", undefined, "db-0", false],
  ["without an ordinal", { replicas: 2 }, "db", false],
  ["with another number's text", { replicas: 2 }, "db-01", false],
];
for (const [title, spec, name, isKept] of cases) {
  owners(
    `${isKept ? "keeps" : "frees"} an address ${title}`,
    on(async (scene) => {
      if (spec) await scene.create(statefulSets, "db", { spec });
      const status = statusOf("StatefulSet", "db");
      const endpoint = await scene.create(spiderEndpoints, name, { status });

      const settings = { enableStatefulSet: true, enableKubevirt: true };
      assert.is(await keepsAddresses(scene.user, endpoint, settings), isKept);
      assert.is(await keepsAddresses(scene.user, endpoint, { ...settings, enableStatefulSet: false }), false);
    }),
  );
}

owners(
  "frees the addresses of a StatefulSet that is being deleted",
  on(async (scene) => {
    await scene.create(statefulSets, "db", { spec: { replicas: 1 } });
    const endpoint = await scene.create(spiderEndpoints, "db-0", { status: statusOf("StatefulSet", "db") });
    await scene.edit(statefulSets, "db", { metadata: { finalizers: ["test/f"] } });
    await scene.remove(statefulSets, "db");

    const settings = { enableStatefulSet: true, enableKubevirt: true };
    assert.is(await keepsAddresses(scene.user, endpoint, settings), false);
  }),
);

owners(
  "keeps a machine's address while it runs, or is to run again",
  on(async (scene) => {
    const settings = { enableStatefulSet: true, enableKubevirt: true };
    const status = statusOf("VirtualMachineInstance", "vm");
    const endpoint: KubeObject = await scene.create(spiderEndpoints, "vm", { status });
    const keeps = () => keepsAddresses(scene.user, endpoint, settings);

    assert.is(await keeps(), false);
    await scene.create(virtualMachineInstances, "vm");
    assert.is(await keeps(), true);
    await scene.create(virtualMachines, "vm");
    await scene.remove(virtualMachineInstances, "vm");
    assert.is(await keeps(), true);
    assert.is(await keepsAddresses(scene.user, endpoint, { ...settings, enableKubevirt: false }), false);
    await scene.remove(virtualMachines, "vm");
    assert.is(await keeps(), false);
  }),
);

owners.run();

function statusOf(kind: string, name: string): object {
  return { current: { uid: "u", node: "n", ips: [] }, ownerControllerType: kind, ownerControllerName: name };
}
