/**
 * `autopool explain` says why a pod has no address: every annotation that cannot be used, every pool that does not fit, by its cause.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import * as api from "../../src/api/resources.ts";
import { deployments, events, namespaces, nodes, pods, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { Explanation } from "../../src/asking/explanation.ts";
import type { KubeObject, OwnerReference } from "../../src/cluster/cluster.ts";
import { explain } from "../../src/commands/explain.ts";
import { annotationsOf, askOf } from "./asking-world.ts";
import { type FrozenCluster, freeze } from "./frozen-cluster.ts";

const NOW = Date.UTC(2026, 10, 23, 12);

/** Returns a cluster with a namespace, a node and a pool of three addresses, in which nobody acts. */
async function scene(): Promise<FrozenCluster> {
  const frozen = await freeze(
    Object.values(api).map((resource) => [resource, []]),
    NOW,
  );
  frozen.put(namespaces, { metadata: { name: "shop", uid: "shop-uid", labels: { team: "sales" } } });
  frozen.put(nodes, { metadata: { name: "n1", uid: "n1-uid", labels: { zone: "a" } } });
  putPool(frozen, "main");
  return frozen;
}

function putPool(
  frozen: FrozenCluster,
  name: string,
  spec: Partial<SpiderIPPoolSpec> = {},
  metadata: object = {},
): void {
  const ips = ["10.0.0.1-10.0.0.3"];
  const object = {
    metadata: { name, uid: `${name}-uid`, ...metadata },
    spec: { ipVersion: 4, subnet: "10.0.0.0/24", ips, ...spec },
    status: { totalIPCount: 3, allocatedIPCount: 0 },
  };
  frozen.put(spiderIPPools, object as SpiderIPPool);
}

function putPod(
  frozen: FrozenCluster,
  annotations: object,
  more: Partial<KubeObject["metadata"]> = {},
  spec: object = {},
) {
  const metadata = {
    namespace: "shop",
    name: "web-1",
    uid: "web-1-uid",
    annotations: annotationsOf({ ...annotations }),
    ...more,
  };
  const pod = { metadata, spec: { nodeName: "n1", ...spec }, status: { phase: "Pending" } };
  frozen.put(pods, pod as KubeObject);
}

async function told(frozen: FrozenCluster, ...words: string[]): Promise<Explanation> {
  const { text } = await askOf(frozen.cluster, frozen.clock, explain, [...words, "-o", "json"]);
  return JSON.parse(text) as Explanation;
}

const explaining = suite("autopool explain: pods");

