/**
 * Pods get their addresses from real agent processes over their sockets, on the real API server.
 *
 * Pods and nodes are made by the tests, and no kubelet runs anything.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { nodes, statefulSets } from "../../src/api/resources.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { type AgentCaller, addressesIn } from "../support/agent-caller.ts";
import { eventually } from "../support/eventually.ts";
import { kubectl } from "../support/kubectl.ts";
import { PodPlace } from "../support/pod-place.ts";
import { realCluster } from "../support/real.ts";
import { RunningAgent } from "../support/running-agent.ts";
import { define } from "../support/stage.ts";

interface World {
  cluster: Cluster;
  place: PodPlace;
  agents: RunningAgent[];
  agent: RunningAgent;
}

const agentsMax = 5;
const ipam = suite<World>("agents on the real API server");

ipam.before(async (world) => {
  world.cluster = await realCluster();
  await define(world.cluster);
  world.place = await PodPlace.open(world.cluster, agentsMax);
  world.agents = await Promise.all(world.place.nodes.map((node) => RunningAgent.start(node)));
  world.agent = world.agents[0] as RunningAgent;
});

ipam.after(async ({ cluster, place, agents }) => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await place.close();
  await cluster.close();
});

/** Does `work` for all items, so many at once. */
async function inParallel<T>(items: readonly T[], callers: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const caller = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

for (const [agentCount, callers] of [
  [1, 20],
  [agentsMax, 5],
] as const) {
  ipam(`serve 100 pods out of 100 addresses, and get all of them back: ${agentCount} × ${callers}`, async (world) => {
    const { place } = world;
    const agents = world.agents.slice(0, agentCount);
    const pool = await place.pool(100);
    const byAgent = new Map<AgentCaller, Pod[]>(agents.map((agent) => [agent, []]));
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    await inParallel(numbers, 20, async (i) => {
      const agent = agents[i % agentCount] as RunningAgent;
      const wish = { node: agent.node, annotations: { ippool: { ipv4: [pool] } } };
      byAgent.get(agent)?.push(await place.pod(`load-${agentCount}-${i}`, wish));
    });
    const given = new Map<string, string>();

    const each = (work: (agent: AgentCaller, pod: Pod) => Promise<void>): Promise<unknown> =>
      Promise.all([...byAgent].map(([agent, own]) => inParallel(own, callers, (pod) => work(agent, pod))));
    await each(async (agent, pod) => {
      for (const address of addressesIn(await agent.addWell(pod))) given.set(address, pod.metadata.uid ?? "");
    });

    assert.is(given.size, 100);
    assert.equal(sorted(await place.records(pool)), sorted(given));
    await place.assertBooks();

    const all = [...byAgent.values()].flat();
    await inParallel(all, 20, (pod) => place.deletePod(pod));
    await each((agent, pod) => agent.delWell(pod));
    await place.assertEmpty();
  });
}

const sorted = (entries: Iterable<readonly [string, string]>): (readonly [string, string])[] =>
  [...entries].sort(([a], [b]) => a.localeCompare(b));

ipam("give the same answer to a repeated ADD, and one address to each NIC of one pool", async ({ place, agent }) => {
  const pool = await place.pool(10);
  const pod = await place.pod("two-nics", { annotations: { ippool: { ipv4: [pool] } } });

  const first = await agent.addWell(pod);
  assert.equal(await agent.addWell(pod), first);
  const both = await agent.addWell(pod, { ifName: "net1" });

  assert.equal(
    both.ips.map(({ nic }) => nic),
    ["eth0", "net1"],
  );
  assert.is(new Set(addressesIn(both)).size, 2);
  assert.equal(await agent.addWell(pod), both);
  await place.assertBooks();
  await place.deletePod(pod);
  await Promise.all([agent.delWell(pod), agent.delWell(pod, { ifName: "net1" })]);
  await place.assertEmpty();
});

ipam("leave a pod that lives its addresses, whoever says that its NIC is gone", async ({ place, agent }) => {
  const pool = await place.pool(2);
  const wish = { annotations: { ippool: { ipv4: [pool] } } };
  const old = await place.pod("living", wish);
  const [address] = addressesIn(await agent.addWell(old));

  await agent.delWell(old);
  assert.equal([...(await place.records(pool)).keys()], [address]);

  await place.deletePod(old);
  const pod = await place.pod("living", wish);
  await agent.delWell(old);
  assert.is((await place.records(pool)).size, 0, "a late DEL frees what its own pod had");

  const [own] = addressesIn(await agent.addWell(pod));
  await agent.delWell(old);
  assert.is((await place.records(pool)).get(own ?? ""), pod.metadata.uid);
  assert.is((await place.endpoint("living"))?.status?.current.uid, pod.metadata.uid);
  await place.deletePod(pod);
  await agent.delWell(pod);
  await place.assertEmpty();
});

ipam("keep the address of a StatefulSet's pod while its ordinal is valid", async ({ place, agent, cluster }) => {
  const pool = await place.pool(10);
  await place.statefulSet("db", 2, { ippool: { ipv4: [pool] } });
  const [first, second] = [await place.podNamed("db-0"), await place.podNamed("db-1")];
  const given = await agent.addWell(first);
  await agent.addWell(second);

  await place.deletePod(first);
  await agent.delWell(first);
  assert.is((await place.records(pool)).size, 2, "the address is kept while there is no pod");
  const successor = await place.podNamed("db-0", first);
  // Another pod's address lies above, whoever comes first.
  const other = await place.pod("other", { annotations: { ippool: { ipv4: [pool] } } });
  await agent.addWell(other);

  assert.equal(await agent.addWell(successor), given);
  assert.is((await place.records(pool)).get(addressesIn(given)[0] ?? ""), successor.metadata.uid);
  assert.is((await place.endpoint("db-0"))?.status?.current.uid, successor.metadata.uid);
  await place.assertBooks();

  await cluster.patch(statefulSets, { namespace: place.namespace, name: "db" }, { spec: { replicas: 1 } });
  await eventually(async () => {
    await agent.delWell(second);
    assert.is(await place.endpoint("db-1"), undefined, "the endpoint goes with its ordinal");
  });
  assert.is((await place.records(pool)).size, 2);
  await place.deletePod(other);
  await agent.delWell(other);
  await cluster.delete(statefulSets, { namespace: place.namespace, name: "db" }, { propagationPolicy: "Foreground" });
  await eventually(async () => {
    await agent.delWell(successor);
    assert.is((await place.records(pool)).size, 0, "nobody wants them any more");
  });
});

ipam("show an endpoint's addresses, pools and node in the columns of kubectl", async ({ place, agent }) => {
  const [v4, v6] = [await place.pool(3), await place.pool(3, {}, 6)];
  const pod = await place.pod("columns", { annotations: { ippool: { ipv4: [v4], ipv6: [v6] } } });
  const { ips } = await agent.addWell(pod);

  const lines = (await kubectl("get", "se", "-n", place.namespace, "columns")).trim().split("\n");

  const [header, row] = lines.map((line) => line.split(/ {2,}/));
  assert.equal(header, ["NAME", "INTERFACE", "IPV4POOL", "IPV4", "IPV6POOL", "IPV6", "NODE"]);
  assert.equal(row, ["columns", "eth0", v4, ips[0]?.address, v6, ips[1]?.address, place.node]);
  assert.equal(
    ips.map(({ version }) => version),
    [4, 6],
  );
  await place.deletePod(pod);
  await agent.delWell(pod);
  await place.assertEmpty();
});

ipam(
  "take up what changes on their node and in the pools without being started anew",
  async ({ place, agent, cluster }) => {
    const pool = await place.pool(3, { nodeAffinity: { matchLabels: { zone: place.namespace } } });
    const pod = await place.pod("late", { annotations: { ippool: { ipv4: [pool] } } });

    const { body } = await agent.add(pod);
    assert.match(body as string, `unmatched Node affinity of IPPool ${pool}`);
    await cluster.patch(nodes, { name: place.node }, { metadata: { labels: { zone: place.namespace } } });

    await eventually(() => agent.addWell(pod));
    await place.deletePod(pod);
    await agent.delWell(pod);
  },
);

ipam("go on after a kill as if nothing had been", async ({ place, cluster }) => {
  const node = `${place.namespace}-more`;
  await cluster.create(nodes, { metadata: { name: node } });
  const pool = await place.pool(10);
  const pod = await place.pod("restarts", { node, annotations: { ippool: { ipv4: [pool] } } });
  const first = await RunningAgent.start(node);
  const given = await first.addWell(pod);
  await first.stop("SIGKILL");

  const second = await RunningAgent.start(node);
  assert.equal(await second.addWell(pod), given);
  await place.deletePod(pod);
  await second.delWell(pod);
  await place.assertEmpty();
  await second.stop();
  await cluster.delete(nodes, { name: node });
});

ipam.run();
