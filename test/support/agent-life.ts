/**
 * What an agent does in its life: pods of all sorts get addresses and give them back, and what is wrong is told twice.
 * @module
 */

import { createPacedQueue } from "../../src/act/paced-queue.ts";
import { warnPod } from "../../src/act/pod-warning.ts";
import { createRecorder } from "../../src/act/recorder.ts";
import { Agent } from "../../src/agent/agent.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { pods, spiderIPPools } from "../../src/api/resources.ts";
import { systemClock } from "../../src/clock.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { defaultIpamSettings } from "../../src/ipam/settings.ts";
import { virtualMachineInstances } from "../../src/ipam/static-holder.ts";
import { silentLog } from "../../src/log.ts";
import { systemRandom } from "../../src/random.ts";
import { argsOf } from "./agent-caller.ts";
import { eventually } from "./eventually.ts";
import { deployment, nativeWorkloads, statefulSet } from "./manifests.ts";
import { freshSpec } from "./place.ts";
import { PodPlace } from "./pod-place.ts";
import { removeObject } from "./real.ts";
import type { RecordedCalls } from "./recorded-calls.ts";
import { connectAs } from "./shipped-account.ts";

const job = nativeWorkloads.find(({ resource }) => resource.kind === "Job") as typeof deployment;

/** Lives it, with the agent's calls recorded. */
export async function agentLife(admin: Cluster, calls: RecordedCalls): Promise<void> {
  const connection = await connectAs("autopool-agent");
  const place = await PodPlace.open(admin);
  try {
    await withAgent(connection, calls, place.node, (agent) => give(agent, admin, calls, place));
    const ref = { namespace: place.namespace, name: "refused" };
    await admin.create(deployment.resource, deployment.manifest(ref, { subnet: { ipv4: ["there-is-none"] } }, 1));
    const refused = await podOf(admin, ref.namespace, ref.name);
    // Told once, and by the next agent, which remembers nothing, once more.
    for (const verb of ["create", "patch"]) {
      await withAgent(connection, calls, place.node, (agent) =>
        refuse(agent, refused, () => calls.has(verb, "events")),
      );
    }
  } finally {
    await removeObject(admin, deployment.resource, { namespace: place.namespace, name: "refused" });
    await place.close();
    await connection.close();
  }
}

async function withAgent(
  connection: Cluster,
  calls: RecordedCalls,
  nodeName: string,
  work: (agent: Agent) => Promise<unknown>,
): Promise<void> {
  const cluster = calls.of(connection);
  const notices = createPacedQueue({ clock: systemClock, concurrency: 1, perSecond: 100 });
  const recorder = createRecorder({
    cluster,
    clock: systemClock,
    component: "autopool-agent",
    submit: (_, run) => notices.add({ priority: 0, isLive: () => true, run }),
  });
  const agent = new Agent({
    cluster,
    clock: systemClock,
    random: systemRandom,
    settings: { ...defaultIpamSettings, nodeName, waitForPoolMs: 6000 },
    log: silentLog,
    warn: (pod, reason, message) => warnPod(recorder, pod, reason, message),
  });
  try {
    await agent.start();
    await work(agent);
  } finally {
    await agent.stop();
    notices.close();
  }
}

/** Pods of a Deployment, a Job, a StatefulSet and a machine get addresses and give them back. */
async function give(agent: Agent, admin: Cluster, calls: RecordedCalls, place: PodPlace): Promise<void> {
  const { namespace } = place;
  const pool = await place.pool(20);
  const { subnet } = freshSpec(6, 1);
  const huge = await place.pool(1, { subnet, ...hugeRange(subnet) }, 6);
  // Its operator runs, and counts.
  await eventually(async () => {
    const { status } = await admin.get<SpiderIPPool>(spiderIPPools, { name: huge });
    if (Number.isSafeInteger(status?.totalIPCount ?? 0)) throw new Error("The huge pool has no total yet");
  });
  calls.conflict("update", "spiderippools/status");
  for (const [kind, wish] of [
    [deployment, { ipv4: [pool], ipv6: [huge] }],
    [job, { ipv4: [pool] }],
    [statefulSet, { ipv4: [pool] }],
  ] as const) {
    const name = kind.resource.kind.toLowerCase();
    const manifest = kind.manifest({ namespace, name }, {}, 1);
    const { template } = manifest.spec as { template: { metadata: { annotations: Record<string, string> } } };
    template.metadata.annotations["ipam.spidernet.io/ippool"] = JSON.stringify(wish);
    await admin.create(kind.resource, manifest);
    const pod = await podOf(admin, namespace, name);
    await eventually(() => agent.add({ ...argsOf(pod), ifName: "eth0" }));
    await removeObject(admin, kind.resource, { namespace, name });
    await giveBack(agent, admin, pod);
  }
  await machine(agent, admin, place, pool);
}

/** The machine is gone before its pod's network is taken down. */
async function machine(agent: Agent, admin: Cluster, place: PodPlace, pool: string): Promise<void> {
  const { namespace } = place;
  const { apiVersion, kind } = { apiVersion: "kubevirt.io/v1", kind: virtualMachineInstances.kind };
  const name = "machine";
  const { metadata } = await admin.create<KubeObject>(virtualMachineInstances, { metadata: { namespace, name } });
  const owner = { apiVersion, kind, name, uid: metadata.uid ?? "", controller: true };
  const pod = await place.pod(name, { annotations: { ippool: { ipv4: [pool] } }, owner });
  await agent.add(argsOf(pod));
  await removeObject(admin, virtualMachineInstances, { namespace, name });
  await giveBack(agent, admin, pod);
}

async function giveBack(agent: Agent, admin: Cluster, pod: Pod): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  await removeObject(admin, pods, { namespace, name });
  await eventually(async () => {
    const { items } = await admin.list(pods, { namespace, fieldSelector: `metadata.name=${name}` });
    if (items.some(({ metadata }) => metadata.uid === pod.metadata.uid)) throw new Error(`Pod ${name} is still there`);
  });
  await agent.del(argsOf(pod));
}

/** A pod waits for a pool that never comes. */
async function refuse(agent: Agent, pod: Pod, isTold: () => boolean): Promise<void> {
  const answer = await agent.add(argsOf(pod)).catch((error: Error) => error.message);
  await eventually(() => {
    if (!isTold()) throw new Error(`The pod's Event was not written; ${JSON.stringify(answer)}`);
  });
}

/** More addresses than a JavaScript number counts exactly. */
function hugeRange(subnet: string): { ips: string[]; gateway: string; routes: [] } {
  const base = subnet.replace("::/64", "");
  return { ips: [`${base}::10-${base}:0:fff:ffff:ffff:ffff`], gateway: `${base}::1`, routes: [] };
}

async function podOf(cluster: Cluster, namespace: string, app: string): Promise<Pod> {
  return eventually(async () => {
    const { items } = await cluster.list<Pod>(pods, { namespace, labelSelector: `app=${app}` });
    if (!items[0]) throw new Error(`${app} has no pod yet`);
    return items[0];
  });
}