const rows: readonly (readonly [annotation: string, value: string, reason: string])[] = [
  ["ippools", "{", "JSON"],
  ["ippools", '{"ipv4":["main"]}', "array"],
  ["ippools", "[1]", "object"],
  ["ippools", "[]", "value requires at least one item"],
  ["ippools", '[{"interface":7,"ipv4":["main"]}]', "interface"],
  ["ippools", '[{"interface":"eth0","ipv4":"main"}]', "ipv4"],
  ["ippools", '[{"interface":"eth0","ipv4":["main"],"cleangateway":"yes"}]', "cleangateway"],
  ["ippools", '[{"interface":"eth0","ipv4":["main"]},{"ipv4":["main"]}]', "either all specified or all unspecified"],
  [
    "ippools",
    '[{"interface":"eth0","ipv4":["main"]},{"interface":"eth0","ipv4":["main"]}]',
    "duplicate interface eth0",
  ],
  ["ippools", '[{"interface":"net1","ipv4":["main"]}]', "interface eth0 must be specified"],
  ["ippools", '[{"interface":"eth0","ipv4":["none"]}]', "failed to get original IPPool none"],
  ["ippools", '[{"interface":"eth0","ipv4":["main","main"]}]', "duplicate IPPool main specified for NIC eth0"],
  ["ippools", '[{"interface":"eth0","ipv4":["mai?","main"]}]', "duplicate IPPool main specified for NIC eth0"],
  ["ippools", '[{"interface":"eth0"}]', "no IPPool available"],
  ["ippool", "", "JSON"],
  ["ippool", "main", "JSON"],
  ["ippool", "[]", "object"],
  ["ippool", '{"ipv4":"main"}', "ipv4"],
  ["ippool", '{"ipv4":[5]}', "ipv4"],
  ["ippool", '{"ipv6":["none"]}', 'spiderippools.spiderpool.spidernet.io "none" not found'],
  ["ippool", '{"ipv4":["[a-z"]}', " not found"],
  ["ippool", '{"ipv4":["*[]"]}', "failed to match wildcard"],
  ["ippool", '{"ipv4":["nothing-*"]}', "no IPPool available"],
  ["ippool", '{"pools":["main"]}', "no IPPool available"],
  ["routes", "{}", "array"],
  ["routes", "[", "JSON"],
  ["routes", '[{"dst":"10.0.0.0/8","gw":"fd00::1"}]', "invalid route format 'dst: 10.0.0.0/8, gw: fd00::1'"],
  ["routes", '[{"dst":"10.0.0.0","gw":"10.0.0.1"}]', "invalid route format"],
  ["routes", '[{"dst":"10.0.0.0/33","gw":"10.0.0.1"}]', "invalid route format"],
  ["subnets", "[]", "it names no subnet"],
  ["subnets", "nothing", "JSON"],
  ["subnets", '[{"interface":"eth0"}]', "eth0"],
  ["subnets", '[{"interface":"eth0","ipv4":["a"]},{"interface":"eth0","ipv4":["b"]}]', "eth0"],
  ["subnet", '"a"', "object"],
  ["subnet", '{"ipv4":[""]}', "name"],
  ["subnet", '{"ipv4":["a"]}', "SpiderSubnet feature doesn't support no-controller pod"],
  ["ippool-ip-number", "+-1", "plain number"],
  ["ippool-reclaim", "maybe", '"true" or "false"'],
];

for (const [annotation, value, reason] of rows) {
  explaining(`tell that ${annotation} ${value} cannot be used, and why`, async () => {
    const frozen = await scene();
    putPod(frozen, {
      // Alone these are read by nobody.
      ...(annotation.startsWith("ippool-") ? { subnet: '{"ipv4":["a"]}' } : {}),
      ...(annotation === "routes" ? { ippool: { ipv4: ["main"] } } : {}),
      [annotation]: value,
    });

    const { health, summary, helps } = await told(frozen, "pod/web-1");

    assert.is(health, "stuck");
    assert.ok(summary.includes(reason), `"${reason}" is not in: ${summary}`);
    assert.ok(helps.length > 0);
  });
}

const misfits: readonly (readonly [what: string, spec: Partial<SpiderIPPoolSpec>, reason: string])[] = [
  ["is disabled", { disable: true }, "disabled IPPool other"],
  ["is for other nodes", { nodeName: ["elsewhere"] }, "unmatched Node name of IPPool other"],
  [
    "is for other nodes by label",
    { nodeAffinity: { matchLabels: { zone: "none" } } },
    "unmatched Node affinity of IPPool other",
  ],
  ["is for other namespaces", { namespaceName: ["elsewhere"] }, "unmatched Namespace name of IPPool other"],
  [
    "is for other namespaces by label",
    { namespaceAffinity: { matchLabels: { team: "none" } } },
    "unmatched Namespace affinity of IPPool other",
  ],
  ["is for other pods", { podAffinity: { matchLabels: { app: "none" } } }, "unmatched Pod affinity of IPPool other"],
  ["is for other networks", { multusName: ["kube-system/vlan"] }, "multus"],
  ["is of the other family", { ipVersion: 6, subnet: "fd00::/64", ips: ["fd00::1"] }, "expect an IPv4 IPPool"],
];

for (const [what, spec, reason] of misfits) {
  explaining(`tell that the pool that a pod names ${what}`, async () => {
    const frozen = await scene();
    putPool(frozen, "other", spec);
    putPod(frozen, { ippool: { ipv4: ["other"] } });

    const { summary, health } = await told(frozen, "web-1", "-n", "shop");

    assert.is(health, "stuck");
    assert.ok(summary.includes("all IPv4 IPPools [other] of eth0 filtered out"), summary);
    assert.ok(summary.includes(reason), summary);
  });
}

