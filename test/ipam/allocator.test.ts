/** The ADD of pods without a fixed address: what it answers and writes, once and again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, pods, spiderEndpoints, spiderIPPools } from "../../src/api/resources.ts";
import { fromPools, fromPoolsOfNics, on } from "./allocation-scene.ts";

const add = suite("ADD");

add(
  "gives the lowest address, records it, and writes the endpoint (E00001)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3", { routes: [{ dst: "10.9.0.0/16", gw: "10.0.0.9" }] });
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    scene.taken();

    assert.equal(await scene.add(pod), {
      ips: [{ version: 4, address: "10.0.0.1/24", nic: "eth0", ipPool: "p", gateway: "10.0.0.254" }],
      routes: [
        { ifName: "eth0", dst: "0.0.0.0/0", gw: "10.0.0.254" },
        { ifName: "eth0", dst: "10.9.0.0/16", gw: "10.0.0.9" },
      ],
    });

    const writes = ["update spiderippools", "create spiderendpoints"];
    assert.equal(scene.taken(), ["get spiderippools", ...writes]);
    assert.equal(scene.records("p"), { "10.0.0.1": pod.metadata.uid });
    const endpoint = scene.endpoint("a");
    assert.equal(endpoint?.metadata.finalizers, ["spiderpool.spidernet.io"]);
    assert.equal(endpoint?.metadata.ownerReferences, [
      { apiVersion: "v1", kind: "Pod", name: "a", uid: pod.metadata.uid },
    ]);
    assert.equal(endpoint?.status, {
      current: {
        uid: pod.metadata.uid,
        node: "n",
        ips: [
          {
            interface: "eth0",
            ipv4: "10.0.0.1/24",
            ipv4Pool: "p",
            ipv4Gateway: "10.0.0.254",
            vlan: 0,
            cleanGateway: false,
            routes: [{ dst: "10.9.0.0/16", gw: "10.0.0.9" }],
          },
        ],
      },
      ownerControllerType: "Pod",
      ownerControllerName: "a",
    });
  }),
);

add(
  "answers the same again, and writes nothing then",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    const first = await scene.add(pod);
    scene.taken();

    assert.equal(await scene.add(pod), first);

    assert.equal(scene.taken(), ["get spiderendpoints"]);
  }),
);

add(
  "gives IPv4 before IPv6, and no default route where the gateway is not wanted",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    await scene.pool("p-v6", 0, "1-3");
    const annotation = JSON.stringify([{ interface: "eth0", ipv6: ["p-v6"], ipv4: ["p"], cleangateway: true }]);
    const pod = await scene.pod("a", { annotations: { "ipam.spidernet.io/ippools": annotation } });

    const answer = await scene.add(pod);

    assert.equal(
      answer.ips.map(({ address }) => address),
      ["10.0.0.1/24", "fd00:1::1/64"],
    );
    assert.is(answer.routes, undefined);
    assert.is(scene.endpoint("a")?.status?.current.ips[0]?.cleanGateway, true);
    assert.equal(await scene.add(pod), answer);
  }),
);

add(
  "gives one family alone where only one is asked for (E00009)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    await scene.pool("p-v6", 1, "1-3");
    const pod = await scene.pod("a", { annotations: fromPools("p") });

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
    assert.equal(scene.records("p-v6"), {});
  }),
);

add(
  "gives custom routes to the NIC whose subnet has their gateway (A00002)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    await scene.pool("q", 1, "1-3");
    const routes = JSON.stringify([
      { dst: "10.8.0.0/16", gw: "10.0.1.7" },
      { dst: "10.7.0.0/16", gw: "10.0.9.9" },
    ]);
    const annotations = { ...fromPoolsOfNics("eth0 p", "net1 q"), "ipam.spidernet.io/routes": routes };
    const pod = await scene.pod("a", { annotations });

    const { routes: given = [] } = await scene.add(pod);

    assert.equal(
      given.filter(({ dst }) => dst !== "0.0.0.0/0"),
      [{ ifName: "net1", dst: "10.8.0.0/16", gw: "10.0.1.7" }],
    );
  }),
);

add(
  "tries the pools in their order, and says which are full and how large they are (E00008)",
  on(async (scene) => {
    await scene.pool("p", 0, "1");
    await scene.pool("q", 1, "1-2");
    const annotations = fromPools("q", "p");
    const given: string[] = [];
    for (const name of ["a", "b", "c"]) given.push(...(await scene.ips(await scene.pod(name, { annotations }))));

    const refusal = await scene.refusal(await scene.pod("d", { annotations }));

    assert.equal(given, ["10.0.1.1", "10.0.1.2", "10.0.0.1"]);
    assert.is(
      refusal,
      "failed to allocate any IPv4 IP address to NIC eth0 from IPPools [q p]: all IP addresses used out (addresses: q has 2, p has 1)",
    );
    assert.is(scene.endpoint("d"), undefined);
  }),
);

add(
  "gives nothing of a pool that has been disabled, and keeps what it gave (D00005)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    const annotations = fromPools("p");
    const pod = await scene.pod("a", { annotations });
    await scene.add(pod);
    await scene.edit(spiderIPPools, "p", { spec: { disable: true } });

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
    assert.match(await scene.refusal(await scene.pod("b", { annotations })), "disabled IPPool p");
    await scene.end("a");
    await scene.del(pod);
    assert.equal(scene.records("p"), {});
  }),
);

add(
  "gives the second NIC its own address of the same pool",
  on(async (scene) => {
    await scene.pool("p", 0, "1-3");
    const pod = await scene.pod("a", { annotations: fromPools("p") });

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
    scene.taken();
    assert.equal(await scene.ips(pod, "net1"), ["10.0.0.2"]);

    const requests = scene.taken();
    assert.equal(
      requests.filter((request) => !request.startsWith("get")),
      ["update spiderippools", "patch spiderendpoints"],
    );
    assert.equal(scene.items("a"), ["eth0 10.0.0.1/24", "net1 10.0.0.2/24"]);
    assert.equal(await scene.ips(pod, "net1"), ["10.0.0.2"]);
    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1", "10.0.0.2"]);
  }),
);

add(
  "gives all NICs of a list with names at the first ADD (A00010)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPoolsOfNics("eth0 p", "net1 p", "net2 p") });

    assert.equal(await scene.ips(pod, "net1"), ["10.0.0.2"]);
    scene.taken();
    assert.equal(await scene.ips(pod, "eth0"), ["10.0.0.1"]);
    assert.equal(await scene.ips(pod, "net2"), ["10.0.0.3"]);
    assert.equal(scene.taken(), ["get spiderendpoints", "get spiderendpoints"]);
  }),
);

add(
  "gives all NICs of a list without names at the first ADD, and their names as they come (A00010)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.pool("q", 1, "1-9");
    const pod = await scene.pod("a", { annotations: fromPoolsOfNics("_ p", "_ q", "_ p") });

    const { ips } = await scene.add(pod);
    assert.equal(
      ips.map(({ nic, address }) => `${nic} ${address}`),
      ["eth0 10.0.0.1/24", "1 10.0.1.1/24", "2 10.0.0.2/24"],
    );
    assert.equal(scene.items("a"), ["eth0 10.0.0.1/24", " 10.0.1.1/24", " 10.0.0.2/24"]);

    assert.equal(await scene.ips(pod, "net1"), ["10.0.1.1"]);
    assert.equal(await scene.ips(pod, "net1"), ["10.0.1.1"]);
    assert.equal(await scene.ips(pod, "net2"), ["10.0.0.2"]);
    assert.equal(scene.items("a"), ["eth0 10.0.0.1/24", "net1 10.0.1.1/24", "net2 10.0.0.2/24"]);
  }),
);

add(
  "refuses a NIC that a list does not have (A00013)",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const unnamed = await scene.pod("a", { annotations: fromPoolsOfNics("_ p") });
    const named = await scene.pod("b", { annotations: fromPoolsOfNics("eth0 p") });

    assert.match(await scene.refusal(unnamed, "net1"), "the first of them is eth0, which has not been added yet");
    await scene.add(unnamed);
    assert.match(await scene.refusal(unnamed, "net1"), "no item is left for interface net1");
    await scene.add(named);
    assert.match(await scene.refusal(named, "net1"), "interface net1 must be specified");
    assert.is(Object.keys(scene.records("p")).length, 2);
  }),
);

add(
  "takes nothing from the other pools when one NIC's is exhausted (A00016)",
  on(async (scene) => {
    await scene.pool("p", 0, "1");
    await scene.pool("q", 1, "1-9");
    await scene.add(await scene.pod("a", { annotations: fromPools("p") }));
    const pod = await scene.pod("b", { annotations: fromPoolsOfNics("eth0 q", "net1 p") });

    for (let attempt = 0; attempt < 3; attempt++) {
      assert.match(await scene.refusal(pod), "to NIC net1 from IPPools [p]: all IP addresses used out");
      assert.equal(scene.records("q"), {});
    }
    assert.is(scene.endpoint("b"), undefined);
  }),
);

add(
  "gives a pod that was made again with the same name its own address, and leaves the old one's record",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const annotations = fromPools("p");
    const old = await scene.pod("a", { annotations });
    await scene.add(old);
    await scene.end("a");
    const pod = await scene.pod("a", { annotations });

    assert.equal(await scene.ips(pod), ["10.0.0.2"]);

    assert.equal(scene.records("p"), { "10.0.0.1": old.metadata.uid, "10.0.0.2": pod.metadata.uid });
    assert.is(scene.endpoint("a")?.status?.current.uid, pod.metadata.uid);
    assert.match(await scene.refusal(old), "is gone");
  }),
);

add(
  "does not use an endpoint that is being deleted, but ends it",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(pod);
    const { uid } = scene.endpoint("a")?.metadata ?? {};
    await scene.remove(spiderEndpoints, "a");
    assert.is(scene.endpoint("a")?.metadata.uid, uid);

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);

    assert.is.not(scene.endpoint("a")?.metadata.uid, uid);
    assert.is(scene.endpoint("a")?.metadata.deletionTimestamp, undefined);
  }),
);

add(
  "never gives two NICs one address, even where somebody deletes the endpoint in between",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(pod);
    await scene.remove(spiderEndpoints, "a");

    assert.equal(await scene.ips(pod, "net1"), ["10.0.0.2"]);
    assert.equal(scene.items("a"), ["eth0 10.0.0.1/24", "net1 10.0.0.2/24"]);
  }),
);

add(
  "names the finalizers of others that keep an endpoint",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(pod);
    await scene.edit(spiderEndpoints, "a", { metadata: { finalizers: ["spiderpool.spidernet.io", "other.io/f"] } });
    await scene.remove(spiderEndpoints, "a");

    assert.match(await scene.refusal(pod), 'finalizers ["other.io/f"] keep it');
    await scene.edit(spiderEndpoints, "a", { metadata: { finalizers: [] } });
    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
  }),
);

add(
  "puts the finalizer back when it writes an endpoint without one",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    await scene.add(pod);
    await scene.edit(spiderEndpoints, "a", { metadata: { finalizers: null } });

    await scene.add(pod, "net1");

    assert.equal(scene.endpoint("a")?.metadata.finalizers, ["spiderpool.spidernet.io"]);
  }),
);

add(
  "refuses pods that have ended or are not the one that is meant",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p"), isHeld: true });

    assert.match(await scene.refusal(pod, "eth0", { podName: "b" }), 'failed to get Pod shop/b: pods "b" not found');
    assert.match(await scene.refusal(pod, "eth0", { podUID: "u" }), "the one with UID u is gone");
    assert.equal(await scene.ips(pod, "eth0", { podUID: "" }), ["10.0.0.1"]);
    await scene.end("a");
    assert.match(await scene.refusal(pod, "net1"), "dead Pod shop/a");
    assert.match(await scene.refusal(pod, "eth0", { matchMasterSubnet: true }), "match_master_subnet");
  }),
);

add(
  "serves a pod that the cache has not seen yet",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.seen();
    const pod = await scene.user.create(pods, {
      metadata: { name: "a", namespace: "shop", annotations: fromPools("p") },
    });

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);
  }),
);

add(
  "draws from the namespace's pools where the pod names none, and from the CNI configuration's after that",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    await scene.pool("q", 1, "1-9");
    const netconf = { defaultIPv4IPPool: ["q"] };

    assert.equal(await scene.ips(await scene.pod("a"), "eth0", netconf), ["10.0.1.1"]);
    const annotations = { "ipam.spidernet.io/default-ipv4-ippool": '["p"]' };
    await scene.edit(namespaces, "shop", { metadata: { annotations } });
    assert.equal(await scene.ips(await scene.pod("b"), "eth0", netconf), ["10.0.0.1"]);
  }),
);

add(
  "gives back what it took when the caller goes away",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });
    const caller = new AbortController();
    scene.faults = ({ verb }) => {
      if (verb === "update") caller.abort();
      return undefined;
    };

    const adding = scene.allocator.add(scene.args(pod), caller.signal).catch((error: Error) => error.name);

    assert.is(await scene.settled(adding), "AbortError");
    assert.equal(scene.records("p"), {});
    assert.is(scene.endpoint("a"), undefined);
  }),
);

add(
  "serves two ADDs of one pod one after the other",
  on(async (scene) => {
    await scene.pool("p", 0, "1-9");
    const pod = await scene.pod("a", { annotations: fromPools("p") });

    const both = Promise.all([scene.allocator.add(scene.args(pod)), scene.allocator.add(scene.args(pod))]);

    const [first, second] = await scene.settled(both);
    assert.equal(first, second);
    assert.equal(Object.keys(scene.records("p")), ["10.0.0.1"]);
  }),
);

add.run();
