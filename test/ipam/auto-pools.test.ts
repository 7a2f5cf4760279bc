/** Pods with automatic pools: which pool is theirs, and how they wait for it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { shapeOf } from "../../src/api/auto-pool.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import {
  cronJobs,
  deployments,
  jobs,
  pods,
  replicaSets,
  spiderIPPools,
  statefulSets,
} from "../../src/api/resources.ts";
import type { Resource } from "../../src/cluster/cluster.ts";
import { type AllocationScene, fromPools, on } from "./allocation-scene.ts";

const SUBNET = "ipam.spidernet.io/subnet";
const fromSubnet = { [SUBNET]: JSON.stringify({ ipv4: ["s"] }) };
const fromBoth = { [SUBNET]: JSON.stringify({ ipv4: ["s"], ipv6: ["s-v6"] }) };

/** Makes the pool of an application as the operator does; of `eth0` unless the NIC is named, of IPv6 where its name says so. */
async function autoPool(
  scene: AllocationScene,
  name: string,
  last: string,
  top: Application,
  nic = "eth0",
): Promise<void> {
  const isV6 = name.includes("v6");
  const [family, base, cidr, subnetName] = isV6
    ? ([6, "fd00::", "fd00::/64", "s-v6"] as const)
    : ([4, "10.0.0.", "10.0.0.0/24", "s"] as const);
  const owner = { application: top, interface: nic, family, reclaim: true, number: "1" } as const;
  const { labels, podAffinity } = shapeOf(owner, { metadata: { name: subnetName }, spec: { subnet: cidr } });
  const ips = [last.replaceAll(/\d+/g, (part) => `${base}${part}`)];
  await scene.user.create<SpiderIPPool>(spiderIPPools, {
    metadata: { name, labels },
    spec: { ipVersion: family, subnet: cidr, ips, podAffinity },
  });
}

type Application = Parameters<typeof shapeOf>[0]["application"];

/** Returns an application that exists. */
async function application(scene: AllocationScene, resource: Resource, name: string): Promise<Application> {
  return { ...(await scene.owner(resource, name)), namespace: "shop" };
}

/** Makes a pod of a ReplicaSet of Deployment `web`, and its Deployment. */
async function podOfDeployment(scene: AllocationScene, name: string): Promise<readonly [Pod, Application]> {
  const top = await application(scene, deployments, "web");
  const set = await scene.owner(replicaSets, "web-1");
  const { apiVersion, kind, uid } = top;
  const owner = { apiVersion, kind, name: "web", uid, controller: true };
  await scene.edit(replicaSets, "web-1", { metadata: { ownerReferences: [owner] } });
  return [await scene.pod(name, { annotations: fromSubnet, owner: set }), top];
}

const waiting = suite("automatic pools");

waiting(
  "are taken as soon as they exist, without an Event, and of one family where only one is asked for (E00010)",
  on(async (scene) => {
    const [pod, top] = await podOfDeployment(scene, "a");
    const start = scene.clock.now();
    scene.clock.after(700, () => void autoPool(scene, "auto", "1-2", top));

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);

    assert.ok(scene.clock.now() - start < 750, `${scene.clock.now() - start} ms`);
    assert.equal(scene.warned, []);
  }),
);

waiting(
  "are not waited for by a pod that is deleted meanwhile",
  on(async (scene) => {
    const [pod] = await podOfDeployment(scene, "a");
    await scene.edit(pods, "a", { metadata: { finalizers: ["test/kubelet"] } });
    const start = scene.clock.now();
    scene.clock.after(900, () => void scene.user.delete(pods, { namespace: "shop", name: "a" }));

    assert.match(await scene.refusal(pod), /^dead Pod shop\/a, we cannot allocate/);

    assert.ok(scene.clock.now() - start < 1_000, `${scene.clock.now() - start} ms`);
    assert.is(scene.endpoint("a"), undefined);
  }),
);

waiting(
  "are not waited for any longer than set, and the pod is told so once (I00012)",
  on(async (scene) => {
    const [pod, top] = await podOfDeployment(scene, "a");
    await autoPool(scene, "other-nic", "1", top, "net1");
    await autoPool(scene, "other-uid", "2", { ...top, uid: "before" });
    const start = scene.clock.now();

    const refusal = await scene.refusal(pod);

    const text =
      "no matching auto-created IPPool candidate: SpiderSubnet s has no IPv4 IPPool for interface eth0 of Deployment shop/web yet";
    assert.match(refusal, text);
    assert.is(Math.round((scene.clock.now() - start) / 1000), 50);
    assert.is(scene.warned.length, 1);
    assert.match(scene.warned[0] ?? "", `WaitingForPool ${text}`);
  }),
);

waiting(
  "that are full are waited for until one of their pods has ended",
  on(async (scene) => {
    const [old, top] = await podOfDeployment(scene, "a");
    await autoPool(scene, "auto", "1", top);
    await scene.add(old);
    await scene.end("a");
    const [pod] = await podOfDeployment(scene, "b");
    const start = scene.clock.now();
    scene.clock.after(5000, () => void scene.releaser.del(scene.args(old)));

    assert.equal(await scene.ips(pod), ["10.0.0.1"]);

    assert.ok(scene.clock.now() - start < 5100);
    assert.is(scene.warned.length, 1);
    assert.match(
      scene.warned[0] ?? "",
      "AddressesExhausted failed to allocate any IPv4 IP address to NIC eth0 from IPPools [auto]: all IP addresses used out (addresses: auto has 1)",
    );
    assert.ok(scene.requests.filter(({ resource }) => resource === spiderIPPools).length < 12);
  }),
);

