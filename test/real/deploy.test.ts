/** deploy/ as a real API server takes it, and a start beside a spiderpool-controller. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leases } from "../../src/api/resources.ts";
import { systemClock, toMicroTimestamp } from "../../src/clock.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import type { Lease } from "../../src/leadership/lease.ts";
import { kubectl } from "../support/kubectl.ts";
import { freshNamespace, realCluster, realKubeconfig, removeObject, type TestNamespace } from "../support/real.ts";
import { grantRights, SYSTEM_NAMESPACE } from "../support/shipped-account.ts";
import { root } from "../support/source.ts";
import { define } from "../support/stage.ts";

const run = promisify(execFile);

interface World {
  cluster: Cluster;
  namespace: TestNamespace;
}

type Workload = KubeObject & { spec: { template: { spec: Record<string, unknown>; metadata: object } } };

const deploy = suite<World>("deploy/ on the real API server");

deploy.before(async (world) => {
  world.cluster = await realCluster();
  await define(world.cluster);
  // The namespace and the accounts are there for other tests, too.
  await grantRights(world.cluster);
  world.namespace = await freshNamespace(world.cluster, "deploy");
});
deploy.after(async ({ cluster, namespace }) => {
  await namespace.remove();
  await cluster.close();
});

for (const folder of ["deploy", "deploy/host-network"]) {
  deploy(`kubectl apply -k ${folder} is taken, object by object, with no warning of a wrong field`, async () => {
    const output = await kubectl("apply", "-k", join(root, folder), "--dry-run=server", "--validate=strict");
    const kinds = output.split("\n").map((line) => line.split("/")[0]);
    for (const kind of ["deployment.apps", "daemonset.apps", "networkpolicy.networking.k8s.io"]) {
      assert.ok(kinds.includes(kind), `${kind} is in ${output}`);
    }
  });
}

for (const [folder, ...flags] of [["deploy"], ["deploy/host-network", "--host-network"]] as const) {
  deploy(`autopool install ${flags.join(" ")} has the objects of ${folder}`, async () => {
    const { stdout } = await run(process.execPath, ["src/main.ts", "install", "--dry-run", ...flags], { cwd: root });
    const theirs = loadAll(await kubectl("kustomize", join(root, folder))) as KubeObject[];
    const ours = loadAll(stdout) as KubeObject[];
    const byName = (objects: readonly KubeObject[]): Record<string, KubeObject> =>
      Object.fromEntries(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
    assert.is(ours.length, theirs.length);
    // kustomize breaks the lines of long texts anew.
    const flat = (object: unknown): unknown => JSON.parse(JSON.stringify(object).replace(/(?:\\n|\s)+/g, " "));
    assert.equal(flat(byName(ours)), flat(byName(theirs)));
  });
}

deploy('the operator\'s pod is let in where "restricted" Pod Security is enforced', async ({ cluster, namespace }) => {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await kubectl("label", "namespace", namespace.name, ...Object.entries(labels).map((pair) => pair.join("=")));
  const all = await kubectl("apply", "-k", join(root, "deploy"), "--dry-run=server", "-o", "json");
  const { items } = JSON.parse(all) as { items: Workload[] };
  const pods = items.filter(({ kind }) => kind === "Deployment" || kind === "DaemonSet");
  const folder = mkdtempSync(join(tmpdir(), "autopool-deploy-"));
  const file = join(folder, "pod.json");
  try {
    for (const { kind, spec } of pods) {
      const body = { ...spec.template.spec, serviceAccountName: "default" };
      const metadata = { name: "tried", namespace: namespace.name };
      writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: body }));
      const tried = kubectl("create", "--dry-run=server", "-f", file);
      const isLetIn = await tried.then(
        () => true,
        () => false,
      );
      // An agent uses the node's network, and two of its folders.
      assert.is(isLetIn, kind === "Deployment", kind);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.is(pods.length, 2);
  assert.ok(cluster);
});

deploy("autopool run refuses to act beside a spiderpool-controller, and says where it is", async (world) => {
  const { cluster, namespace } = world;
  const ref = { namespace: namespace.name, name: "spiderpool-controller-leases" };
  const [holderIdentity, renewTime] = ["spiderpool-controller-0", toMicroTimestamp(systemClock.now())];
  await cluster.create<Lease>(leases, { metadata: ref, spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 } });
  const args = ["src/main.ts", "run", "--kubeconfig", realKubeconfig(), "--lease-name", namespace.name];
  const child = spawn(process.execPath, [...args, "--namespace", SYSTEM_NAMESPACE], { cwd: root, timeout: 60_000 });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, "exit");
  await removeObject(cluster, leases, ref);
  assert.is(code, 1, text);
  const place = `its pod "${holderIdentity}" holds Lease "${ref.namespace}/${ref.name}"`;
  assert.match(text, `Cannot run beside spiderpool-controller: ${place}`);
  assert.not.match(text, "leading");
});

deploy.run();
