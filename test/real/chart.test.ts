/** The Helm chart: the same objects as every other installation, and what becomes of them on a real API server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, mutatingWebhookConfigurations, spiderReservedIPs } from "../../src/api/resources.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { find } from "../../src/cluster/find.ts";
import { writeChart } from "../../src/commands/install-chart.ts";
import { manifestFiles } from "../../src/installation/manifest-files.ts";
import { type Choices, installedObjects } from "../../src/installation/manifests.ts";
import { helm } from "../support/helm.ts";
import { realCluster, removeObject } from "../support/real.ts";
import { grantRights, SYSTEM_NAMESPACE } from "../support/shipped-account.ts";
import { define } from "../support/stage.ts";

type Json = Record<string, unknown>;
type Installed = KubeObject & {
  readonly spec: { readonly replicas: number; readonly template: { readonly metadata: { annotations: Json } } };
};

const folder = mkdtempSync(join(tmpdir(), "autopool-chart-"));
const path = join(folder, "autopool");
const image = "registry.example/autopool:1";
const usual: Choices = { namespace: SYSTEM_NAMESPACE, image, agent: "autopool", hostNetwork: false };

const chart = suite("the Helm chart");
let cluster: Cluster;

chart.before(async () => {
  writeChart(path, image);
  cluster = await realCluster();
});
chart.after(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true });
});

/** What a chart has more than the manifests, and texts that may be written in two ways, made alike. */
function comparable(object: KubeObject): Json {
  const copy = structuredClone(object) as KubeObject & {
    data?: Json;
    spec?: { template?: { metadata: Json; spec: Json } };
  };
  const template = copy.spec?.template;
  if (template?.spec["serviceAccountName"] !== undefined) {
    delete template.metadata["annotations"];
    delete template.spec["imagePullSecrets"];
  }
  if (copy.data) copy.data = { "autopool.yaml": load(String(copy.data["autopool.yaml"])) };
  return copy as unknown as Json;
}

function byName(objects: readonly KubeObject[]): Json {
  const named = objects.map((object) => [`${object.kind} ${object.metadata.name}`, comparable(object)] as const);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const choices: readonly [what: string, values: readonly string[], choice: Partial<Choices>][] = [
  ["its values as they come", [], {}],
  ["another image", ["image=other.example/autopool@sha256:00"], { image: "other.example/autopool@sha256:00" }],
  ["the operator on its node's network", ["operator.hostNetwork=true"], { hostNetwork: true }],
  ["Spiderpool's agents", ["agent.enabled=false"], { agent: "spiderpool" }],
];
for (const [what, values, choice] of choices) {
  chart(`with ${what} has the objects that autopool install has`, async () => {
    const given = values.flatMap((value) => ["--set", value]);
    const text = await helm("template", "autopool", path, "--include-crds", "--namespace", SYSTEM_NAMESPACE, ...given);
    const wanted = installedObjects(manifestFiles(), { ...usual, ...choice }).filter(
      ({ kind }) => kind !== "Namespace",
    );
    assert.equal(byName(loadAll(text) as KubeObject[]), byName(wanted));
  });
}

chart("pleases helm lint, and puts another namespace everywhere", async () => {
  assert.match(await helm("lint", "--strict", path), "0 chart(s) failed");
  const text = await helm("template", "autopool", path, "--namespace", "network");
  assert.match(text, "system:serviceaccount:network:autopool-agent");
  assert.not.match(text, SYSTEM_NAMESPACE);
});

for (const [value, told] of [
  ["operator.replica=3", /at '\/operator': additional properties 'replica' not allowed/],
  ["operator.replicas=none", /at '\/operator\/replicas': got string, want integer/],
  ["agent.cniBinDir=opt", /at '\/agent\/cniBinDir': 'opt' does not match pattern/],
] as const) {
  chart(`names what is wrong with ${value}`, async () => {
    const answer = await helm("template", "autopool", path, "--set", value).catch((error: Error) => error.message);
    assert.match(answer, told);
  });
}

chart("is installed, changed and taken off again, and leaves what has addresses", async () => {
  await define(cluster);
  const reserved = { metadata: { name: "chart" }, spec: { ipVersion: 4, ips: ["10.213.0.1"] } };
  await cluster.create(spiderReservedIPs, reserved as KubeObject);
  const inNamespace = ["--namespace", SYSTEM_NAMESPACE];
  try {
    // Other tests have made the accounts.
    await helm("install", "autopool", path, ...inNamespace, "--create-namespace", "--take-ownership");
    const webhooks = await cluster.get<KubeObject & { webhooks: Json[] }>(mutatingWebhookConfigurations, {
      name: "autopool",
    });
    const served = webhooks.webhooks.map((one) => ({
      ...one,
      clientConfig: { ...(one["clientConfig"] as Json), caBundle: "Cg==" },
    }));
    await cluster.patch(mutatingWebhookConfigurations, { name: "autopool" }, { webhooks: served });
    const before = await operator();
    assert.is(before.spec.replicas, 2);

    await helm(
      "upgrade",
      "autopool",
      path,
      ...inNamespace,
      "--set",
      "settings.logLevel=debug",
      "--set",
      "operator.replicas=3",
    );

    const after = await operator();
    assert.is(after.spec.replicas, 3);
    const settings = "autopool/settings";
    const marks = [before, after].map(({ spec }) => spec.template.metadata.annotations[settings]);
    assert.is(new Set(marks).size, 2);
    assert.match(
      JSON.stringify(await cluster.get(mutatingWebhookConfigurations, { name: "autopool" })),
      '"caBundle":"Cg=="',
    );
  } finally {
    await helm("uninstall", "autopool", ...inNamespace, "--ignore-not-found", "--wait");
    // What other tests go on with.
    await grantRights(cluster);
  }
  assert.not(await find(cluster, deployments, { namespace: SYSTEM_NAMESPACE, name: "autopool" }));
  assert.ok(await find(cluster, spiderReservedIPs, { name: "chart" }));
  await removeObject(cluster, spiderReservedIPs, { name: "chart" });
});

function operator(): Promise<Installed> {
  return cluster.get<Installed>(deployments, { namespace: SYSTEM_NAMESPACE, name: "autopool" });
}

chart.run();
