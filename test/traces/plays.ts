/**
 * The lives of applications that are recorded on a real API server, one trace each.
 *
 * Each play is what users do; it waits until what it did has had its effect, and leaves removing everything to its stage.
 * @module
 */

import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { eventually } from "../support/eventually.ts";
import { cloneSet, deployment, nativeWorkloads, statefulSet } from "../support/manifests.ts";
import type { RecordingStage } from "./recording-stage.ts";

export type Play = (stage: RecordingStage) => Promise<void>;

const patient = { seconds: 60 };

/** The addresses of a pool, lowest first, for pools of one range. */
function addressesOf({ spec }: SpiderIPPool): string[] {
  const [first = "", last = first] = spec.ips?.[0]?.split("-") ?? [];
  const [head, from, to] = [first.replace(/\d+$/, ""), Number(/\d+$/.exec(first)), Number(/\d+$/.exec(last))];
  return Array.from({ length: to - from + 1 }, (_, index) => `${head}${from + index}`);
}

const deploymentLife: Play = async ({ place }) => {
  const v4 = await place.addSubnet(4, 20);
  const asking = { subnet: { ipv4: [v4] }, number: "+1" };
  await place.run(deployment, "web", asking, 2);
  await place.poolsOf(3);
  await place.scale(deployment, "web", 5);
  await place.poolsOf(6);
  await place.scale(deployment, "web", 1);
  await place.poolsOf(2);
  await place.ask(deployment, "web", { ...asking, number: "4" });
  await place.poolsOf(4);
  await place.end(deployment, "web");
  await place.poolsOf();
};

const shrinkBlocked: Play = async ({ place }) => {
  const v4 = await place.addSubnet(4, 20);
  await place.run(deployment, "web", { subnet: { ipv4: [v4] }, number: "5" }, 1);
  const [pool] = await place.poolsOf(5);
  const { name } = (pool as SpiderIPPool).metadata;
  const used = addressesOf(pool as SpiderIPPool).slice(1, 5);
  await place.occupy(name, ...used);
  await place.ask(deployment, "web", { subnet: { ipv4: [v4] }, number: "2" });
  await place.told("Deployment", "web", "ShrinkBlocked", /4 addresses are in use/);
  await place.occupy(name, ...used.slice(0, 3));
  await place.occupy(name, ...used.slice(0, 2));
  await place.poolsOf(2);
  await place.occupy(name);
};

const fullSubnet: Play = async ({ place }) => {
  const v4 = await place.addSubnet(4, 6);
  await place.run(deployment, "first", { subnet: { ipv4: [v4] }, number: "+0" }, 4);
  await place.poolsOf(4);
  await place.run(deployment, "second", { subnet: { ipv4: [v4] }, number: "3" }, 1);
  await place.told("Deployment", "second", "InsufficientAddresses", /2 free addresses, 3 are needed/);
  await place.run(deployment, "third", { subnet: { ipv4: [v4] }, number: "2" }, 1);
  await eventually(async () => assert.is((await place.pools()).length, 2));
  await place.scale(deployment, "first", 1);
  await place.poolsOf(1, 2, 3);
};

const retained: Play = async ({ place }) => {
  const v4 = await place.addSubnet(4, 20);
  const asking = { subnet: { ipv4: [v4] }, number: "3", reclaim: "false" };
  await place.run(statefulSet, "db", asking, 1);
  const [before] = await place.poolsOf(3);
  await place.end(statefulSet, "db");
  await eventually(async () => assert.is((await place.pools())[0]?.status?.state, "orphaned"), patient);
  await place.run(statefulSet, "db", { ...asking, number: "4" }, 1);
  const [after] = await place.poolsOf(4);
  assert.is(after?.metadata.uid, before?.metadata.uid);
  await place.ask(statefulSet, "db", { ...asking, number: "4", reclaim: "true" });
  await eventually(async () => {
    const [pool] = await place.pools();
    assert.is(pool?.metadata.labels?.["ipam.spidernet.io/ippool-reclaim"], "true");
  }, patient);
};

