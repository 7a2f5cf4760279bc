import { suite } from "uvu";
import * as assert from "uvu/assert";
import { podTable } from "../../src/view/pod-table.ts";

const table = suite("pod table");

table("shows all addresses of a pod, and a pod that has none or is about to go", () => {
  const ips = ["10.0.0.1", "fd00::1"];
  const status = { phase: "Running", podIP: "10.0.0.1", podIPs: ips.map((ip) => ({ ip })) };
  const lines = podTable([
    { metadata: { name: "a" }, spec: { nodeName: "n1" }, status },
    { metadata: { name: "b" }, spec: {} },
    { metadata: { name: "c", deletionTimestamp: "2026-01-01T00:00:00Z" }, spec: { nodeName: "n1" }, status },
  ]);

  assert.equal(lines, [
    "NAME   STATUS        IP                 NODE",
    "a      Running       10.0.0.1,fd00::1   n1",
    "b      Pending       <none>             <none>",
    "c      Terminating   10.0.0.1,fd00::1   n1",
  ]);
});

table("says that there are none", () => {
  assert.equal(podTable([]), ["No resources found"]);
});

table.run();
