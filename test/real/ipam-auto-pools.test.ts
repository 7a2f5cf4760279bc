/**
 * Pods with subnet annotations on the real API server: the operator makes their pools, the agent waits for them by watching.
 *
 * The workloads' controllers are Kubernetes' own; their pods are bound to a node without a kubelet.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { deployments, events, nodes, pods, spiderIPPools } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { defaultCollectorSettings } from "../../src/ipam/collector-settings.ts";
import { addressesIn } from "../support/agent-caller.ts";
import { eventually } from "../support/eventually.ts";
import { annotationsOf } from "../support/manifests.ts";
import { withPatience } from "../support/patience.ts";
import type { Place } from "../support/place.ts";
import { removeObject, uniqueName } from "../support/real.ts";
import { RunningAgent } from "../support/running-agent.ts";
import { Stage } from "../support/stage.ts";

interface World {
  stage: Stage;
  place: Place;
  agent: RunningAgent;
  node: string;
  /** Does the operator's writes wait? */
  gate: { open: Promise<void> };
}

/** A watch tells within milliseconds; a machine under load may take longer, a poll of two seconds always does. */
const promptMs = 1500;

const waiting = suite<World>("agents that wait for automatic pools");

waiting.before(async (world) => {
  const gate = { open: Promise.resolve() };
  world.gate = gate;
  world.stage = await Stage.open({
    // Nobody says DEL when the tests' last pods go.
    settings: { collection: { ...defaultCollectorSettings, gcDelayMs: 1000 } },
    intercept: (cluster) => ({
      ...cluster,
      async create(resource, object, options) {
        if (resource.kind === spiderIPPools.kind) await gate.open;
        return cluster.create(resource, object, options);
      },
    }),
  });
  world.node = uniqueName("node");
  await world.stage.cluster.create(nodes, { metadata: { name: world.node } });
  world.place = await world.stage.place({ v4: 20, v6: 20 });
  world.agent = await RunningAgent.start(world.node);
});

waiting.after(async ({ stage, agent, node }) => {
  await agent.stop();
  await removeObject(stage.cluster, nodes, { name: node });
  await stage.close();
});

/** Creates a Deployment whose pods run on the node, as few as are wanted and no Service account's tokens. */
async function deploy({ place, node }: World, name: string, replicas: number, number = "+0"): Promise<void> {
  const labels = { app: name };
  const annotations = annotationsOf({ subnet: { ipv4: [place.v4], ipv6: [place.v6] }, number });
  const containers = [{ name: "main", image: "registry.invalid/pause" }];
  const template = {
    metadata: { labels, annotations },
    spec: { nodeName: node, terminationGracePeriodSeconds: 0, containers },
  };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  await place.create(deployments, { metadata: { namespace: place.namespace, name }, spec } as KubeObject);
}

/** Waits until there are so many pods of the application. */
function podsOf({ stage, place }: World, app: string, count: number): Promise<Pod[]> {
  return eventually(async () => {
    const { items } = await stage.cluster.list<Pod>(pods, { namespace: place.namespace, labelSelector: `app=${app}` });
    assert.is(items.length, count, `pods of ${app}`);
    return items;
  });
}

/** When the last pool of the namespace was seen by a watch, and how long after that the promise took. */
async function delayAfter<T>(made: Promise<unknown>, served: Promise<T>): Promise<{ answer: T; ms: number }> {
  let madeAt = Number.NaN;
  const noted = made.then(() => {
    madeAt = systemClock.now();
  });
  const answer = await served;
  const servedAt = systemClock.now();
  await noted;
  return { answer, ms: servedAt - madeAt };
}

