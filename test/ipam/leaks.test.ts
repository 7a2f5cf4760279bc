/** Every row of the decision about one record, each with its neighbours. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Holding, judgeRecord, type LeakSettings } from "../../src/ipam/leaks.ts";
import { needsNode } from "../../src/ipam/pod-end.ts";
import * as facts from "./leak-facts.ts";
import { holding, now, overdue, podWith, record } from "./leak-facts.ts";

/** The verdict as one word. */
function judged(extra: Partial<Holding>, settings: Partial<LeakSettings> = {}, unchangedSince?: number): string {
  const verdict = judgeRecord(record, holding(extra), { ...facts.settings, ...settings }, now, unchangedSince);
  return "release" in verdict ? `release: ${verdict.release}` : `keep: ${verdict.keep}`;
}

type Rows = readonly (readonly [expected: string, extra: Partial<Holding>])[];

function table(rows: Rows, settings: Partial<LeakSettings> = {}): void {
  for (const [index, [expected, extra]] of rows.entries()) {
    assert.is(judged(extra, settings), expected, `row ${index + 1}`);
  }
}

const { crashLooping, endpointOf, neverStarted, notReady, outOfService, running, stoppedAgo } = facts;
const successor = (status?: Parameters<typeof podWith>[0]) => podWith(status, { uid: "u2" });
const pending = { phase: "Pending", podIPs: [] };

const leaks = suite("leaks");

leaks("a pod that lives keeps its address in every phase", () => {
  table([
    ["keep: in-endpoint", {}],
    ["keep: in-endpoint", { endpoint: endpointOf("u1", ["10.0.0.3/24", "10.0.0.7/24"]) }],
    ["keep: pod-alive", { pod: podWith(pending), endpoint: undefined }],
    ["keep: pod-alive", { pod: podWith({ phase: "Unknown", podIPs: [] }) }],
    ["keep: pod-alive", { endpoint: undefined }],
    ["keep: pod-alive", { endpoint: endpointOf("u0", ["10.0.0.7/24"]) }],
    ["keep: pod-alive", { endpoint: endpointOf("u0", []) }],
  ]);
});

leaks("a pod that is gone has lost its address, with or without an endpoint", () => {
  table([
    ["release: pod-gone", { pod: undefined }],
    ["release: pod-gone", { pod: undefined, endpoint: undefined }],
    ["release: pod-gone", { pod: undefined, endpoint: endpointOf("u2", []) }],
    ["release: pod-gone", { pod: undefined, node: undefined }],
  ]);
});

leaks("a fixed address is kept while its owner waits for it", () => {
  const endpoint = endpointOf("u1", ["10.0.0.7/24"], "StatefulSet");
  table([
    ["keep: owner-waits", { pod: undefined, endpoint, ownerWaits: true }],
    ["release: owner-gone", { pod: undefined, endpoint, ownerWaits: false }],
    ["keep: owner-waits", { pod: overdue({ containerStatuses: [stoppedAgo(60_000)] }), endpoint, ownerWaits: true }],
    ["release: owner-gone", { pod: overdue({ containerStatuses: [stoppedAgo(60_000)] }), endpoint }],
    ["keep: pod-ending", { pod: overdue(), endpoint }],
    ["keep: in-endpoint", { endpoint }],
  ]);
});

leaks("a pod of the same name and another UID has taken the place of the first one", () => {
  const fixed = endpointOf("u1", ["10.0.0.7/24"], "StatefulSet");
  table([
    ["release: pod-replaced", { pod: successor() }],
    ["release: pod-replaced", { pod: successor(pending) }],
    ["release: pod-replaced", { pod: successor(), endpoint: endpointOf("u2", ["10.0.0.8/24"]) }],
    ["keep: in-endpoint", { pod: successor(), endpoint: endpointOf("u2", ["10.0.0.7/24"]) }],
    ["keep: in-endpoint", { pod: successor({ podIPs: [{ ip: "10.0.0.7" }] }), endpoint: undefined }],
    ["keep: owner-waits", { pod: successor(pending), endpoint: fixed, ownerWaits: true }],
    ["release: owner-gone", { pod: successor(pending), endpoint: fixed }],
  ]);
});

leaks("a StatefulSet's pod that got its network elsewhere gives up the address (G00010)", () => {
  const old = endpointOf("u1", ["10.0.0.7/24"], "StatefulSet");
  const changed = endpointOf("u2", ["10.0.0.8/24"], "StatefulSet");
  table([
    ["release: pod-replaced", { pod: successor(), endpoint: old, ownerWaits: true }],
    ["release: pod-replaced", { pod: successor(), endpoint: changed, ownerWaits: true }],
    ["keep: owner-waits", { pod: successor(pending), endpoint: changed, ownerWaits: true }],
    ["keep: in-endpoint", { pod: successor({ podIPs: [{ ip: "10.0.0.7" }] }), endpoint: old, ownerWaits: true }],
  ]);
});

leaks("a pod that has finished gives up its address some time after its last container (G00006)", () => {
  const succeeded = (...containerStatuses: facts.Statuses) => podWith({ phase: "Succeeded", containerStatuses });
  const failed = { phase: "Failed", reason: "Evicted", podIPs: [], containerStatuses: [] };
  table([
    ["release: pod-finished", { pod: succeeded(stoppedAgo(5_000)) }],
    ["keep: pod-ending", { pod: succeeded(stoppedAgo(4_000)) }],
    ["keep: pod-ending", { pod: succeeded(stoppedAgo(60_000), stoppedAgo(1_000)) }],
    ["keep: pod-ending", { pod: succeeded(stoppedAgo(60_000), running) }],
    ["release: pod-finished", { pod: podWith(failed) }],
    ["release: pod-finished", { pod: podWith({ ...failed, reason: "NodeShutdown" }), node: notReady }],
    ["keep: pod-ending", { pod: podWith({ ...failed, initContainerStatuses: [running] }) }],
    ["keep: pod-ending", { pod: podWith({ ...failed, ephemeralContainerStatuses: [running] }) }],
  ]);
});

