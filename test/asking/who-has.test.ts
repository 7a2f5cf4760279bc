/**
 * Who has an address: the verdicts, on a cluster whose operator and agents have given the addresses out.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAllocatedIPs, parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import {
  deployments,
  pods,
  spiderEndpoints,
  spiderIPPools,
  spiderReservedIPs,
  spiderSubnets,
} from "../../src/api/resources.ts";
import { type AddressAnswer, answerAddress } from "../../src/asking/address-answer.ts";
import { readAddress } from "../../src/asking/address-spelling.ts";
import { Snapshot } from "../../src/asking/snapshot.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { whoHas } from "../../src/commands/who-has.ts";
import { ConfigError } from "../../src/config.ts";
import { AskingWorld } from "./asking-world.ts";

const spelling = suite("spellings of an address");

for (const [text, value, family] of [
  ["10.0.0.7", 0x0a000007n, 4],
  [" 10.0.0.7/16 ", 0x0a000007n, 4],
  ["10.0.0.7:8080", 0x0a000007n, 4],
  ["::ffff:10.0.0.7", 0x0a000007n, 4],
  ["0:0:0:0:0:FFFF:10.0.0.7", 0x0a000007n, 4],
  ["FD00:0:0::7", (0xfd00n << 112n) | 7n, 6],
  ["[fd00::7]", (0xfd00n << 112n) | 7n, 6],
  ["[fd00::7]:443", (0xfd00n << 112n) | 7n, 6],
  ["fd00::7/64", (0xfd00n << 112n) | 7n, 6],
  ["fe80::7%eth0", (0xfe80n << 112n) | 7n, 6],
] as const) {
  spelling(`"${text}" is one address`, () => assert.equal(readAddress(text), { family, value }));
}

spelling("what is none is told with its text and the reason", () => {
  assert.throws(() => readAddress("10.0.0"), /^Cannot look for address "10\.0\.0": /);
  assert.throws(() => readAddress("web"), /^Cannot look for address "web": it is none; .* "autopool explain web"/);
  assert.throws(() => readAddress(" "), /"": it is empty|" ": it is empty/);
  assert.throws(() => readAddress("10.0.0.010"), /^Cannot look for address/);
});

spelling.run();

const asking = suite<{ world: AskingWorld }>("autopool who-has");

asking.before(async (context) => {
  context.world = await AskingWorld.open();
  const { world } = context;
  const on = (name: string) => ({ subnet: { ipv4: [name] } });
  await world.act(async (user) => {
    await user.create(spiderIPPools, manual("m4", "10.8.0.0/24", ["10.8.0.10-10.8.0.12"], ["10.8.0.11"]));
    const reserved = { metadata: { name: "router" }, spec: { ips: ["10.5.0.19", "192.0.2.1"] } };
    await user.create(spiderReservedIPs, reserved as KubeObject);
    const gateway = { spec: { gateway: "10.4.0.1", excludeIPs: ["10.4.0.19"] } };
    await user.patch(spiderSubnets, { name: "s4" }, gateway);
  });
  await world.run(deployments, "web", { replicas: 2, annotations: on("s4") });
  await world.run(deployments, "both", { annotations: { subnet: { ipv4: ["t4"], ipv6: ["s6"] } } });
});
asking.after(({ world }) => world.close());

const manual = (name: string, subnet: string, ips: string[], excludeIPs: string[]): KubeObject =>
  ({ metadata: { name }, spec: { subnet, ips, excludeIPs } }) as KubeObject;

/** The address of a pod whose name begins like this. */
function addressOf(world: AskingWorld, begin: string, family: 4 | 6 = 4): string {
  const [pod] = world.pods(begin);
  const found = pod?.status?.podIPs?.find(({ ip }) => ip.includes(":") === (family === 6));
  if (!found) throw new Error(`No pod "${begin}" has an address`);
  return found.ip;
}

asking("names the pod, its NIC, pool, record and subnet, and since when", async ({ world }) => {
  const [pod] = world.pods("web-");
  const address = addressOf(world, "web-");

  const said = await world.ask(whoHas, address);
  const data = await world.json<AddressAnswer>(whoHas, address);

  assert.is(said.code, 0);
  assert.match(said.text, new RegExp(`^${address} is held by Pod default/${pod?.metadata.name}, NIC eth0, since 2`));
  assert.match(said.text, /SpiderSubnet +s4 +10\.4\.0\.0\/24, one of 9 that it gives out/);
  assert.match(said.text, /record +auto4-web-eth0-\w+ +in the ledger of s4, for Deployment default\/web/);
  assert.match(
    said.text,
    /SpiderIPPool +auto4-web-eth0-\w+ +10\.4\.0\.0\/24, of Deployment default\/web, 2 of 3 addresses in use \(created\)/,
  );
  assert.is(data.verdict, "held");
  assert.is(data.holders[0]?.uid, pod?.metadata.uid);
  assert.is(data.holders[0]?.since, endpointOf(world, pod?.metadata.name)?.metadata.creationTimestamp);
});

const endpointOf = (world: AskingWorld, name: string | undefined): KubeObject | undefined =>
  world.objects(spiderEndpoints).find(({ metadata }) => metadata.name === name);

asking("finds an IPv6 address in any spelling", async ({ world }) => {
  const address = addressOf(world, "both-", 6);

  const said = await world.ask(whoHas, `[${address.toUpperCase().replace("::", ":0:0::")}]:80`);

  assert.match(said.text, new RegExp(`^${address} is held by Pod default/both-`));
});

