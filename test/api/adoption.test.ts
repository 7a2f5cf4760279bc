/** Whose a manual pool is, and what changes when a subnet adopts it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  adoptionOf,
  foreignController,
  isControlledBy,
  ownerSubnetOf,
  subnetReference,
} from "../../src/api/adoption.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { OwnerReference } from "../../src/cluster/cluster.ts";

const subnet: SpiderSubnet = {
  metadata: { name: "s", uid: "new" },
  spec: { subnet: "10.0.0.0/24", gateway: "10.0.0.1", routes: [{ dst: "192.0.2.0/24", gw: "10.0.0.2" }] },
};
const reference = subnetReference(subnet);
const stale: OwnerReference = { ...reference, uid: "old" };
const boss: OwnerReference = { apiVersion: "v1", kind: "ConfigMap", name: "s", uid: "boss" };
const label = { [LABEL.ownerSubnet]: "s" };

function poolOf(owners: OwnerReference[], labels: Record<string, string> = {}): SpiderIPPool {
  return { metadata: { name: "p", labels, ownerReferences: owners }, spec: { subnet: "10.0.0.0/24", routes: [] } };
}

const adoption = suite("adoption");

adoption("adds owner and label, and what the pool lacks; an empty list of routes lacks nothing", () => {
  assert.equal(adoptionOf(poolOf([]), subnet), {
    metadata: { labels: label, ownerReferences: [reference] },
    spec: { gateway: "10.0.0.1" },
  });
  const bare: SpiderIPPool = { metadata: { name: "p" }, spec: { subnet: "10.0.0.0/24" } };
  assert.equal(adoptionOf(bare, subnet)?.spec, { gateway: "10.0.0.1", routes: subnet.spec.routes });
});

adoption("changes nothing twice, and puts a lost label back without inheriting again", () => {
  assert.is(adoptionOf(poolOf([reference], label), subnet), undefined);
  assert.equal(adoptionOf(poolOf([reference]), subnet), { metadata: { labels: label } });
});

adoption("replaces a namesake that is gone, and keeps owners that do not control", () => {
  const pool = poolOf([boss, stale], label);
  assert.equal(isControlledBy(pool, subnet), false);
  assert.equal(adoptionOf(pool, subnet)?.metadata, { ownerReferences: [boss, reference] });
});

adoption("leaves another controller's pool alone", () => {
  const controller = { ...boss, controller: true };
  assert.equal(foreignController(poolOf([controller]), subnet), controller);
  assert.is(adoptionOf(poolOf([controller]), subnet), undefined);
  assert.is(foreignController(poolOf([boss, reference]), subnet), undefined);
  assert.ok(foreignController(poolOf([{ ...reference, name: "other" }]), subnet));
  assert.ok(foreignController(poolOf([{ ...reference, apiVersion: "other.example/v2beta1" }]), subnet));
});

adoption("tells the owner of a manual pool by its reference, of an automatic one by its label", () => {
  assert.is(ownerSubnetOf(poolOf([reference])), "s");
  assert.is(ownerSubnetOf(poolOf([], label)), undefined);
  assert.is(ownerSubnetOf(poolOf([], { ...label, [LABEL.applicationName]: "web" })), "s");
});

adoption.run();
