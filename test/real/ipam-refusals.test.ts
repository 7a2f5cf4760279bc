/**
 * What users write wrong, as the container runtime gets to read it: the error of the CNI plugin, from a real agent on the real API
 * server.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import { quote } from "../../src/api/quote.ts";
import { namespaces, spiderIPPools } from "../../src/api/resources.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { addressesIn } from "../support/agent-caller.ts";
import { callHere, PluginPlace } from "../support/cni-plugin.ts";
import { eventually } from "../support/eventually.ts";
import { PodPlace, type PodWish } from "../support/pod-place.ts";
import { realCluster } from "../support/real.ts";
import { RunningAgent } from "../support/running-agent.ts";
import { define } from "../support/stage.ts";

interface World {
  cluster: Cluster;
  place: PodPlace;
  agent: RunningAgent;
  plugin: PluginPlace;
  /** A pool with addresses. */
  pool: string;
}

const refusing = suite<World>("refusals on the real API server");

refusing.before(async (world) => {
  world.cluster = await realCluster();
  await define(world.cluster);
  world.place = await PodPlace.open(world.cluster);
  world.pool = await world.place.pool(20);
  world.agent = await RunningAgent.start(world.place.node, "--wait-for-pool-seconds", "1");
  world.plugin = new PluginPlace();
});

refusing.after(async ({ cluster, place, agent, plugin }) => {
  plugin.remove();
  await agent.stop();
  await place.close();
  await cluster.close();
});

let count = 0;