waiting("take an address as soon as the pool is there, of both families", async (world) => {
  const { place, agent, gate } = world;
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.open = promise;
  await deploy(world, "web", 2);
  const [first, second] = await podsOf(world, "web", 2);
  let served = 0;
  const answers = [first, second].map(async (pod) => {
    const answer = await agent.addWell(pod as Pod);
    served += 1;
    return answer;
  });
  await sleep(systemClock, 300);
  assert.is(served, 0, "there is no pool yet");

  resolve();
  const { answer, ms } = await delayAfter(place.poolsOf(2, 2), Promise.all(answers));

  assert.ok(ms < withPatience(promptMs), `${ms} ms after the pools`);
  const pools = await place.pools();
  const names = pools.map(({ metadata }) => metadata.name);
  assert.equal(
    answer.map(({ ips }) => ips.map(({ version }) => version)),
    [
      [4, 6],
      [4, 6],
    ],
  );
  assert.is(new Set(answer.flatMap(addressesIn)).size, 4);
  assert.equal([...new Set(answer.flatMap(({ ips }) => ips.map(({ ipPool }) => ipPool ?? "")))].sort(), names);
  assert.equal(
    pools.map(({ status }) => status?.allocatedIPCount),
    [2, 2],
  );
});

waiting("take an address of a full pool as soon as there is one, and tell why they wait", async (world) => {
  const { stage, place, agent } = world;
  await deploy(world, "full", 1, "1");
  const [holder] = await podsOf(world, "full", 1);
  const given = addressesIn(await agent.addWell(holder as Pod));
  await stage.cluster.patch(deployments, { namespace: place.namespace, name: "full" }, { spec: { replicas: 2 } });
  const both = await podsOf(world, "full", 2);
  const waiter = both.find(({ metadata }) => metadata.uid !== holder?.metadata.uid) as Pod;

  let isServed = false;
  const answer = agent.addWell(waiter).then((served) => {
    isServed = true;
    return served;
  });
  const told = await eventually(async () => {
    const { items } = await stage.cluster.list<KubeObject & { involvedObject: { name: string }; message: string }>(
      events,
      { namespace: place.namespace },
    );
    const event = items.find(({ involvedObject }) => involvedObject.name === waiter.metadata.name);
    assert.ok(event, "the pod is told");
    return event;
  });
  assert.match(told.message, "all IP addresses used out");
  assert.not.ok(isServed);

  await removeObject(stage.cluster, pods, { namespace: place.namespace, name: holder?.metadata.name ?? "" });
  const { answer: served, ms } = await delayAfter(agent.delWell(holder as Pod), answer);

  assert.ok(ms < withPatience(promptMs), `${ms} ms after the address was free`);
  assert.equal(addressesIn(served), given);
});

waiting("serve the pod that was scaled up as soon as the pool has grown", async (world) => {
  const { stage, place, agent } = world;
  await deploy(world, "grows", 1);
  const [holder] = await podsOf(world, "grows", 1);
  await agent.addWell(holder as Pod);
  await stage.cluster.patch(deployments, { namespace: place.namespace, name: "grows" }, { spec: { replicas: 4 } });
  const all = await podsOf(world, "grows", 4);

  const began = systemClock.now();
  const answers = await Promise.all(all.map((pod) => agent.addWell(pod)));

  assert.ok(systemClock.now() - began < 2 * promptMs, "nothing was slept for");
  assert.is(new Set(answers.flatMap(addressesIn)).size, 8);
});

waiting("free the addresses of an application that is gone, and its pools go", async (world) => {
  const { stage, place, agent } = world;
  await deploy(world, "ends", 2);
  const all = await podsOf(world, "ends", 2);
  await Promise.all(all.map((pod) => agent.addWell(pod)));
  await removeObject(stage.cluster, deployments, { namespace: place.namespace, name: "ends" });
  await podsOf(world, "ends", 0);

  await Promise.all(all.map((pod) => agent.delWell(pod)));

  await eventually(async () => {
    const left = (await place.pools()).filter(({ metadata }: SpiderIPPool) => metadata.name.includes("-ends-"));
    assert.equal(left, []);
  });
});

waiting.run();