explaining("tell that a pool is being deleted", async () => {
  const frozen = await scene();
  putPool(
    frozen,
    "leaving",
    {},
    { deletionTimestamp: "2026-11-23T11:00:00Z", finalizers: ["spiderpool.spidernet.io"] },
  );
  putPod(frozen, { ippool: { ipv4: ["leaving"] } });

  assert.match((await told(frozen, "pod", "shop/web-1")).summary, /terminating IPPool leaving/);
});

explaining("tell which pools are full, and who has their addresses", async () => {
  const frozen = await scene();
  putPool(frozen, "small", { ips: ["10.0.0.9"] });
  const records = new Map([["10.0.0.9", { pod: "shop/old", podUid: "old-uid" }]]);
  const [small] = frozen.objects<SpiderIPPool>(spiderIPPools).filter(({ metadata }) => metadata.name === "small");
  assert.ok(small);
  frozen.put(spiderIPPools, {
    ...small,
    status: { allocatedIPs: formatAllocatedIPs(records) ?? null },
  } as SpiderIPPool);
  putPod(frozen, { ippool: { ipv4: ["small"] } });

  const { obstacles, users, helps, summary } = await told(frozen, "pod/web-1");

  assert.equal(
    obstacles.map(({ reason }) => reason),
    ["AddressesExhausted"],
  );
  assert.match(summary, /all IP addresses used out: IPv4 pools of eth0: small has 1, 1 in use/);
  assert.equal(
    users.map(({ address, pod, state }) => [address, pod, state]),
    [["10.0.0.9", "shop/old", "over (pod-gone)"]],
  );
  assert.match(helps.join(), /add addresses to spec\.ips of SpiderIPPool small, or end a pod that has one/);
});

explaining("take defaults of the namespace, then of pools, and say where neither is", async () => {
  const frozen = await scene();
  putPod(frozen, {});
  assert.match(
    (await told(frozen, "pod/web-1")).summary,
    /no pool selection rules .* the CNI configuration of its node is not known here/,
  );

  putPool(frozen, "main", { default: true });
  const { health, summary } = await told(frozen, "pod/web-1");
  assert.is(health, "waiting");
  assert.match(
    summary,
    /nothing hinders it \(main has 3 free\): the agent of node n1 has not been asked, or does not run/,
  );

  const annotations = { "ipam.spidernet.io/default-ipv4-ippool": '["none"]' };
  frozen.put(namespaces, { metadata: { name: "shop", uid: "shop-uid", annotations } });
  assert.match((await told(frozen, "pod/web-1")).summary, /default-ipv4-ippool.*|failed to get original IPPool none/);
});

const states: readonly (readonly [what: string, pod: (frozen: FrozenCluster) => void, health: string, says: RegExp])[] =
  [
    ["has no node yet", (frozen) => putPod(frozen, {}, {}, { nodeName: undefined }), "waiting", /has no node yet/],
    [
      "is on the host's network",
      (frozen) => putPod(frozen, {}, {}, { hostNetwork: true }),
      "idle",
      /on its node's network/,
    ],
    [
      "is ending",
      (frozen) => putPod(frozen, {}, { deletionTimestamp: "2026-11-23T12:01:00Z", finalizers: ["a/b"] }),
      "over",
      /has no address and is ending/,
    ],
  ];

for (const [what, plant, health, says] of states) {
  explaining(`tell that it ${what}`, async () => {
    const frozen = await scene();
    plant(frozen);

    const explained = await told(frozen, "pod/web-1");

    assert.is(explained.health, health);
    assert.match(explained.summary, says);
  });
}

/** A Deployment that wants a pool of a subnet that has room, and one of its pods. */
async function wanting(): Promise<FrozenCluster> {
  const frozen = await scene();
  const template = { metadata: { annotations: annotationsOf({ subnet: { ipv4: ["s"] } }) } };
  const metadata = { namespace: "shop", name: "web", uid: "w-w-w-w-abcdef" };
  frozen.put(deployments, { metadata, spec: { replicas: 1, template } } as KubeObject);
  const subnet = {
    metadata: { name: "s", uid: "s-uid", finalizers: ["spiderpool.spidernet.io"] },
    spec: { subnet: "10.1.0.0/24", ips: ["10.1.0.1-10.1.0.9"] },
  };
  frozen.put(spiderSubnets, subnet as KubeObject);
  const owner: OwnerReference = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name: "web",
    uid: metadata.uid,
    controller: true,
  };
  putPod(frozen, { subnet: { ipv4: ["s"] } }, { ownerReferences: [owner] });
  return frozen;
}

