/**
 * The definitions in crds/ on a real API server: what they accept, refuse, print, and do to objects older than the rules.
 * @module
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asInt64, INT64_MAX } from "../../src/address/int64.ts";
import type { SpiderEndpoint } from "../../src/api/endpoint.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import { API_VERSION } from "../../src/api/names.ts";
import type { SpiderReservedIP } from "../../src/api/reserved-ip.ts";
import {
  customResourceDefinitions,
  spiderEndpoints,
  spiderIPPools,
  spiderReservedIPs,
  spiderSubnets,
} from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { type Definition, define, definitionOf, ours, untilRefused } from "../support/definitions.ts";
import { realCluster, realKubeconfig, removeObject, uniqueName } from "../support/real.ts";
import { accepted, refused } from "./crd-cases.ts";

type Anything = KubeObject & Record<string, unknown>;

let cluster: Cluster;
let created: [Resource, string, string | undefined][] = [];

const create = async <T extends KubeObject>(resource: Resource, object: T): Promise<T> => {
  const { name, namespace } = object.metadata;
  created.push([resource, name, namespace]);
  return cluster.create<T>(resource, object);
};
const pool = (spec: SpiderIPPoolSpec, name = uniqueName("pool")): Promise<SpiderIPPool> =>
  create(spiderIPPools, { metadata: { name }, spec });

/** Asserts that a call is refused as invalid, with this in the message. */
const assertInvalid = async (call: Promise<unknown>, message: RegExp): Promise<void> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(hasCode(error, 422), `accepted, or another error: ${error}`);
  assert.match((error as Error).message, message);
};

const kubectl = async (...words: string[]): Promise<string> => {
  const command = process.env["KUBECTL"] ?? "kubectl";
  const { stdout } = await promisify(execFile)(command, ["--kubeconfig", realKubeconfig(), ...words]);
  return stdout.replace(/ +$/gm, "");
};

const crds = suite("crds");

crds.before(async () => {
  cluster = await realCluster();
  for (const resource of ours) await define(cluster, definitionOf(resource), resource.kind);
});
crds.after.each(async () => {
  for (const [resource, name, namespace] of created) {
    await removeObject(cluster, resource, namespace === undefined ? { name } : { name, namespace });
  }
  created = [];
});
crds.after(() => cluster.close());

crds("serve the four kinds under the names that users type", async () => {
  for (const resource of ours) assert.equal(await cluster.resolve(API_VERSION, resource.kind), resource);
  const names = [
    "sp",
    "ss",
    "se",
    "sr",
    "spiderippool",
    "spidersubnet",
    "spiderendpoint",
    "spiderreservedip",
    "spiderpool",
  ];
  await kubectl("get", names.join(","), "-A");
});

crds("print the walkthrough's table, and with -o wide the node, the network and the state too", async () => {
  const rows = [
    { name: "auto4-custom-kruise-cloneset-eth0-028d6", ipVersion: 4 as const, subnet: "172.16.0.0/16" },
    { name: "auto6-custom-kruise-cloneset-eth0-028d6", ipVersion: 6 as const, subnet: "fc00:f853:ccd:e790::/64" },
  ];
  for (const { name, ...spec } of rows) {
    await pool({ ...spec, podAffinity: { matchLabels: { "ipam.spidernet.io/app-namespace": "default" } } }, name);
    const status = { allocatedIPCount: 3, totalIPCount: 5, state: "created" };
    await cluster.patch(spiderIPPools, { name }, { status }, { subresource: "status" });
  }
  const get = (...words: string[]): Promise<string> => kubectl("get", "sp", ...rows.map(({ name }) => name), ...words);

  assert.is(
    await get(),
    `NAME                                      VERSION   SUBNET                    ALLOCATED-IP-COUNT   TOTAL-IP-COUNT   DEFAULT   DISABLE   APP-NAMESPACE
auto4-custom-kruise-cloneset-eth0-028d6   4         172.16.0.0/16             3                    5                false     false     default
auto6-custom-kruise-cloneset-eth0-028d6   6         fc00:f853:ccd:e790::/64   3                    5                false     false     default
`,
  );
  const [header, first] = (await get("-o", "wide")).split("\n").map((line) => line.split(/\s{2,}/));
  assert.equal(header?.slice(7), ["NODENAME", "MULTUSNAME", "APP-NAMESPACE", "STATE"]);
  assert.equal(first?.slice(-2), ["default", "created"]);
});

crds("print a subnet's counts", async () => {
  const name = uniqueName("subnet");
  await create<SpiderSubnet>(spiderSubnets, { metadata: { name }, spec: { ipVersion: 4, subnet: "10.6.0.0/16" } });
  const status = { allocatedIPCount: 7, totalIPCount: 100 };
  await cluster.patch(spiderSubnets, { name }, { status }, { subresource: "status" });

  const lines = (await kubectl("get", "ss", name)).split("\n").map((line) => line.split(/\s{2,}/));

  assert.equal(lines[0], ["NAME", "VERSION", "SUBNET", "ALLOCATED-IP-COUNT", "TOTAL-IP-COUNT"]);
  assert.equal(lines[1], [name, "4", "10.6.0.0/16", "7", "100"]);
});

for (const [what, spec] of accepted) {
  crds(`accept a pool with ${what}`, async () => {
    await pool(spec);
  });
}

