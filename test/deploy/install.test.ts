/** What `autopool install` would apply, by what was chosen. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, mutatingWebhookConfigurations } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { install as command } from "../../src/commands/install.ts";
import { applyObject } from "../../src/installation/apply.ts";
import { manifestFiles } from "../../src/installation/manifest-files.ts";
import { type Choices, installedObjects } from "../../src/installation/manifests.ts";

const install = suite("install");
const usual: Choices = { namespace: "autopool-system", image: "autopool:1", agent: "autopool", hostNetwork: false };

function objectsOf(choices: Partial<Choices> = {}): KubeObject[] {
  return installedObjects(manifestFiles(), { ...usual, ...choices });
}

const find = (objects: readonly KubeObject[], kind: string): unknown => objects.find((object) => object.kind === kind);

install("defines kinds before it uses them, and lets objects be refused last of all", () => {
  const kinds = objectsOf().map(({ kind }) => kind);
  assert.is(kinds[0], "Namespace");
  assert.ok(kinds.lastIndexOf("CustomResourceDefinition") < kinds.indexOf("Deployment"));
  assert.equal(kinds.slice(-2), ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]);
});

install("puts another namespace everywhere, the accounts that pass the webhook included", () => {
  const text = JSON.stringify(objectsOf({ namespace: "network" }));
  assert.not.match(text, "autopool-system");
  assert.match(text, "system:serviceaccount:network:autopool-agent");
});

install("leaves the agents and all that is theirs to Spiderpool where it is told so", () => {
  const objects = objectsOf({ agent: "spiderpool" });
  assert.is(find(objects, "DaemonSet"), undefined);
  assert.not(objects.some(({ metadata }) => metadata.name === "autopool-agent"));
  assert.ok(find(objects, "Deployment"));
});

install("gives operator and agents the image", () => {
  for (const kind of ["Deployment", "DaemonSet"]) {
    assert.match(
      JSON.stringify(find(objectsOf({ image: "registry.example/pool:2" }), kind)),
      '"registry.example/pool:2"',
    );
  }
});

install("puts the operator on its node's network, and changes nothing else of it", () => {
  type Body = { spec: { strategy: object; template: { spec: Record<string, unknown> } } };
  const [here, there] = [objectsOf(), objectsOf({ hostNetwork: true })].map((all) => find(all, "Deployment") as Body);
  const { hostNetwork, dnsPolicy, ...rest } = there?.spec.template.spec ?? {};
  assert.equal([hostNetwork, dnsPolicy], [true, "ClusterFirstWithHostNet"]);
  assert.equal(rest, here?.spec.template.spec);
  assert.equal(there?.spec.strategy, { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
});

install("creates, then changes nothing, and leaves the webhook's authority where it is", async () => {
  const clock = createVirtualClock();
  const resources = [deployments, mutatingWebhookConfigurations];
  const cluster = createMemoryCluster({ clock, resources }).connect();
  type Configuration = KubeObject & { webhooks: { name: string; clientConfig: { caBundle?: string } }[] };
  const wanted = find(objectsOf(), "MutatingWebhookConfiguration") as Configuration;
  assert.is(await applyObject(cluster, wanted), "created");
  const webhooks = wanted.webhooks.map((one) => ({ ...one, clientConfig: { ...one.clientConfig, caBundle: "Y2E=" } }));
  await cluster.patch(mutatingWebhookConfigurations, { name: "autopool" }, { webhooks });
  assert.is(await applyObject(cluster, wanted), "unchanged");
  const stored = await cluster.get<Configuration>(mutatingWebhookConfigurations, { name: "autopool" });
  assert.ok(stored.webhooks.every(({ clientConfig }) => clientConfig.caBundle === "Y2E="));
});

install("writes a chart into a new folder only, and takes no flag that the chart's values are for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "autopool-chart-"));
  const told: string[] = [];
  const io = { print: (line: string) => told.push(line) } as unknown as Parameters<typeof command.execute>[1];
  const attempt = async (...args: string[]): Promise<unknown> => {
    return command.execute(args, io).catch((error: Error) => error.message);
  };
  try {
    const path = join(folder, "chart");
    assert.is(await attempt("--chart", path, "--image", "registry.example/pool:2"), 0);
    assert.match(told.join(), `helm install autopool ${path}`);
    assert.match(readFileSync(join(path, "values.yaml"), "utf8"), 'image: "registry.example/pool:2"');
    assert.is(
      await attempt("--chart", path),
      `Cannot write a chart into "${path}": it is not empty; name a new folder`,
    );
    assert.match(String(await attempt("--chart", join(path, "a/b"))), /^Cannot write a chart into .* ENOENT/);
    assert.match(String(await attempt("--chart", join(folder, "b"), "--host-network")), /^Cannot use --host-network/);
    assert.not(existsSync(join(folder, "b")));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

install.run();
