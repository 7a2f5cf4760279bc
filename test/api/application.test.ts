/**
 * The texts that link a pool to its application.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Application,
  applicationOfPool,
  applicationText,
  groupOf,
  gvLabel,
  nameLabel,
  parseApplicationText,
  parseGvLabel,
  podAffinityFor,
  versionOf,
} from "../../src/api/application.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { AFFINITY, LABEL } from "../../src/api/names.ts";

const VALID_LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

const deployment: Application = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  namespace: "default",
  name: "test-app-1",
  uid: "2f78ccdd-398e-49e6-a85b-40371db6fdbd",
};
const controller: Application = { ...deployment, apiVersion: "v1", kind: "ReplicationController" };
const cloneSet: Application = { ...deployment, apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet" };

const record = suite("application: record");

record("has five parts, four for the core group, and comes back", () => {
  const rows: [Application, string][] = [
    [deployment, "apps_v1_Deployment_default_test-app-1"],
    [controller, "v1_ReplicationController_default_test-app-1"],
    [cloneSet, "apps.kruise.io_v1alpha1_CloneSet_default_test-app-1"],
  ];
  for (const [application, text] of rows) {
    const { uid, ...identity } = application;
    assert.is(applicationText(application), text);
    assert.equal(parseApplicationText(text), identity, uid);
  }
});

record("is invalid with any other number of parts, or an empty one", () => {
  for (const text of [
    "",
    "v1_Pod_default",
    "a_b_c_d_e_f",
    "apps_v1_Deployment__x",
    "_v1_Pod_ns_x",
    "apps_v1_Deployment_ns_",
  ]) {
    assert.is(parseApplicationText(text), undefined);
  }
});

record.run();

const label = suite("application: labels");

label("write an apiVersion with _ for /, and read it back", () => {
  for (const [apiVersion, text, group, version] of [
    ["apps/v1", "apps_v1", "apps", "v1"],
    ["apps.kruise.io/v1alpha1", "apps.kruise.io_v1alpha1", "apps.kruise.io", "v1alpha1"],
    ["v1", "v1", "", "v1"],
  ] as const) {
    assert.is(gvLabel(apiVersion), text);
    assert.is(parseGvLabel(text), apiVersion);
    assert.is(groupOf(apiVersion), group);
    assert.is(versionOf(apiVersion), version);
  }
  for (const text of ["", "a_b_c", "apps_", "_v1"]) assert.is(parseGvLabel(text), undefined);
});

label("hold names up to 63 characters as they are", () => {
  for (const name of ["a", "test-app-1", "x".repeat(63)]) assert.is(nameLabel(name), name);
});

label("shorten longer names to valid values, the same ones for the same name, others for others", () => {
  const names = ["x".repeat(64), `${"x".repeat(199)}y`, `${"x".repeat(199)}z`, `${"a".repeat(51)}.${"b".repeat(100)}`];
  const values = names.map(nameLabel);

  for (const value of values) assert.match(value, VALID_LABEL);
  assert.is(new Set(values).size, names.length);
  assert.equal(names.map(nameLabel), values);
});

label.run();

const link = suite("application: of a pool");

const poolOf = (application: Application): SpiderIPPool => ({
  metadata: {
    name: "auto4-test",
    labels: {
      [LABEL.applicationGv]: gvLabel(application.apiVersion),
      [LABEL.applicationKind]: application.kind,
      [LABEL.applicationNamespace]: application.namespace,
      [LABEL.applicationName]: nameLabel(application.name),
      [LABEL.applicationUid]: application.uid,
    },
  },
  spec: { subnet: "10.0.0.0/16", podAffinity: podAffinityFor(application) },
});

link("gives five affinity keys, the group empty for the core group", () => {
  assert.equal(podAffinityFor(controller), {
    matchLabels: {
      "ipam.spidernet.io/app-api-group": "",
      "ipam.spidernet.io/app-api-version": "v1",
      "ipam.spidernet.io/app-kind": "ReplicationController",
      "ipam.spidernet.io/app-namespace": "default",
      "ipam.spidernet.io/app-name": "test-app-1",
    },
  });
});

link("is read back whole, a name of 200 characters too", () => {
  for (const application of [deployment, controller, cloneSet, { ...deployment, name: "n".repeat(200) }]) {
    assert.equal(applicationOfPool(poolOf(application)), application);
  }
});

link("believes the label where the affinity was edited or removed", () => {
  const edited = poolOf(deployment);
  edited.spec.podAffinity = { matchLabels: { [AFFINITY.name]: "other" } };
  const removed = poolOf(deployment);
  delete removed.spec.podAffinity;

  for (const pool of [edited, removed]) assert.equal(applicationOfPool(pool), deployment);
});

link("is unknown for a manual pool and for one whose labels were edited away", () => {
  assert.is(applicationOfPool({ metadata: { name: "manual" }, spec: { subnet: "10.0.0.0/16" } }), undefined);
  for (const key of Object.keys(poolOf(deployment).metadata.labels ?? {})) {
    const pool = poolOf(deployment);
    delete pool.metadata.labels?.[key];
    assert.is(applicationOfPool(pool), undefined, key);
  }
});

link.run();