explaining("say that nothing hinders a pool that is not there: the operator has not made it", async () => {
  const frozen = await wanting();

  const [app, pod] = [await told(frozen, "deploy/web"), await told(frozen, "pod/web-1")];

  assert.match(app.summary, /nothing hinders auto4-web-eth0-abcde; the operator has not done it yet, if it runs/);
  assert.match(pod.summary, /SpiderSubnet s has no IPv4 IPPool for interface eth0 of Deployment shop\/web yet/);
  assert.match(pod.helps.join(), /see that the operator runs/);
});

explaining("say that a subnet's record of pools is full", async () => {
  const frozen = await wanting();
  const records = Object.fromEntries(
    Array.from({ length: 16_000 }, (_, i) => [
      `auto4-an-application-with-a-long-name-${i}`,
      { ips: null, application: `apps_v1_Deployment_shop_an-application-with-a-long-name-${i}` },
    ]),
  );
  const [subnet] = frozen.objects<SpiderSubnet>(spiderSubnets);
  assert.ok(subnet);
  frozen.put(spiderSubnets, { ...subnet, status: { controlledIPPools: JSON.stringify(records) } } as SpiderSubnet);

  const { summary, helps } = await told(frozen, "deploy/web");

  assert.match(
    summary,
    /SpiderSubnet "s" cannot record another pool: its status would have \d+ bytes, 1500000 are possible/,
  );
  assert.match(helps.join(), /Spread the applications over several SpiderSubnets/);
});

explaining("believe the Event that says what the API server refused", async () => {
  const frozen = await wanting();
  const message = "The API server refused to create pool auto4-web-eth0-abcde: no pool for you";
  const involvedObject = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "w" };
  const event = {
    metadata: { namespace: "shop", name: "web.1" },
    involvedObject,
    type: "Warning",
    reason: "Refused",
    message,
  };
  frozen.put(events, { ...event, lastTimestamp: "2026-11-23T11:59:00Z", count: 3 } as KubeObject);

  const { summary, health, helps, warnings } = await told(frozen, "deploy/web");

  assert.equal([health, summary], ["stuck", message]);
  assert.match(helps.join(), /Do what its text in the message says/);
  assert.equal(
    warnings.map(({ count, object }) => [count, object]),
    [[3, "Deployment/web"]],
  );
});

explaining("find what is meant, and say what it could be", async () => {
  const frozen = await wanting();
  putPool(frozen, "web");
  const refusal = async (...words: string[]): Promise<string> => {
    try {
      await told(frozen, ...words);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  assert.match(
    await refusal("web"),
    /2 things are called so; name one of them\n.*spiderippool\/web\n.*deployment\/web -n shop/,
  );
  assert.match(
    await refusal("webb"),
    /there is no application, pod, pool or subnet of that name; do you mean\n.*deployment\/web/s,
  );
  assert.match(
    await refusal("deploy/web", "-n", "default"),
    /there is no deploy of that name; do you mean\n +autopool explain deployment\/web -n shop/,
  );
  assert.match(
    await refusal("secret/web"),
    /Cannot explain a secret: none has pods or pools here; kinds that can be explained are Pod, SpiderIPPool/,
  );
  assert.match(await refusal("sts/web"), /Cannot explain a sts: there is none/);
  assert.match(await refusal(), /name something, as in "autopool explain deploy\/web"/);
  assert.match(await refusal("a", "b", "c"), /Cannot explain "c" too/);
  for (const words of [
    ["deploy", "web"],
    ["Deployment", "shop/web"],
    ["deployment.apps/web"],
    ["deployments/web", "-n=shop"],
  ]) {
    assert.is((await told(frozen, ...words)).kind, "Deployment", words.join(" "));
  }
  assert.is((await told(frozen, "shop/web-1")).kind, "Pod");
});

explaining.run();