const reclaimed: Play = async ({ place }) => {
  const v4 = await place.addSubnet(4, 20);
  const asking = { subnet: { ipv4: [v4] }, number: "2" };
  await place.run(deployment, "web", asking, 1);
  const [pool] = await place.poolsOf(2);
  const { name } = (pool as SpiderIPPool).metadata;
  await place.occupy(name, addressesOf(pool as SpiderIPPool)[0] ?? "");
  await place.end(deployment, "web");
  await eventually(async () => assert.ok((await place.pools())[0]?.metadata.deletionTimestamp), patient);
  await place.run(deployment, "web", { ...asking, number: "3" }, 1);
  await eventually(async () => assert.is((await place.pools()).length, 2), patient);
  await place.occupy(name);
  await place.poolsOf(3);
};

const pinned: Play = async ({ place }) => {
  const [v4, v6] = [await place.addSubnet(4, 20), await place.addSubnet(6, 20)];
  const asking = { subnet: { ipv4: [v4], ipv6: [v6] }, number: "2" };
  await place.run(cloneSet, "clone", asking, 1);
  await place.poolsOf(2, 2);
  await place.scale(cloneSet, "clone", 3);
  await place.told("CloneSet", "clone", "ScalingDisabled", /more pods than the pool's 2/);
  await place.ask(cloneSet, "clone", { ...asking, number: "5" });
  await place.end(cloneSet, "clone");
  await eventually(async () => {
    for (const { status } of await place.pools()) assert.is(status?.state, "orphaned");
  }, patient);
  await place.run(cloneSet, "clone", asking, 1);
  await place.poolsOf(2, 2);
  await place.run(cloneSet, "unsized", { subnet: { ipv4: [v4] } }, 1);
  await place.told("CloneSet", "unsized", "FixedNumberRequired", /is absent/);
};

const ledgerEdited: Play = async ({ place, user }) => {
  const v4 = await place.addSubnet(4, 20);
  const asking = { subnet: { ipv4: [v4] }, number: "3" };
  await place.run(deployment, "web", asking, 1);
  await place.run(deployment, "kept", { ...asking, reclaim: "false" }, 1);
  await place.poolsOf(3, 3);
  await place.end(deployment, "kept");
  await eventually(async () => assert.ok((await place.pools()).some(({ status }) => status?.state === "orphaned")));
  for (const controlledIPPools of [null, "no json", '{"nobody":{"ips":["10.0.0.1"]}}']) {
    await user.patch(spiderSubnets, { name: v4 }, { status: { controlledIPPools } }, { subresource: "status" });
    await eventually(() => place.assertBooks(), patient);
  }
};

const poolEdited: Play = async ({ place, user }) => {
  const v4 = await place.addSubnet(4, 20);
  await place.run(deployment, "web", { subnet: { ipv4: [v4] }, number: "3" }, 1);
  const [pool] = await place.poolsOf(3);
  const { name } = (pool as SpiderIPPool).metadata;
  const first = addressesOf(pool as SpiderIPPool)[0] ?? "";
  for (const edit of [
    { spec: { ips: [first], podAffinity: null } },
    { metadata: { finalizers: null, labels: { "ipam.spidernet.io/ippool-reclaim": "false" } } },
    { metadata: { labels: { "ipam.spidernet.io/owner-application-uid": "nobody" } } },
  ]) {
    await user.patch(spiderIPPools, { name }, edit);
    await place.poolsOf(3);
  }
  await place.occupy(name, first);
  await user.delete(spiderIPPools, { name });
  await eventually(async () => assert.is((await place.pools()).length, 2), patient);
  await place.occupy(name);
  await place.poolsOf(3);
};

const kinds: Play = async ({ place }) => {
  const v4 = await place.addSubnet(4, 60);
  const asking = { subnet: { ipv4: [v4] }, number: "+1" };
  for (const kind of nativeWorkloads) await place.run(kind, kind.resource.kind.toLowerCase(), asking, 2);
  await place.poolsOf(3, 3, 3, 3, 3, 3);
  for (const kind of nativeWorkloads) await place.scale(kind, kind.resource.kind.toLowerCase(), 1);
  await place.poolsOf(2, 2, 2, 2, 2, 2);
};

const operatorRestarted: Play = async ({ place, restart }) => {
  const v4 = await place.addSubnet(4, 30);
  const asking = { subnet: { ipv4: [v4] }, number: "+1" };
  for (const name of ["a", "b", "c"]) await place.run(deployment, name, asking, 2);
  await place.poolsOf(3, 3, 3);
  await restart(async () => {
    await place.end(deployment, "a");
    await place.scale(deployment, "b", 4);
    await place.run(deployment, "d", asking, 1);
  });
  await place.poolsOf(2, 3, 5);
  await place.scale(deployment, "c", 1);
  await restart(async () => {});
  await place.poolsOf(2, 2, 5);
};

const serverRestarted: Play = async ({ place, restartServer }) => {
  const v4 = await place.addSubnet(4, 40);
  const asking = { subnet: { ipv4: [v4] }, number: "+1" };
  await place.run(deployment, "app-0", asking, 2);
  const restarted = restartServer();
  for (const name of ["app-1", "app-2", "app-3"]) {
    await eventually(() => place.run(deployment, name, asking, 2), patient);
  }
  await restarted;
  await eventually(() => place.scale(deployment, "app-0", 1), patient);
  await eventually(() => place.poolsOf(2, 3, 3, 3), patient);
};

const wishesChanged: Play = async ({ place }) => {
  const [first, second] = [await place.addSubnet(4, 20), await place.addSubnet(4, 20)];
  const v6 = await place.addSubnet(6, 20);
  await place.run(deployment, "web", { subnet: { ipv4: [first] }, number: "2" }, 1);
  await place.poolsOf(2);
  await place.ask(deployment, "web", { subnet: '{"ipv4": [', number: "2" });
  await place.told("Deployment", "web", "InvalidAnnotation", /./);
  await place.ask(deployment, "web", { subnet: { ipv4: [second], ipv6: [v6] }, number: "3", reclaim: "false" });
  await place.poolsOf(3, 3);
  await place.ask(deployment, "web", { subnet: { ipv6: [v6] }, number: "3" });
  await eventually(async () => assert.ok((await place.pools()).some(({ status }) => status?.state === "orphaned")));
  await place.ask(deployment, "web", {});
  await eventually(async () => assert.ok((await place.pools()).every(({ status }) => status?.state !== "created")));
};

const networkInterfaces: Play = async ({ place }) => {
  const eth0 = { interface: "eth0", ipv4: [await place.addSubnet(4, 20)], ipv6: [await place.addSubnet(6, 20)] };
  const net1 = { interface: "net1", ipv4: [await place.addSubnet(4, 20)], ipv6: [await place.addSubnet(6, 20)] };
  await place.run(deployment, "web", { subnets: [eth0, net1], number: "2" }, 1);
  await place.poolsOf(2, 2, 2, 2);
  await place.ask(deployment, "web", { subnets: [eth0], number: "3" });
  await place.poolsOf(3, 3);
};

const subnetLate: Play = async ({ place, user }) => {
  const name = `${place.namespace}-late`;
  await place.run(deployment, "web", { subnet: { ipv4: [name] }, number: "2" }, 1);
  await place.told("Deployment", "web", "SubnetNotFound", /does not exist/);
  await place.addSubnet(4, 1, name);
  await place.told("Deployment", "web", "InsufficientAddresses", /1 free address, 2 are needed/);
  const { spec } = await place.subnet(name);
  const [first = ""] = spec.ips ?? [];
  await user.patch(
    spiderSubnets,
    { name },
    { spec: { ips: [first, first.split("-")[0]?.replace(/\d+$/, "99") ?? ""] } },
  );
  await place.poolsOf(2);
};

/** By the names of their files. */
export const plays: Readonly<Record<string, Play>> = {
  "deployment-life": deploymentLife,
  "shrink-blocked": shrinkBlocked,
  "full-subnet": fullSubnet,
  "retained-and-successor": retained,
  "reclaimed-while-in-use": reclaimed,
  pinned,
  "ledger-edited": ledgerEdited,
  "pool-edited-and-deleted": poolEdited,
  "every-native-kind": kinds,
  "operator-restarted": operatorRestarted,
  "api-server-restarted": serverRestarted,
  "wishes-changed": wishesChanged,
  "two-interfaces": networkInterfaces,
  "subnet-comes-late": subnetLate,
};