for (const [what, spec, message] of refused) {
  crds(`refuse a pool, and a subnet, with ${what}`, async () => {
    await assertInvalid(pool(spec), message);
    await assertInvalid(create<SpiderSubnet>(spiderSubnets, { metadata: { name: uniqueName() }, spec }), message);
  });
}

crds("refuse to change subnet and ipVersion; the latter may be filled in later", async () => {
  const { metadata } = await pool({ subnet: "10.6.0.0/16" });
  const patch = (spec: object): Promise<SpiderIPPool> =>
    cluster.patch(spiderIPPools, { name: metadata.name }, { spec });

  assert.is((await patch({ ipVersion: 4 })).spec.ipVersion, 4);
  await assertInvalid(patch({ subnet: "10.7.0.0/16" }), /spec\.subnet: .*is not changeable/);
  await assertInvalid(patch({ ipVersion: 6 }), /spec\.ipVersion: .*is not changeable/);
});

crds("keep the highest count, and keep spec and status apart", async () => {
  const { metadata } = await pool({ subnet: "fd00::/64" });
  const { name } = metadata;
  const status = { totalIPCount: asInt64(1n << 64n), conditions: [] };

  await cluster.patch(spiderIPPools, { name }, { status, spec: { disable: true } }, { subresource: "status" });
  await cluster.patch(spiderIPPools, { name }, { status: { totalIPCount: 1 }, spec: { default: true } });

  assert.match(await kubectl("get", "sp", name, "-o", "jsonpath={.status.totalIPCount}"), String(INT64_MAX));
  const { spec } = await cluster.get<SpiderIPPool>(spiderIPPools, { name });
  assert.equal([spec.default, spec.disable], [true, false]);
});

crds("prune what is not in the schema, such as vlan", async () => {
  const made = await pool({ subnet: "10.6.0.0/16", vlan: 0 } as SpiderIPPoolSpec);

  assert.not("vlan" in made.spec);
});

crds("write an endpoint's status as an ordinary field", async () => {
  const metadata = { name: uniqueName("endpoint"), namespace: "default" };
  const current = { uid: "u", node: "n", ips: [{ interface: "eth0", ipv4: "10.6.0.1/16", ipv4Pool: "p" }] };
  const status = { current, ownerControllerType: "Deployment", ownerControllerName: "app" };

  const made = await create<SpiderEndpoint>(spiderEndpoints, { metadata, status });

  assert.equal(made.status?.current.ips, [{ ...current.ips[0], vlan: 0 }]);
  const incomplete = { metadata: { ...metadata, name: uniqueName() }, status: { current } };
  await assertInvalid(create<Anything>(spiderEndpoints, incomplete), /ownerControllerName: Required value/);
});

crds("hold a reservation to one family and to addresses", async () => {
  const reserve = (spec: object): Promise<SpiderReservedIP> =>
    create(spiderReservedIPs, { metadata: { name: uniqueName("reserved") }, spec });

  await reserve({ ipVersion: 4, ips: ["10.6.0.1-10.6.0.5", "10.9.0.1"] });
  await reserve({ ips: ["fd00::1", "FD01::2-fd01::3"] });
  await assertInvalid(reserve({ ips: ["10.6.0.0/24"] }), /spec\.ips: .*an IP address a or a range a-b/);
  await assertInvalid(reserve({ ips: ["10.6.0.1", "fd00::1"] }), /spec\.ips: .*same IP version/);
  await assertInvalid(reserve({ ipVersion: 6, ips: ["10.6.0.1"] }), /spec\.ips: .*same IP version/);
});

crds("leave an object that breaks a rule updatable when it was stored before the rules existed", async () => {
  const group = `${uniqueName("old")}.autopool.test`;
  const renamed = definitionOf(spiderIPPools);
  renamed.metadata.name = `spiderippools.${group}`;
  Object.assign(renamed.spec, { group, names: { ...renamed.spec.names, shortNames: [], categories: [] } });
  const lenient = JSON.parse(
    JSON.stringify(renamed, (key, value) => (/^x-kubernetes-(?:validations|list-)/.test(key) ? undefined : value)),
  ) as Definition;
  const resource = { ...spiderIPPools, group };
  const twice = { dst: "10.8.0.0/16", gw: "10.6.0.1" };
  const spec = { subnet: "10.6.1.0/16", gateway: "10.7.0.1", ips: ["10.9.0.1"], routes: [twice, twice] };
  const old = { metadata: { name: "old" }, spec };
  created.push([customResourceDefinitions, renamed.metadata.name, undefined]);
  await define(cluster, lenient, resource.kind);
  await cluster.create<Anything>(resource, { ...old, apiVersion: `${group}/v2beta1`, kind: resource.kind });
  await define(cluster, renamed, resource.kind);
  await untilRefused((count) =>
    cluster.patch(resource, { name: "old" }, { spec: { gateway: `10.8.${count >> 8}.${count & 255}` } }),
  );

  const metadata = { labels: { seen: "yes" }, finalizers: [] };
  await cluster.patch(resource, { name: "old" }, { metadata });
  await cluster.patch(resource, { name: "old" }, { status: { totalIPCount: 1 } }, { subresource: "status" });

  const now = await cluster.get<SpiderIPPool>(resource, { name: "old" });
  assert.equal([now.metadata.labels, now.status], [{ seen: "yes" }, { totalIPCount: 1 }]);
});

crds.run();