for (const [what, address, verdict, summary] of [
  ["free in a pool", "10.4.0.12", "free", /is free: pool auto4-web-eth0-\w+ of Deployment default\/web may give it/],
  ["free in a subnet", "10.4.0.18", "unassigned", /no pool has it, and SpiderSubnet s4 may give it to one/],
  ["a gateway", "10.4.0.1", "gateway", /is the gateway of s4 \(10\.4\.0\.0\/24\)/],
  ["excluded by a subnet", "10.4.0.19", "excluded", /is excluded by s4/],
  ["excluded by a pool", "10.8.0.11", "excluded", /is excluded by m4/],
  ["free in a manual pool", "10.8.0.10", "free", /pool m4 may give it/],
  ["reserved", "10.5.0.19", "reserved", /is reserved by SpiderReservedIP router/],
  ["reserved and nowhere else", "192.0.2.1", "reserved", /is reserved by SpiderReservedIP router/],
  ["in a CIDR only", "10.4.0.200", "outside", /it lies in 10\.4\.0\.0\/24, but SpiderSubnet s4 does not list it/],
  ["outside of everything", "203.0.113.9", "outside", /no SpiderSubnet and no SpiderIPPool has it/],
] as const) {
  asking(`says of an address that is ${what} that it is`, async ({ world }) => {
    const { verdict: actual, summary: said } = await world.json<AddressAnswer>(whoHas, address);

    assert.is(actual, verdict);
    assert.match(said, summary);
  });
}

asking("knows whom the address of a StatefulSet's pod that is gone waits for", () => {
  const snapshot = new Snapshot();
  const ips = [{ interface: "eth0", ipv4: "10.4.0.10/24", ipv4Pool: "p" }];
  const current = { uid: "gone", node: "n1", ips };
  const status = { current, ownerControllerType: "StatefulSet", ownerControllerName: "db" };
  const metadata = { namespace: "default", name: "db-0", creationTimestamp: "2026-11-23T10:00:00Z" };
  snapshot.put(spiderEndpoints, { metadata, status } as SpiderEndpoint);
  const answer = (isKept: boolean) =>
    answerAddress(snapshot, readAddress("10.4.0.10"), { now: 0, isKept: () => isKept });

  const [kept, lost] = [answer(true), answer(false)];

  assert.is(kept.verdict, "kept");
  assert.match(kept.summary, /is kept for the next Pod default\/db-0, since 2026-11-23T10:00:00Z/);
  assert.is(lost.verdict, "leaked");
});

asking("tells what an unknown pod has, two pods have, and a dead pod has left", async ({ world }) => {
  const pool = world.pool("auto4-both");
  const free = pool.spec.ips?.[0]?.split("-")[1] ?? "";
  const records = parseAllocatedIPs(pool.status?.allocatedIPs);
  records.set(free, { pod: "default/ghost", podUid: "ghost-uid" });
  const status = { allocatedIPs: formatAllocatedIPs(records) ?? null };
  await world.user.patch(spiderIPPools, { name: pool.metadata.name }, { status }, { subresource: "status" });
  const leaked = await world.json<AddressAnswer>(whoHas, free);
  assert.is(leaked.verdict, "leaked");
  assert.match(leaked.summary, /still recorded for Pod default\/ghost, which can use it no more \(pod-gone\)/);

  await world.user.create(pods, { metadata: { namespace: "default", name: "stranger" }, spec: {} } as KubeObject);
  const podStatus = (ip: string): object => ({ status: { phase: "Running", podIP: ip, podIPs: [{ ip }] } });
  const stranger = { namespace: "default", name: "stranger" };
  await world.user.patch(pods, stranger, podStatus("10.4.0.17"), { subresource: "status" });
  assert.is((await world.json<AddressAnswer>(whoHas, "10.4.0.17")).verdict, "unmanaged");

  const taken = addressOf(world, "web-");
  await world.user.patch(pods, stranger, podStatus(taken), { subresource: "status" });
  const contested = await world.json<AddressAnswer>(whoHas, taken);
  assert.is(contested.verdict, "contested");
  assert.match(contested.summary, /is held by 2 pods at once: Pod default\/web-.* and Pod default\/stranger/);
});

asking("prints YAML too, and refuses what it cannot use", async ({ world }) => {
  const { text } = await world.ask(whoHas, "203.0.113.9", "--output=yaml");
  assert.match(text, /^address: 203\.0\.113\.9\nfamily: 4\nverdict: outside\n/);

  for (const [args, message] of [
    [[], /name the address, as in "autopool who-has 10\.0\.0\.7"/],
    [["10.0.0.1", "10.0.0.2"], /Cannot look for "10\.0\.0\.2" too/],
    [["10.0.0.256"], /Cannot look for address "10\.0\.0\.256"/],
    [["10.0.0.1", "-o", "xml"], /Cannot use -o "xml": it must be one of text, wide, json, yaml/],
    [["10.0.0.1", "-o"], /Cannot use -o: its value is missing; it is one of text/],
    [["10.0.0.1", "--all"], /Cannot use --all: there is no such setting/],
  ] as const) {
    try {
      await world.ask(whoHas, ...args);
      assert.unreachable(args.join(" "));
    } catch (error) {
      assert.instance(error, ConfigError);
      assert.match((error as Error).message, message);
    }
  }
});

asking.run();
