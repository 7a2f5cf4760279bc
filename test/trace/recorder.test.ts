/**
 * What is in a trace, and what is not.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, pods, spiderSubnets } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import type { SeenLine } from "../../src/trace/trace-line.ts";
import { parseLine } from "../../src/trace/trace-reader.ts";
import { onS4 } from "../operator/scene.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { annotationsOf, createWorkload, NAMESPACE, subnet } from "../support/scenario.ts";
import { Notebook } from "../support/trace.ts";

const recorder = suite("trace: recorder");

async function record(act: (world: MemoryWorld) => Promise<void>): Promise<string[]> {
  const notebook = new Notebook();
  const world = new MemoryWorld({ sinks: [notebook] });
  const base = subnet("s4", "10.4.0.0/24", ["10.4.0.10-10.4.0.19"]);
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "word-of-mouth" };
  await world.act((user) => user.create(spiderSubnets, { ...base, metadata: { name: "s4", annotations } }));
  world.start();
  await world.settle();
  await act(world);
  await world.settle();
  await world.close();
  return notebook.texts;
}

const seen = (texts: readonly string[], of: string): SeenLine[] =>
  texts.map(parseLine).filter((line): line is SeenLine => line.line === "seen" && line.of === of);

recorder("writes down nothing that could be a secret", async () => {
  const texts = await record(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
    const env = [{ name: "PASSWORD", value: "word-of-mouth" }];
    const spec = {
      template: { metadata: { annotations: { token: "word-of-mouth" } }, spec: { containers: [{ env }] } },
    };
    const metadata = { annotations: { token: "word-of-mouth" }, labels: { token: "word-of-mouth" } };
    await world.act((user) => user.patch(deployments, { namespace: NAMESPACE, name: "web" }, { metadata, spec }));
  });
  assert.is(seen(texts, "deployments.apps").length, 1);
  assert.not.match(texts.join("\n"), /word-of-mouth/);
});

recorder("leaves out what no decision depends on", async () => {
  const texts = await record(async (world) => {
    const status = { readyReplicas: 1 };
    const ref = { namespace: NAMESPACE, name: "web" };
    await world.act((user) => createWorkload(user, deployments, "other", 1, {}));
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
    await world.act((user) => user.patch(deployments, ref, { status }, { subresource: "status" }));
    const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "web-1", namespace: NAMESPACE } };
    await world.act((user) => user.create(pods, pod));
    await world.act((user) => user.delete(deployments, ref));
  });
  assert.equal(
    seen(texts, "deployments.apps").map(({ key, type }) => `${type} ${key}`),
    ["added default/web", "deleted default/web"],
  );
  assert.equal(seen(texts, "pods"), []);
});

recorder("tells what was learned from an answer from what a watch told, and how long the answer took", async () => {
  const texts = await record(async (world) => {
    await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
  });
  const [pool] = seen(texts, "spiderippools.spiderpool.spidernet.io");
  assert.is(pool?.learned, true);
  const answers = texts.map(parseLine).filter((line) => line.line === "answered");
  const created = answers.find(({ verb, key }) => verb === "create" && key === pool?.key);
  assert.equal([created?.code, created?.ms], [201, 2]);
});

recorder.run();
