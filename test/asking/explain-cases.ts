/**
 * What can hinder an application or its pool, and what `autopool explain` must say of it: one row for each failure that tests of the
 * operator and the agent provoke.
 * @module
 */

import { deployments, replicaSets, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import type { Health } from "../../src/asking/explanation.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { type AskingWorld, annotationsOf, workload } from "./asking-world.ts";

export interface ExplainCase {
  readonly what: string;
  /** Brings it about, and returns what to ask. */
  plant(world: AskingWorld): Promise<string>;
  readonly health: Health;
  /** In the first line. */
  readonly says: RegExp;
  /** Among what would help. */
  readonly helps?: RegExp;
  readonly missing?: number;
}

const on = (name: string, more: object = {}) => ({ subnet: { ipv4: [name] }, ...more });
const fixed = (name: string, count: number | string) => on(name, { "ippool-ip-number": String(count) });
const web = { namespace: "default", name: "web" };

/** Makes a Deployment "web" without pods that ask for an address, and asks for it. */
const deployed =
  (annotations: object, replicas = 1) =>
  async (world: AskingWorld): Promise<string> => {
    await world.run(deployments, "web", { replicas, annotations: { ...annotations } });
    return "deploy/web";
  };

const bySubnet: readonly ExplainCase[] = [
  {
    what: "a subnet that is missing",
    plant: deployed(on("none")),
    health: "stuck",
    says: /SpiderSubnet "none" does not exist/,
    helps: /Create the SpiderSubnet, or correct its name/,
  },
  {
    what: "one missing subnet of two families",
    plant: deployed({ subnet: { ipv4: ["s4"], ipv6: ["none"] } }),
    health: "stuck",
    says: /SpiderSubnet "none" does not exist/,
  },
  {
    what: "a full subnet, with what is missing to the last address and who could give",
    async plant(world) {
      await world.run(deployments, "big", { annotations: fixed("s4", 7) });
      return deployed(fixed("s4", 5))(world);
    },
    health: "stuck",
    says: /s4 has 3 free addresses, 5 are needed; pool auto4-big-eth0-\w+ holds 6 spare; 2 addresses missing/,
    helps: /add at least 2 addresses to spec\.ips of SpiderSubnet s4/,
    missing: 2,
  },
  {
    what: "a full subnet in which a pool is kept for nobody",
    async plant(world) {
      await world.run(deployments, "old", { annotations: fixed("s4", 8), replicas: 1 });
      await world.act((user) =>
        user.patch(
          deployments,
          { namespace: "default", name: "old" },
          { spec: { template: { metadata: { annotations: { "ipam.spidernet.io/ippool-reclaim": "false" } } } } },
        ),
      );
      await world.act((user) =>
        user.delete(deployments, { namespace: "default", name: "old" }, { propagationPolicy: "Background" }),
      );
      return deployed(fixed("s4", 5))(world);
    },
    health: "stuck",
    says: /3 addresses missing/,
    helps: /kubectl delete sp auto4-old-eth0-\w+: Deployment default\/old is gone, 8 addresses come back/,
    missing: 3,
  },
  {
    what: "a subnet of which too much is reserved, and held by a manual pool",
    async plant(world) {
      await world.act(async (user) => {
        const reserved = { metadata: { name: "router" }, spec: { ips: ["10.4.0.10-10.4.0.12"] } };
        await user.create(spiderReservedIPs, reserved as KubeObject);
        const manual = { metadata: { name: "manual" }, spec: { subnet: "10.4.0.0/24", ips: ["10.4.0.13-10.4.0.16"] } };
        await user.create(spiderIPPools, manual as KubeObject);
      });
      return deployed(fixed("s4", 4))(world);
    },
    health: "stuck",
    says: /s4 has 3 free addresses, 4 are needed; pool manual holds 4 spare; 1 address missing/,
    helps: /SpiderReservedIP router reserves 3 addresses of it/,
    missing: 1,
  },
  {
    what: "a pool that cannot grow",
    async plant(world) {
      await world.run(deployments, "other", { annotations: fixed("s4", 6) });
      await deployed(on("s4", { "ippool-ip-number": "+0" }), 3)(world);
      await world.act((user) => user.patch(deployments, web, { spec: { replicas: 6 } }));
      return "deploy/web";
    },
    health: "stuck",
    says: /s4 has 1 free address, 3 are needed; .*; 2 addresses missing/,
    missing: 2,
  },
  {
    what: "a subnet that is being deleted",
    async plant(world) {
      await world.run(deployments, "old", { annotations: fixed("s4", 2) });
      await world.act((user) => user.delete(spiderSubnets, { name: "s4" }));
      return deployed(fixed("s4", 2))(world);
    },
    health: "stuck",
    says: /SpiderSubnet "s4" is being deleted and gives out no more addresses/,
    helps: /Name another SpiderSubnet/,
  },
  {
    what: "a subnet of the wrong family",
    plant: deployed({ subnet: { ipv6: ["s4"] } }),
    health: "stuck",
    says: /SpiderSubnet "s4" is IPv4, but the annotation names it under "ipv6"/,
    helps: /Move the name to the other list/,
  },
  {
    what: "a subnet whose ranges cannot be read",
    async plant(world) {
      await world.act((user) => user.patch(spiderSubnets, { name: "s4" }, { spec: { ips: ["10.4.0.19-10.4.0.10"] } }));
      return deployed(fixed("s4", 2))(world);
    },
    health: "stuck",
    says: /SpiderSubnet "s4" cannot be used: .*10\.4\.0\.19-10\.4\.0\.10/,
    helps: /Correct what the message names in the SpiderSubnet/,
  },
  {
    what: "a changed subnet",
    async plant(world) {
      await deployed(fixed("s4", 2))(world);
      await world.act(
        (user) =>
          user.patch(deployments, web, {
            spec: { template: { metadata: { annotations: annotationsOf(fixed("t4", 2)) } } },
          }),
        1,
      );
      return "deploy/web";
    },
    health: "well",
    says: /has what it wants: 1 of 2 addresses of auto4-web-eth0-\w{12} in use/,
  },
];

const malformed = (what: string, annotations: object, says: RegExp): ExplainCase => ({
  what,
  plant: deployed(annotations),
  health: "stuck",
  says,
  helps: /Correct the annotation/,
});

const byAnnotation: readonly ExplainCase[] = [
  malformed(
    "an annotation that is no JSON",
    { subnet: "{ipv4: web}" },
    /"ipam\.spidernet\.io\/subnet" with value "\{ipv4: web\}": it is not JSON/,
  ),
  malformed("an array for subnet", { subnet: '["s4"]' }, /must be a JSON object/),
  malformed("a string for a list", { subnet: '{"ipv4":"s4"}' }, /"ipv4" must be an array of subnet names/),
  malformed("neither family", { subnet: "{}" }, /has neither an "ipv4" nor an "ipv6" subnet/),
  malformed("an empty array", { subnets: [] }, /it names no subnet/),
  malformed("a wildcard", { subnet: { ipv4: ["*"] } }, /wildcards are not supported/),
  malformed(
    "a number that is none",
    fixed("s4", "many"),
    /"ipam\.spidernet\.io\/ippool-ip-number" with value "many": it must be a plain number/,
  ),
  malformed("a negative number", fixed("s4", "-1"), /value "-1": it must be a plain number/),
  malformed(
    "a reclaim that is no boolean",
    on("s4", { "ippool-reclaim": "yes" }),
    /value "yes": it must be "true" or "false"/,
  ),
  malformed(
    "one subnet for two NICs",
    {
      subnets: [
        { interface: "eth0", ipv4: ["s4"] },
        { interface: "net1", ipv4: ["s4"] },
      ],
    },
    /interfaces "eth0" and "net1" both use subnet "s4"/,
  ),
  {
    what: "no annotation",
    async plant(world) {
      await world.run(deployments, "web", { replicas: 0 });
      return "deploy/web";
    },
    health: "idle",
    says: /its pod template has neither "ipam\.spidernet\.io\/subnet" nor "ipam\.spidernet\.io\/subnets"/,
  },
  {
    what: "a removed annotation without reclaim",
    async plant(world) {
      await deployed(on("s4", { "ippool-reclaim": "false" }), 0)(world);
      const none = { "ipam.spidernet.io/subnet": null };
      await world.act((user) =>
        user.patch(deployments, web, { spec: { template: { metadata: { annotations: none } } } }),
      );
      return "deploy/web";
    },
    health: "idle",
    says: /asks for no automatic pool; pool auto4-web-eth0-\w+ is kept for a successor, 1 address \(kubectl delete sp/,
  },
  {
    what: "pods on the host's network",
    async plant(world) {
      await world.run(deployments, "web", { replicas: 0, annotations: on("s4"), hostNetwork: true });
      return "deploy/web";
    },
    health: "idle",
    says: /on their nodes' network/,
  },
  {
    what: "a ReplicaSet of a Deployment",
    async plant(world) {
      await deployed(on("s4"))(world);
      return `rs/${world.objects(replicaSets)[0]?.metadata.name}`;
    },
    health: "idle",
    says: /another workload controls it, and its pools are that one's/,
  },
  {
    what: "a DaemonSet that its controller has not looked at",
    async plant(world) {
      const { daemonSets } = await import("../../src/api/resources.ts");
      await world.act((user) => user.create(daemonSets, workload("ds", { annotations: on("s4") })));
      return "ds/ds";
    },
    health: "well",
    says: /what it wants is not known yet/,
  },
];

export const explainCases: readonly ExplainCase[] = [...bySubnet, ...byAnnotation];
