/** The table of native kinds: desired number of pods, template, owner, per kind (spec §3.2, §3.3, §3.6). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import {
  isNativeKind,
  isThirdParty,
  type NativeKind,
  nativeKinds,
  toWorkload,
  workloadKey,
} from "../../src/observe/workload.ts";

function kind(name: string): NativeKind {
  return nativeKinds.find((native) => native.resource.kind === name) as NativeKind;
}

interface Members {
  spec?: object;
  status?: object;
  metadata?: Partial<KubeObject["metadata"]>;
}

function object({ spec, status, metadata }: Members): KubeObject {
  return { metadata: { name: "web", namespace: "shop", uid: "u1", ...metadata }, spec, status } as KubeObject;
}

const replicas = suite("workload: replicas");

const numbers: [string, Members, number | undefined][] = [
  ["Deployment", { spec: { replicas: 3 } }, 3],
  ["Deployment", { spec: {} }, 0],
  ["Deployment", { spec: { replicas: null } }, 0],
  ["Deployment", {}, 0],
  ["ReplicaSet", { spec: { replicas: 2 } }, 2],
  ["StatefulSet", { spec: { replicas: 4, ordinals: { start: 1 } } }, 4],
  ["StatefulSet", { spec: { replicas: 0 } }, 0],
  ["DaemonSet", { spec: {}, status: { desiredNumberScheduled: 7, observedGeneration: 1 } }, 7],
  ["DaemonSet", { spec: {}, status: { desiredNumberScheduled: 0, observedGeneration: 1 } }, 0],
  ["DaemonSet", { spec: {}, status: { desiredNumberScheduled: 0 } }, undefined],
  ["DaemonSet", { spec: {}, status: { desiredNumberScheduled: 0, observedGeneration: 0 } }, undefined],
  ["DaemonSet", { spec: {} }, undefined],
  ["Job", { spec: {} }, 1],
  ["Job", { spec: { parallelism: 3 } }, 3],
  ["Job", { spec: { parallelism: 0 } }, 1],
  ["Job", { spec: { completions: 4 } }, 4],
  ["Job", { spec: { completions: 0 } }, 1],
  ["Job", { spec: { parallelism: 9, completions: 4 } }, 4],
  ["Job", { spec: { parallelism: 9, completions: 0 } }, 1],
  ["Job", { spec: { parallelism: 9, completions: null } }, 9],
  ["CronJob", { spec: { jobTemplate: { spec: { parallelism: 9, completions: 4 } } } }, 4],
  ["CronJob", { spec: { jobTemplate: { spec: { parallelism: 2 } } } }, 2],
  ["CronJob", { spec: { jobTemplate: { spec: {} } } }, 1],
  ["CronJob", { spec: {} }, 1],
];
for (const [name, members, expected] of numbers) {
  replicas(`of a ${name} with ${JSON.stringify(members)} are ${expected}`, () => {
    assert.is(toWorkload(kind(name), object(members)).replicas, expected);
  });
}

replicas.run();

const workloads = suite("workload");

const template = {
  metadata: { annotations: { "ipam.spidernet.io/subnet": "{}", "prometheus.io/scrape": "true" } },
  spec: { hostNetwork: false },
};

for (const native of nativeKinds) {
  const name = native.resource.kind;
  const within = (value: object): object =>
    name === "CronJob" ? { jobTemplate: { spec: { template: value } } } : { template: value };

  workloads(`of kind ${name} takes our annotations from the pod template, and no others`, () => {
    const metadata = { annotations: { "ipam.spidernet.io/ippool-reclaim": "false" } };

    const workload = toWorkload(native, object({ spec: within(template), metadata }));

    assert.equal(workload.annotations, { "ipam.spidernet.io/subnet": "{}" });
    assert.ok(workload.topmost);
  });

  workloads(`of kind ${name} is not topmost on the host's network`, () => {
    const workload = toWorkload(native, object({ spec: within({ spec: { hostNetwork: true } }) }));

    assert.ok(workload.hostNetwork);
    assert.not.ok(workload.topmost);
  });
}

const owners: [string, string, string, boolean, boolean][] = [
  ["ReplicaSet", "apps/v1", "Deployment", true, false],
  ["ReplicaSet", "apps/v1", "Deployment", false, true],
  ["ReplicaSet", "argoproj.io/v1alpha1", "Rollout", true, true],
  ["ReplicaSet", "extensions/v1beta1", "Deployment", true, true],
  ["Job", "batch/v1", "CronJob", true, false],
  ["Job", "apps/v1", "Deployment", true, true],
  ["Job", "workflows.example/v1", "Run", true, true],
  ["Deployment", "apps/v1", "Deployment", true, true],
  ["Deployment", "example/v1", "App", true, true],
  ["StatefulSet", "example/v1", "App", true, true],
];
for (const [name, apiVersion, ownerKind, controller, expected] of owners) {
  const role = controller ? "controlled by" : "owned, but not controlled, by";
  workloads(`${name} ${role} ${apiVersion} ${ownerKind} is ${expected ? "" : "not "}topmost`, () => {
    const ownerReferences = [{ apiVersion, kind: ownerKind, name: "owner", uid: "o1", controller }];

    assert.is(toWorkload(kind(name), object({ metadata: { ownerReferences } })).topmost, expected);
  });
}

workloads("has the identity of its row, since items of a list carry none", () => {
  const metadata = { resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" };

  const workload = toWorkload(kind("Job"), object({ metadata }));

  assert.equal(workload, {
    apiVersion: "batch/v1",
    kind: "Job",
    namespace: "shop",
    name: "web",
    uid: "u1",
    resourceVersion: "7",
    createdAt: "2026-01-01T00:00:00Z",
    replicas: 1,
    annotations: {},
    topmost: true,
    hostNetwork: false,
  });
});

workloads("does not hold on to the object it was made from", () => {
  const source = object({ spec: { replicas: 1, template: structuredClone(template) } });
  const workload = toWorkload(kind("Deployment"), source);
  const before = structuredClone(workload);

  Object.assign((source as unknown as { spec: { template: typeof template } }).spec.template.metadata.annotations, {
    "ipam.spidernet.io/subnet": "changed",
  });

  assert.equal(workload, before);
});

workloads("has a key with kind and group, without a dot for the core group", () => {
  const key = (apiVersion: string, kindName: string): string =>
    workloadKey({ apiVersion, kind: kindName, namespace: "default", name: "x" });

  assert.is(key("apps/v1", "Deployment"), "default/Deployment.apps/x");
  assert.is(key("apps.kruise.io/v1alpha1", "CloneSet"), "default/CloneSet.apps.kruise.io/x");
  assert.is(key("v1", "ReplicationController"), "default/ReplicationController/x");
});

workloads.run();

const kinds = suite("workload kinds");

// [apiVersion, kind, native, third-party]
const table: [string, string, boolean, boolean][] = [
  ["apps/v1", "Deployment", true, false],
  ["apps/v1", "ReplicaSet", true, false],
  ["apps/v1", "StatefulSet", true, false],
  ["apps/v1", "DaemonSet", true, false],
  ["batch/v1", "Job", true, false],
  ["batch/v1", "CronJob", true, false],
  ["v1", "Pod", false, false],
  ["apps/v1", "CloneSet", false, true],
  ["apps.kruise.io/v1alpha1", "CloneSet", false, true],
  ["apps.kruise.io/v1beta1", "StatefulSet", false, true],
  ["apps/v1beta2", "Deployment", false, true],
  ["v1", "ReplicationController", false, true],
  ["v1", "Node", false, true],
];
for (const [apiVersion, name, native, thirdParty] of table) {
  kinds(`${apiVersion} ${name} is ${native ? "" : "not "}native and ${thirdParty ? "" : "not "}third-party`, () => {
    assert.is(isNativeKind(apiVersion, name), native);
    assert.is(isThirdParty(apiVersion, name), thirdParty);
  });
}

kinds.run();
