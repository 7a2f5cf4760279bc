/** Whom a pool was made for, when somebody has edited what says so. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRanges } from "../../src/address/range-set.ts";
import { applicationText } from "../../src/api/application.ts";
import { newPool } from "../../src/api/auto-pool.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { AFFINITY, LABEL } from "../../src/api/names.ts";
import { poolName } from "../../src/api/pool-name.ts";
import { applicationKeyOf, ownerOf } from "../../src/observe/pool-owner.ts";

const owner = suite("the owner of a pool");

const web = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "1-2-3-4-567890abcdef" };
const record = applicationText(web);

function made(nic = "eth0", attempt = 0): SpiderIPPool {
  const wish = { application: web, interface: nic, family: 4, reclaim: true, number: "+1" } as const;
  const subnet = { metadata: { name: "s", uid: "u" }, spec: { subnet: "10.0.0.0/16" } };
  const name = poolName({ family: 4, application: web, interface: nic, attempt });
  return newPool(name, wish, subnet, parseRanges(["10.0.0.1"], 4));
}

function labelled(pool: SpiderIPPool, key: string, value: string | undefined): SpiderIPPool {
  const { [key]: _, ...rest } = pool.metadata.labels ?? {};
  return { ...pool, metadata: { ...pool.metadata, labels: value === undefined ? rest : { ...rest, [key]: value } } };
}

owner("is what the labels say, with a record or without", () => {
  for (const recordedFor of [record, undefined]) {
    const found = ownerOf(made(), recordedFor);

    assert.equal(found?.application, web);
    assert.equal([found?.interface, found?.family, found?.reclaim], ["eth0", 4, true]);
  }
});

owner("is what affinity and record agree on against one edited label", () => {
  for (const [key, value] of [
    [LABEL.applicationName, "other"],
    [LABEL.applicationKind, "StatefulSet"],
    [LABEL.applicationNamespace, "elsewhere"],
    [LABEL.applicationGv, "apps_v2"],
  ] as const) {
    assert.is(applicationKeyOf(labelled(made(), key, value), record), "shop/Deployment.apps/web", key);
  }
});

owner("is what the labels say where the affinity was edited, or the record is another's", () => {
  const edited = made();
  const matchLabels = { ...edited.spec.podAffinity?.matchLabels, [AFFINITY.name]: "other" };
  const pool = { ...edited, spec: { ...edited.spec, podAffinity: { matchLabels } } };

  assert.is(applicationKeyOf(pool, record), "shop/Deployment.apps/web");
  assert.is(applicationKeyOf(made(), "apps_v1_Deployment_shop_other"), "shop/Deployment.apps/web");
});

owner("keeps its pool without the UID label, which then has to be put back", () => {
  assert.is(ownerOf(labelled(made(), LABEL.applicationUid, undefined), record)?.application.uid, "");
});

owner("is nobody once a person has taken the labels away", () => {
  const released = labelled(made(), LABEL.applicationName, undefined);

  assert.is(applicationKeyOf(released, record), undefined);
  assert.is(ownerOf(released, record), undefined);
});

owner("has the interface and family that name and CIDR show", () => {
  for (const nic of ["eth0", "net-1", "Net_1"]) {
    for (const attempt of [0, 1, 2]) assert.is(ownerOf(made(nic, attempt), record)?.interface, nic);
  }
  assert.is(ownerOf(labelled(made(), LABEL.interface, "net9"), record)?.interface, "eth0");
  assert.is(ownerOf(labelled(made(), LABEL.ipVersion, "IPv6"), record)?.family, 4);
});

owner.run();