/** Lets the plugin ask for eth0 of a new pod, with what is given in the `ipam` part of its configuration. */
async function callFor({ place, agent, plugin }: World, wish: PodWish, configuration: object = {}) {
  const pod = await place.pod(`refused-${++count}`, wish);
  const { namespace, name, uid } = pod.metadata;
  const environment = {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: `c${count}`,
    CNI_NETNS: "/run/netns/none",
    CNI_IFNAME: "eth0",
    CNI_PATH: "/opt/cni/bin",
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=${namespace};K8S_POD_NAME=${name};K8S_POD_UID=${uid}`,
  };
  const text = plugin.configuration({}, { ipam_unix_socket_path: agent.socket, ...configuration });
  const { exitCode, json } = await callHere(environment, text);
  return { name, exitCode, json };
}

/** Expects a CNI error with all of these texts in it, and nothing left behind. */
async function assertRefused(world: World, wish: PodWish, texts: readonly string[], configuration?: object) {
  const { name, exitCode, json } = await callFor(world, wish, configuration);
  assert.is(exitCode, 1, JSON.stringify(json));
  assert.is(json.code, 999);
  const begin = "spiderpool IP allocation error: [POST /ipam/ip][500] postIpamIpFailure  ";
  assert.is(json.msg.slice(0, begin.length), begin);
  for (const text of texts) assert.ok(json.msg.includes(text), `"${text}" is not in: ${json.msg}`);
  assert.is(await world.place.endpoint(name), undefined);
}

/** What is said about a value, with POOL for the pool that there is. */
type Row = readonly [annotation: string, value: string, reason: string];

const rows: readonly Row[] = [
  ["ippools", "{", "JSON"],
  ["ippools", '{"ipv4":["POOL"]}', "array"],
  ["ippools", "[1]", "object"],
  ["ippools", "[]", "value requires at least one item"],
  ["ippools", '[{"interface":7,"ipv4":["POOL"]}]', "interface"],
  ["ippools", '[{"interface":"eth0","ipv4":"POOL"}]', "ipv4"],
  ["ippools", '[{"interface":"eth0","ipv4":["POOL"],"cleangateway":"yes"}]', "cleangateway"],
  [
    "ippools",
    '[{"interface":"eth0","ipv4":["POOL"]},{"ipv4":["POOL"]}]',
    "NIC should be either all specified or all unspecified",
  ],
  [
    "ippools",
    '[{"interface":"eth0","ipv4":["POOL"]},{"interface":"eth0","ipv4":["POOL"]}]',
    "duplicate interface eth0",
  ],
  ["ippools", '[{"interface":"net1","ipv4":["POOL"]}]', "interface eth0 must be specified"],
  ["ippools", '[{"interface":"eth0","ipv4":["none"]}]', "failed to get original IPPool none"],
  ["ippools", '[{"interface":"eth0","ipv4":["POOL","POOL"]}]', "duplicate IPPool POOL specified for NIC eth0"],
  ["ippools", '[{"interface":"eth0","ipv4":["POO?","POOL"]}]', "duplicate IPPool POOL specified for NIC eth0"],
  ["ippools", '[{"interface":"eth0"}]', "no IPPool available"],
  ["ippool", "", "JSON"],
  ["ippool", "POOL", "JSON"],
  ["ippool", "[]", "object"],
  ["ippool", '{"ipv4":"POOL"}', "ipv4"],
  ["ippool", '{"ipv4":[5]}', "ipv4"],
  ["ippool", '{"ipv6":["none"]}', 'spiderippools.spiderpool.spidernet.io "none" not found'],
  ["ippool", '{"ipv4":["[a-z"]}', " not found"],
  ["ippool", '{"ipv4":["*[]"]}', "failed to match wildcard"],
  ["ippool", '{"ipv4":["nothing-*"]}', "no IPPool available"],
  ["ippool", '{"pools":["POOL"]}', "no IPPool available"],
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

refusing("name annotation, value and reason, whatever is wrong with it", async (world) => {
  const { pool } = world;
  const complete = (text: string): string => text.replaceAll("POOL", pool).replace("POO?", `${pool.slice(0, -1)}?`);
  const failures: string[] = [];
  for (const [annotation, template, reason] of rows) {
    const value = complete(template);
    const annotations = {
      // Alone these two are read by nobody.
      ...(annotation.startsWith("ippool-") ? { subnet: '{"ipv4":["a"]}' } : {}),
      ...(annotation === "routes" ? { ippool: { ipv4: [pool] } } : {}),
      [annotation]: value,
    };
    const texts = [`ipam.spidernet.io/${annotation}`, quote(value), complete(reason)];
    try {
      await assertRefused(world, { annotations }, texts);
    } catch (error) {
      failures.push(`${annotation} ${value}: ${(error as Error).message}`);
    }
  }
  assert.equal(failures, []);
  await world.place.assertEmpty();
});

refusing("name the annotation of a namespace", async (world) => {
  const { cluster, place } = world;
  for (const [value, reason] of [
    ["default", "JSON"],
    ['{"a":1}', "array"],
    ['["none"]', "failed to get original IPPool none"],
  ] as const) {
    const annotations = { "ipam.spidernet.io/default-ipv4-ippool": value };
    await cluster.patch(namespaces, { name: place.namespace }, { metadata: { annotations } });
    // The agent learns of it by its watch.
    await eventually(() => assertRefused(world, {}, ["ipam.spidernet.io/default-ipv4-ippool", quote(value), reason]));
  }
  const annotations = { "ipam.spidernet.io/default-ipv4-ippool": null };
  await cluster.patch(namespaces, { name: place.namespace }, { metadata: { annotations } });
  await eventually(() => assertRefused(world, {}, ["no pool selection rules of any type are specified"]));
});

refusing("name what is wrong in the CNI configuration", async (world) => {
  const texts = ["default_ipv4_ippool", "failed to get original IPPool none"];
  await assertRefused(world, {}, texts, { default_ipv4_ippool: ["none"] });
});

refusing("say of each pool why it does not fit", async (world) => {
  const { cluster, place } = world;
  const kinds: readonly (readonly [spec: Partial<SpiderIPPoolSpec>, reason: string])[] = [
    [{ disable: true }, "disabled IPPool"],
    [{ nodeName: ["elsewhere"] }, "unmatched Node name of IPPool"],
    [{ nodeAffinity: { matchLabels: { zone: "none" } } }, "unmatched Node affinity of IPPool"],
    [{ namespaceName: ["elsewhere"] }, "unmatched Namespace name of IPPool"],
    [{ namespaceAffinity: { matchLabels: { team: "none" } } }, "unmatched Namespace affinity of IPPool"],
    [{ podAffinity: { matchLabels: { app: "none" } } }, "unmatched Pod affinity of IPPool"],
    [{ multusName: ["kube-system/vlan"] }, "multus"],
  ];
  const pools: string[] = [];
  for (const [spec, reason] of kinds) {
    const pool = await place.pool(2, spec);
    pools.push(pool);
    const texts = [`no IPPool available, all IPv4 IPPools [${pool}] of eth0 filtered out: `, reason, pool];
    await eventually(() => assertRefused(world, { annotations: { ippool: { ipv4: [pool] } } }, texts));
  }
  const terminating = await place.pool(2);
  await cluster.patch(spiderIPPools, { name: terminating }, { metadata: { finalizers: ["spiderpool.spidernet.io"] } });
  await cluster.delete(spiderIPPools, { name: terminating });
  await eventually(() =>
    assertRefused(world, { annotations: { ippool: { ipv4: [terminating] } } }, [`terminating IPPool ${terminating}`]),
  );
  const annotations = { ippool: { ipv4: [...pools, terminating] } };
  await assertRefused(world, { annotations }, [...kinds.map(([, reason]) => reason), ...pools, "terminating IPPool"]);
  await assertRefused(world, { annotations: { ippool: { ipv6: [world.pool] } } }, [
    "expect an IPv6 IPPool",
    world.pool,
  ]);
});

refusing("say which pools are full, and how many addresses they have", async (world) => {
  const { place, agent } = world;
  const pools = [await place.pool(2), await place.pool(3)];
  const wish = { annotations: { ippool: { ipv4: pools } } };
  const given = new Set<string>();
  for (let i = 0; i < 5; i += 1) {
    const answer = await eventually(async () => agent.addWell(await place.pod(`holder-${++count}`, wish)));
    for (const address of addressesIn(answer)) given.add(address);
  }
  assert.is(given.size, 5);

  const texts = [
    `failed to allocate any IPv4 IP address to NIC eth0 from IPPools [${pools.join(" ")}]: all IP addresses used out`,
    `${pools[0]} has 2`,
    `${pools[1]} has 3`,
  ];
  await assertRefused(world, wish, texts);
  await place.assertBooks();
});

refusing("take nothing of one pool where the other family's is full", async (world) => {
  const { place, agent } = world;
  const [v4, v6] = [await place.pool(3), await place.pool(1, {}, 6)];
  const wish = { annotations: { ippool: { ipv4: [v4], ipv6: [v6] } } };
  await eventually(async () => agent.addWell(await place.pod("first-of-both", wish)));

  await assertRefused(world, wish, [`from IPPools [${v6}]: all IP addresses used out`]);

  assert.is((await place.records(v4)).size, 1);
});

refusing.run();
