/**
 * The pools of native applications on the real API server, kind by kind: made, grown, shrunk, deleted, kept, taken over.
 *
 * Names, labels and texts are spelled out here, as they are the interface to users and node agents (spec §2.2, §4.1, §4.2).
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { deployment, type KindOfWorkload, nativeWorkloads, statefulSet } from "../support/manifests.ts";
import type { Place } from "../support/place.ts";
import { Stage } from "../support/stage.ts";

const native = suite("native applications");
let stage: Stage;

native.before(async () => {
  stage = await Stage.open();
});
native.after.each(() => stage.clear());
native.after(() => stage.close());

/** The five characters at the end of a pool's name. */
const suffixOf = ({ metadata }: KubeObject): string => metadata.uid?.split("-").at(-1)?.slice(0, 5) ?? "";
/** The subnet's n-th address from the first of its range on. */
const addressOf = ({ spec }: SpiderSubnet, index: number): string => {
  const first = spec.ips?.[0]?.split("-")[0] ?? "";
  if (spec.ipVersion === 6)
    return first.replace(/[^:]+$/, (digits) => (Number.parseInt(digits, 16) + index).toString(16));
  return first.replace(/\d+$/, (digits) => String(Number(digits) + index));
};

function expected(kind: KindOfWorkload, app: KubeObject, subnet: SpiderSubnet, size: number): object {
  const { group, version, kind: kindName } = kind.resource;
  const { namespace = "", name, uid = "" } = app.metadata;
  const { ipVersion = 4, subnet: cidr, gateway, routes } = subnet.spec;
  const poolName = `auto${ipVersion}-${name}-eth0-${suffixOf(app)}`;
  return {
    name: poolName,
    labels: {
      "ipam.spidernet.io/ippool-cidr": cidr.replaceAll(/[.:/]/g, "-"),
      "ipam.spidernet.io/owner-spider-subnet": subnet.metadata.name,
      "ipam.spidernet.io/owner-application-gv": `${group}_${version}`,
      "ipam.spidernet.io/owner-application-kind": kindName,
      "ipam.spidernet.io/owner-application-namespace": namespace,
      "ipam.spidernet.io/owner-application-name": name,
      "ipam.spidernet.io/owner-application-uid": uid,
      "ipam.spidernet.io/interface": "eth0",
      "ipam.spidernet.io/ip-version": `IPv${ipVersion}`,
      "ipam.spidernet.io/ippool-reclaim": "true",
    },
    annotations: { "ipam.spidernet.io/ippool-ip-number": "+2" },
    finalizers: ["spiderpool.spidernet.io"],
    ownerReferences: [
      {
        apiVersion: "spiderpool.spidernet.io/v2beta1",
        kind: "SpiderSubnet",
        name: subnet.metadata.name,
        uid: subnet.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    spec: {
      ipVersion,
      subnet: cidr,
      ips: [`${addressOf(subnet, 0)}-${addressOf(subnet, size - 1)}`],
      gateway,
      routes,
      podAffinity: {
        matchLabels: {
          "ipam.spidernet.io/app-api-group": group,
          "ipam.spidernet.io/app-api-version": version,
          "ipam.spidernet.io/app-kind": kindName,
          "ipam.spidernet.io/app-namespace": namespace,
          "ipam.spidernet.io/app-name": name,
        },
      },
      default: false,
      disable: false,
    },
    counts: [size, 0],
    state: "created",
    record: {
      [poolName]: {
        ips: [`${addressOf(subnet, 0)}-${addressOf(subnet, size - 1)}`],
        application: `${group}_${version}_${kindName}_${namespace}_${name}`,
      },
    },
  };
}

async function actual(place: Place, pool: SpiderIPPool, subnet: SpiderSubnet): Promise<object> {
  const { name, labels, annotations, finalizers, ownerReferences } = pool.metadata;
  const counts = [pool.status?.totalIPCount, pool.status?.allocatedIPCount];
  const record = await place.records(subnet.metadata.name);
  const { state } = pool.status ?? {};
  return { name, labels, annotations, finalizers, ownerReferences, spec: pool.spec, counts, state, record };
}

async function assertPools(place: Place, kind: KindOfWorkload, app: KubeObject, size: number): Promise<void> {
  await eventually(async () => {
    const pools = await place.pools();
    assert.is(pools.length, 2);
    for (const [index, pool] of pools.entries()) {
      const subnet = await place.subnet(index === 0 ? place.v4 : place.v6);
      assert.equal(await actual(place, pool, subnet), expected(kind, app, subnet, size));
    }
  });
}

for (const kind of nativeWorkloads) {
  const { kind: kindName } = kind.resource;

  native(`a ${kindName} has a pool of each family that grows and shrinks with it and goes with it`, async () => {
    const place = await stage.place({ v4: 20, v6: 20 });
    const subnet = { ipv4: [place.v4], ipv6: [place.v6] };
    const app = await place.run(kind, "web", { subnet, number: "+2" }, 2);
    await assertPools(place, kind, app, 4);

    await place.scale(kind, "web", 5);
    await assertPools(place, kind, app, 7);

    await place.scale(kind, "web", 1);
    await assertPools(place, kind, app, 3);

    await place.end(kind, "web");
    await place.poolsOf();
    for (const name of [place.v4, place.v6]) {
      const { status } = await place.subnet(name);
      assert.equal([status?.controlledIPPools, status?.allocatedIPCount, status?.totalIPCount], [undefined, 0, 20]);
    }
  });

  native(`a ${kindName}'s pool is kept without reclaim, for a successor of its name and kind alone`, async () => {
    const place = await stage.place({ v4: 20 });
    const subnet = { ipv4: [place.v4] };
    await place.run(kind, "web", { subnet, number: "3", reclaim: "false" });
    const [first] = await place.poolsOf(3);
    await place.end(kind, "web");
    await eventually(async () => {
      const [kept] = await place.pools();
      assert.equal([kept?.status?.state, kept?.status?.conditions?.[0]?.reason], ["orphaned", "Retained"]);
    });

    const other = kind === deployment ? statefulSet : deployment;
    const stranger = await place.run(other, "web", { subnet, number: "2" });
    const pools = await place.poolsOf(2, 3);
    const strange = pools.find(({ metadata }) => metadata.name !== first?.metadata.name);
    assert.is(strange?.metadata.name, `auto4-web-eth0-${suffixOf(stranger)}`);
    await place.end(other, "web");
    await place.poolsOf(3);

    const successor = await place.run(kind, "web", { subnet, number: "4", reclaim: "true" });
    await eventually(async () => {
      const [pool, ...others] = await place.pools();
      assert.equal(others, []);
      assert.is(pool?.metadata.name, first?.metadata.name);
      assert.is(pool?.metadata.uid, first?.metadata.uid);
      assert.is(pool?.metadata.labels?.["ipam.spidernet.io/owner-application-uid"], successor.metadata.uid);
      assert.equal([pool?.status?.state, pool?.status?.totalIPCount], ["created", 4]);
    });
    await place.end(kind, "web");
    await place.poolsOf();
  });
}

native.run();
