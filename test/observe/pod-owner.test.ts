/** Which pods belong to a pinned application, and which numbers one may ask for (spec §3.6, DESIGN §4). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KubeObject, OwnerReference } from "../../src/cluster/cluster.ts";
import { checkPinned, toPinnedPod } from "../../src/observe/pod-owner.ts";

function pod(owner?: Partial<OwnerReference>, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const reference = {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    name: "web",
    uid: "c1",
    controller: true,
  };
  const ownerReferences = owner === undefined ? [] : [{ ...reference, ...owner }];
  return { metadata: { name: "web-1", namespace: "shop", uid: "p1", ownerReferences, ...metadata } };
}

const pinned = suite("pod owner");

const owners: [string, string, boolean][] = [
  ["apps.kruise.io/v1alpha1", "CloneSet", true],
  ["apps.kruise.io/v1beta1", "StatefulSet", true],
  ["kubevirt.io/v1", "VirtualMachineInstance", true],
  ["apps/v1", "CloneSet", true],
  ["v1", "ReplicationController", true],
  ["v1", "Node", false],
  ["v1", "Pod", false],
  ["apps/v1", "ReplicaSet", false],
  ["apps/v1", "StatefulSet", false],
  ["apps/v1", "DaemonSet", false],
  ["batch/v1", "Job", false],
];
for (const [apiVersion, kind, expected] of owners) {
  pinned(`${apiVersion} ${kind} ${expected ? "makes the pod a pinned application's" : "is not looked at"}`, () => {
    assert.is(toPinnedPod(pod({ apiVersion, kind })) !== undefined, expected);
  });
}

pinned("is not looked at where the pod has none, or one that does not control it", () => {
  assert.is(toPinnedPod(pod()), undefined);
  assert.is(toPinnedPod(pod({ controller: false })), undefined);
});

pinned("comes with the pod's identity and our annotations only", () => {
  const annotations = { "ipam.spidernet.io/ippool-ip-number": "5", "example.com/note": "long ".repeat(1000) };

  const kept = toPinnedPod(pod({}, { annotations, creationTimestamp: "2026-01-01T00:00:00Z" }));

  assert.equal(kept, {
    namespace: "shop",
    name: "web-1",
    uid: "p1",
    createdAt: "2026-01-01T00:00:00Z",
    terminating: false,
    owner: { apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet", name: "web", uid: "c1" },
    annotations: { "ipam.spidernet.io/ippool-ip-number": "5" },
  });
});

pinned("comes with the news that the pod is being deleted", () => {
  assert.ok(toPinnedPod(pod({}, { deletionTimestamp: "2026-01-01T00:00:00Z" }))?.terminating);
});

pinned.run();

const numbers = suite("pinned number");

const checks: [string | undefined, RegExp | undefined][] = [
  ["5", undefined],
  ["0", undefined],
  [undefined, /is absent; it must be a plain number/],
  ["+5", /is "\+5"; it must be a plain number like "5", without "\+"/],
  ["+0", /without "\+"/],
  ["5+3", /Cannot use annotation/],
  ["many", /Cannot use annotation/],
];
for (const [value, reason] of checks) {
  numbers(`${JSON.stringify(value)} is ${reason === undefined ? "accepted" : "refused, with the reason"}`, () => {
    const actual = checkPinned(value === undefined ? {} : { "ipam.spidernet.io/ippool-ip-number": value });

    if (reason === undefined) assert.is(actual, undefined);
    else assert.match(actual ?? "", reason);
  });
}

numbers.run();