waiting(
  "that are full in both families are named both, whichever of them was found full first",
  on(async (scene) => {
    const [old, top] = await podOfDeployment(scene, "a");
    await autoPool(scene, "auto", "1", top);
    await autoPool(scene, "auto-v6", "1", top);
    await scene.edit(pods, "a", { metadata: { annotations: fromBoth } });
    await scene.add(old);
    const pod = await scene.pod("b", { annotations: fromBoth, owner: await scene.owner(replicaSets, "web-1") });

    const refusal = await scene.refusal(pod);

    const [v4, v6] = [4, 6].map((family) => {
      const pool = family === 4 ? "auto" : "auto-v6";
      return `failed to allocate any IPv${family} IP address to NIC eth0 from IPPools [${pool}]: all IP addresses used out (addresses: ${pool} has 1)`;
    });
    assert.is(refusal, `[${v4}, ${v6}]`);
    assert.equal(scene.warned, [`AddressesExhausted [${v4}, ${v6}]`]);
  }),
);

waiting(
  "that are named beside others are not waited for",
  on(async (scene) => {
    const top = await application(scene, statefulSets, "web");
    await autoPool(scene, "auto", "1", top);
    await scene.pool("p", 1, "1");
    const owner = await scene.owner(statefulSets, "web");
    const annotations = fromPools("auto", "p");
    for (const name of ["web-0", "web-1"]) await scene.add(await scene.pod(name, { annotations, owner }));
    const start = scene.clock.now();

    assert.match(await scene.refusal(await scene.pod("web-2", { annotations, owner })), "all IP addresses used out");
    assert.ok(scene.clock.now() - start < 1000);
  }),
);

waiting(
  "are waited for no more when the caller has gone",
  on(async (scene) => {
    const [pod] = await podOfDeployment(scene, "a");
    const caller = new AbortController();
    scene.clock.after(3000, () => caller.abort());
    const start = scene.clock.now();

    const adding = scene.allocator.add(scene.args(pod), caller.signal).catch((error: Error) => error.name);

    assert.is(await scene.settled(adding), "AbortError");
    assert.ok(scene.clock.now() - start < 3100);
  }),
);

waiting(
  "give back one family's address where the other's pool does not come",
  on(async (scene) => {
    const [, top] = await podOfDeployment(scene, "a");
    await autoPool(scene, "auto", "1", top);
    const pod = await scene.pod("b", { annotations: fromBoth, owner: await scene.owner(replicaSets, "web-1") });

    assert.match(await scene.refusal(pod), "has no IPv6 IPPool");
    assert.equal(scene.records("auto"), {});
  }),
);

waiting(
  "belong to the CronJob of a Job's pod",
  on(async (scene) => {
    const { apiVersion, kind, uid } = await scene.owner(cronJobs, "tick");
    const owner = await scene.owner(jobs, "tick-1");
    const metadata = { ownerReferences: [{ apiVersion, kind, name: "tick", uid, controller: true }] };
    await scene.edit(jobs, "tick-1", { metadata });
    await autoPool(scene, "auto", "1", { apiVersion, kind, namespace: "shop", name: "tick", uid });

    assert.equal(await scene.ips(await scene.pod("a", { annotations: fromSubnet, owner })), ["10.0.0.1"]);
  }),
);

waiting(
  "belong to the controller of another API group that the pod names (T00001)",
  on(async (scene) => {
    const owner = { apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet", name: "web", uid: "clone-uid" };
    await autoPool(scene, "auto", "1", { ...owner, namespace: "shop" });

    assert.equal(await scene.ips(await scene.pod("a", { annotations: fromSubnet, owner })), ["10.0.0.1"]);
  }),
);

waiting(
  "stay a StatefulSet's pod's when it is made again, and the new pool's is taken when that is another",
  on(async (scene) => {
    const top = await application(scene, statefulSets, "db");
    const owner = await scene.owner(statefulSets, "db");
    await autoPool(scene, "auto", "1-2", top);
    const add = async (): Promise<string[]> => {
      await scene.remove(pods, "db-0");
      return scene.ips(await scene.pod("db-0", { annotations: fromSubnet, owner }));
    };

    assert.equal([await add(), await add()], [["10.0.0.1"], ["10.0.0.1"]]);
    await scene.edit(spiderIPPools, "auto", {
      metadata: { labels: { "ipam.spidernet.io/owner-application-uid": "gone" } },
    });
    await autoPool(scene, "auto-new", "9", top);
    assert.equal(await add(), ["10.0.0.9"]);
    assert.equal(scene.records("auto"), {});
  }),
);

waiting(
  "are refused to a pod without a controller (I00023)",
  on(async (scene) => {
    const pod = await scene.pod("a", { annotations: fromSubnet });
    assert.match(await scene.refusal(pod), "SpiderSubnet feature doesn't support no-controller pod");
  }),
);

waiting(
  "are refused where they are switched off (I00024)",
  on(
    async (scene) => {
      const [pod] = await podOfDeployment(scene, "a");
      assert.match(await scene.refusal(pod), "when Auto-Pool feature is disabled");
      assert.is(scene.endpoint("a"), undefined);
    },
    { enableAutoPool: false },
  ),
);

waiting(
  "are refused where a controller on the way has gone",
  on(async (scene) => {
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "none", uid: "u" };
    const adding = scene.pod("a", { annotations: fromSubnet, owner }).then((pod) => scene.refusal(pod));
    assert.match(await adding, 'failed to get the top controller of the Pod shop/a: its ReplicaSet "none"');
  }),
);

waiting.run();