leaks("a terminating pod keeps its address until its grace and a delay have passed (G00004)", () => {
  const ended = { containerStatuses: [stoppedAgo(60_000)] };
  table([
    ["keep: pod-ending", { pod: podWith(ended, { endsIn: 30_000 }) }],
    ["keep: pod-ending", { pod: podWith(ended, { endsIn: -4_000 }) }],
    ["release: pod-ended", { pod: podWith(ended, { endsIn: -5_000 }) }],
  ]);
  const verdict = judgeRecord(record, holding({ pod: podWith(ended, { endsIn: 0 }) }), facts.settings, now);
  assert.equal(verdict, { keep: "pod-ending", againAt: now + 5_000 });
});

leaks("on a ready node a terminating pod is over when none of its containers can run any more", () => {
  const stopped = stoppedAgo(60_000);
  const withSandbox = { conditions: [{ type: "PodReadyToStartContainers", status: "True" }] };
  const withoutSandbox = { conditions: [{ type: "PodReadyToStartContainers", status: "False" }] };
  table([
    ["keep: pod-ending", { pod: overdue() }],
    ["keep: pod-ending", { pod: overdue({ containerStatuses: [stopped, running] }) }],
    ["keep: pod-ending", { pod: overdue({ containerStatuses: [crashLooping] }) }],
    ["keep: pod-ending", { pod: overdue({ containerStatuses: [] }) }],
    ["keep: pod-ending", { pod: overdue({ containerStatuses: [stopped], initContainerStatuses: [running] }) }],
    ["keep: pod-ending", { pod: overdue({ containerStatuses: [stopped], ...withSandbox }) }],
    ["release: pod-ended", { pod: overdue({ containerStatuses: [stopped], ...withoutSandbox }) }],
    ["release: pod-ended", { pod: overdue({ containerStatuses: [stopped, neverStarted] }) }],
  ]);
});

leaks("a terminating pod that no node ever had is over", () => {
  const { spec, ...unbound } = overdue({ phase: "Pending", podIPs: [], containerStatuses: [] });
  table([["release: pod-ended", { pod: unbound, node: undefined }]]);
  assert.is(spec?.nodeName, "n");
});

leaks("a terminating pod on a lost node is over only if the node cannot run it (G00009, B17)", () => {
  table([
    ["release: node-gone", { pod: overdue(), node: undefined }],
    ["release: node-out-of-service", { pod: overdue(), node: outOfService }],
    ["keep: pod-ending", { pod: overdue(), node: notReady }],
    ["keep: pod-ending", { pod: overdue({ containerStatuses: [stoppedAgo(60_000)] }), node: notReady }],
    ["keep: in-endpoint", { node: outOfService }],
    ["keep: in-endpoint", { node: undefined }],
  ]);
  table(
    [
      ["release: node-not-ready", { pod: overdue(), node: notReady }],
      ["keep: pod-ending", { pod: overdue(), node: facts.ready }],
      ["keep: in-endpoint", { node: notReady }],
    ],
    { releaseOnNotReadyNode: true },
  );
});

leaks("a living pod loses what its endpoint has not listed for minutes, and nothing else", () => {
  const endpoint = endpointOf("u1", ["10.0.0.8/24"]);
  const since = now - 180_000;
  assert.is(judged({ endpoint }), "keep: unsettled");
  assert.is(judged({ endpoint }, {}, since + 1), "keep: unsettled");
  assert.is(judged({ endpoint }, {}, since), "release: not-in-endpoint");
  assert.is(judged({ endpoint: endpointOf("u1", []) }, {}, since), "release: not-in-endpoint");
  assert.is(judged({}, {}, since), "keep: in-endpoint");
  assert.is(judged({ endpoint, pod: podWith({ podIPs: [{ ip: "10.0.0.7" }] }) }, {}, since), "keep: in-endpoint");
  assert.is(judged({ endpoint, pod: podWith(pending) }, {}, since), "keep: pod-alive");
  assert.is(judged({ endpoint, pod: podWith({}, { spec: { hostNetwork: true } }) }, {}, since), "keep: pod-alive");
  const leaving = { ...endpoint, metadata: { ...endpoint.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  assert.is(judged({ endpoint: leaving }, {}, since), "keep: pod-alive");
});

leaks("the same address of another pool is another record", () => {
  const endpoint = endpointOf("u1", ["10.0.0.7/24"]);
  const verdict = judgeRecord({ ...record, pool: "q" }, holding({ endpoint }), facts.settings, now);
  assert.is("keep" in verdict && verdict.keep, "unsettled");
});

leaks("a record without a UID is kept while any pod has the name", () => {
  table([
    ["keep: pod-alive", { podUid: "" }],
    ["release: pod-gone", { podUid: "", pod: undefined }],
  ]);
});

leaks("the node is read only where it matters", () => {
  const isNeeded = (pod: Holding["pod"], podUid = "u1") => needsNode({ podUid, pod }, facts.settings, now);
  assert.equal(
    [overdue(), podWith(), podWith({}, { endsIn: 1_000 }), successor(), undefined].map((pod) => isNeeded(pod)),
    [true, false, false, false, false],
  );
});

leaks.run();
