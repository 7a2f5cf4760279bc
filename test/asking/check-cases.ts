/**
 * Inconsistencies that tests plant, what a check must call them, and whether it may mend them.
 * @module
 */

import * as assert from "uvu/assert";
import type { SpiderReservedIP } from "../../src/api/reserved-ip.ts";
import { pods, spiderEndpoints, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import type { FindingName } from "../../src/asking/finding.ts";
import { addressOf, type CheckScene } from "./check-scene.ts";

/** `mended`: all of it is; `left`: it stays, with a reason. */
export type Fate = "mended" | "left";

export interface Case {
  readonly what: string;
  plant(scene: CheckScene): void;
  readonly finds: readonly FindingName[];
  readonly fate: Fate;
}

const FREE = "10.4.0.19";
const ghost = { pod: "default/ghost", podUid: "ghost-uid" };

export const ledgers: readonly Case[] = [
  {
    what: "a pool whose record is gone",
    plant: (scene) => scene.editLedger((records) => records.delete(scene.pool().metadata.name)),
    finds: ["record-missing", "subnet-count-wrong"],
    fate: "mended",
  },
  {
    what: "a manual pool whose record is gone",
    plant: (scene) => scene.editLedger((records) => records.delete("adopted"), "t4"),
    finds: ["record-missing", "subnet-count-wrong"],
    fate: "mended",
  },
  {
    what: "a record of a pool and an application that do not exist",
    plant: (scene) =>
      scene.editLedger((records) =>
        records.set("auto4-none", { ips: [FREE], application: "apps_v1_Deployment_default_none" }),
      ),
    finds: ["record-without-pool", "subnet-count-wrong"],
    fate: "mended",
  },
  {
    what: "a record of a pool that does not exist, of an application that does",
    plant: (scene) =>
      scene.editLedger((records) =>
        records.set("auto4-none", { ips: [FREE], application: "apps_v1_Deployment_default_web" }),
      ),
    finds: ["record-without-pool", "subnet-count-wrong"],
    fate: "left",
  },
  {
    what: "a record smaller than its pool",
    plant: (scene) =>
      scene.editLedger((records) => {
        const { name } = scene.pool().metadata;
        records.set(name, { ...records.get(name), ips: ["10.4.0.10"] });
      }),
    finds: ["record-too-small", "subnet-count-wrong"],
    fate: "mended",
  },
  {
    what: "a record larger than its pool",
    plant: (scene) =>
      scene.editLedger((records) => {
        const { name } = scene.pool().metadata;
        records.set(name, { ...records.get(name), ips: [...(scene.pool().spec.ips ?? []), FREE] });
      }),
    finds: ["record-too-large", "subnet-count-wrong"],
    fate: "left",
  },
  {
    what: "two records that overlap",
    plant: (scene) =>
      scene.editLedger((records) => {
        const [web, game] = [scene.pool().metadata.name, scene.pool("auto4-game").metadata.name];
        records.set(game, { ...records.get(game), ips: [...(records.get(game)?.ips ?? []), "10.4.0.10"] });
        assert.ok(records.has(web));
      }),
    finds: ["records-overlap", "record-too-large", "subnet-count-wrong"],
    fate: "left",
  },
  {
    what: "a record outside of its subnet",
    plant: (scene) =>
      scene.edit(spiderSubnets, scene.subnet(), (subnet) => {
        subnet.spec.ips = ["10.4.0.11-10.4.0.19"];
      }),
    finds: ["record-outside-subnet", "pool-outside-subnet", "subnet-total-wrong"],
    fate: "left",
  },
  {
    what: "a record that names another application than its pool",
    plant: (scene) =>
      scene.editLedger((records) => {
        const { name } = scene.pool().metadata;
        records.set(name, { ips: records.get(name)?.ips ?? [], application: "apps_v1_Deployment_default_other" });
      }),
    finds: ["record-of-another"],
    fate: "left",
  },
  {
    what: "a ledger that cannot be read",
    plant: (scene) =>
      scene.edit(spiderSubnets, scene.subnet("s6"), ({ status }) => {
        if (status) status.controlledIPPools = "{";
      }),
    finds: ["ledger-unreadable", "record-missing"],
    fate: "left",
  },
];

export const shapes: readonly Case[] = [
  {
    what: "a subnet's wrong total",
    plant: (scene) =>
      scene.edit(spiderSubnets, scene.subnet(), ({ status }) => {
        if (status) status.totalIPCount = 99;
      }),
    finds: ["subnet-total-wrong"],
    fate: "mended",
  },
  {
    what: "a subnet without our finalizer",
    plant: (scene) =>
      scene.edit(spiderSubnets, scene.subnet(), ({ metadata }) => {
        metadata.finalizers = [];
      }),
    finds: ["subnet-finalizer-missing"],
    fate: "mended",
  },
  {
    what: "a pool without our finalizer",
    plant: (scene) =>
      scene.editPool(({ metadata }) => {
        metadata.finalizers = [];
      }),
    finds: ["pool-finalizer-missing"],
    fate: "mended",
  },
  {
    what: "a pool's wrong totals",
    plant: (scene) =>
      scene.editPool(({ status }) => {
        if (status) Object.assign(status, { totalIPCount: 1, allocatedIPCount: 7 });
      }),
    finds: ["pool-count-wrong", "pool-total-wrong"],
    fate: "mended",
  },
  {
    what: "labels that disagree with the record",
    plant: (scene) =>
      scene.editPool(({ metadata }) => {
        Object.assign(metadata.labels ?? {}, { "ipam.spidernet.io/owner-application-name": "else" });
      }),
    finds: ["pool-labels-wrong"],
    fate: "mended",
  },
  {
    what: "a pool whose owner reference is gone",
    plant: (scene) =>
      scene.editPool(({ metadata }) => {
        metadata.ownerReferences = [];
      }),
    finds: ["pool-owner-wrong"],
    fate: "mended",
  },
  {
    what: "a pool that any pod may draw from",
    plant: (scene) =>
      scene.editPool(({ spec }) => {
        spec.podAffinity = {};
      }),
    finds: ["pool-affinity-wrong"],
    fate: "mended",
  },
  {
    what: "a pool of a subnet that does not exist",
    plant: (scene) => scene.frozen.remove(spiderSubnets, { name: "s6" }),
    finds: ["pool-subnet-missing"],
    fate: "left",
  },
  {
    what: "two pools with the same addresses",
    plant: (scene) => {
      const { ips = [], subnet } = scene.pool().spec;
      scene.edit(spiderIPPools, scene.pool("alone"), ({ metadata, spec }) => {
        metadata.name = "thief";
        Object.assign(spec, { subnet, ips: [ips[0]?.split("-")[0]] });
      });
      scene.edit(spiderIPPools, scene.pool("thief"), (pool) => {
        pool.status = { totalIPCount: 1, allocatedIPCount: 0 };
      });
    },
    finds: ["address-in-two-pools"],
    fate: "left",
  },
  {
    what: "a manual pool, a subnet and a reservation with nonsense in them",
    plant: (scene) => {
      scene.edit(spiderIPPools, scene.pool("alone"), ({ spec }) => {
        spec.gateway = "nowhere";
      });
      scene.edit(spiderSubnets, scene.subnet("t4"), ({ spec }) => {
        spec.routes = [{ dst: "x", gw: "y" }];
      });
      const [router] = scene.frozen.objects<SpiderReservedIP>(spiderReservedIPs);
      if (router)
        scene.edit(spiderReservedIPs, router, ({ spec }) => void Object.assign(spec, { ips: ["10.5.0.300"] }));
    },
    finds: ["pool-refused", "reservation-refused", "subnet-refused"],
    fate: "left",
  },
];

export const uses: readonly Case[] = [
  {
    what: "an address recorded for a pod that is gone",
    plant: (scene) => scene.editUse((records) => records.set("10.4.0.13", ghost)),
    finds: ["allocation-without-pod"],
    fate: "mended",
  },
  {
    what: "a pod that is gone, and its endpoint",
    plant: (scene) => scene.kill(),
    finds: ["allocation-without-pod", "endpoint-without-pod"],
    fate: "mended",
  },
  {
    what: "an address recorded for a pod that is gone while another living pod shows it",
    plant: (scene) => {
      scene.editUse((records) => records.set("10.4.0.13", ghost));
      scene.edit(pods, scene.pod("both-"), ({ status }) => void status?.podIPs?.push({ ip: "10.4.0.13" }));
    },
    finds: ["allocation-without-pod"],
    fate: "left",
  },
  {
    what: "an address outside of its pool",
    plant: (scene) => {
      const [pod] = scene.pods();
      const { namespace, name, uid = "" } = pod?.metadata ?? { name: "" };
      scene.editUse((records) => records.set("10.4.0.200", { pod: `${namespace}/${name}`, podUid: uid }));
      scene.editEndpoint(({ status }) => {
        status?.current.ips.push({ interface: "net1", ipv4: "10.4.0.200/24", ipv4Pool: scene.pool().metadata.name });
      }, name);
    },
    finds: ["allocation-outside-pool"],
    fate: "left",
  },
  {
    what: "a record without an endpoint",
    plant: (scene) => {
      const { namespace = "", name } = scene.endpoint().metadata;
      scene.frozen.remove(spiderEndpoints, { namespace, name });
    },
    finds: ["allocation-without-endpoint"],
    fate: "left",
  },
  {
    what: "an endpoint without a pod",
    plant: (scene) =>
      scene.edit(spiderEndpoints, scene.endpoint(), (endpoint) => {
        endpoint.metadata.name = "ghost";
        if (endpoint.status) endpoint.status.current = { uid: "ghost-uid", node: "n", ips: [] };
      }),
    finds: ["endpoint-without-pod"],
    fate: "mended",
  },
  {
    what: "an endpoint whose address is not recorded",
    plant: (scene) => scene.editUse((records) => records.delete(addressOf(scene.pod()))),
    finds: ["endpoint-not-recorded"],
    fate: "mended",
  },
  {
    what: "a record of another UID",
    plant: (scene) =>
      scene.editUse((records) => {
        const [address, { pod }] = [...records][0] ?? ["", ghost];
        records.set(address, { pod, podUid: "predecessor" });
      }),
    finds: ["allocation-of-another-uid"],
    fate: "mended",
  },
  {
    what: "an endpoint of a predecessor",
    plant: (scene) =>
      scene.editEndpoint(({ status }) => {
        if (status) status.current.uid = "predecessor";
      }),
    finds: ["allocation-without-endpoint", "endpoint-of-another-uid"],
    fate: "left",
  },
  {
    what: "an endpoint whose address is recorded for another pod",
    plant: (scene) => {
      const [one, other] = scene.pods();
      const { namespace, name, uid = "" } = other?.metadata ?? { name: "" };
      scene.editUse((records) => records.set(one ? addressOf(one) : "", { pod: `${namespace}/${name}`, podUid: uid }));
    },
    finds: ["allocation-without-endpoint", "endpoint-recorded-for-another"],
    fate: "left",
  },
  {
    what: "an address that two pools have recorded",
    plant: (scene) => {
      const address = addressOf(scene.pod());
      const [, other] = scene.pods();
      const { namespace, name, uid = "" } = other?.metadata ?? { name: "" };
      scene.editUse((records) => records.set(address, { pod: `${namespace}/${name}`, podUid: uid }), "alone");
    },
    finds: ["address-allocated-twice", "allocation-outside-pool", "allocation-without-endpoint"],
    fate: "left",
  },
  {
    what: "two living pods with one address",
    plant: (scene) => {
      const [one, other] = scene.pods();
      const ip = one ? addressOf(one) : "";
      if (other) scene.edit(pods, other, ({ status }) => void status?.podIPs?.push({ ip }));
    },
    finds: ["address-of-two-pods"],
    fate: "left",
  },
  {
    what: "a pod with an address that nobody gave it",
    plant: (scene) =>
      scene.edit(pods, scene.pod("both-"), ({ status }) => void status?.podIPs?.push({ ip: "10.8.0.12" })),
    finds: ["pod-not-recorded"],
    fate: "left",
  },
  {
    what: "a pool's record of use that cannot be read",
    plant: (scene) =>
      scene.editPool(({ status }) => {
        if (status) status.allocatedIPs = "{";
      }, "alone"),
    finds: ["allocations-unreadable", "endpoint-not-recorded"],
    fate: "left",
  },
];
