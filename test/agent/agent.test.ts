/** The agent as it is put together: what its watches tell reaches those who serve its requests. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent } from "../../src/agent/agent.ts";
import type { AddArgs } from "../../src/api/agent-protocol.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import * as api from "../../src/api/resources.ts";
import { namespaces, pods, spiderIPPools } from "../../src/api/resources.ts";
import type { ClusterRequest } from "../../src/cluster/memory/faults.ts";
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { defaultIpamSettings } from "../../src/ipam/settings.ts";
import { silentLog } from "../../src/log.ts";
import { seededRandom } from "../../src/random.ts";

const agents = suite("agent");

const namespace = "shop";
const annotations = { "ipam.spidernet.io/ippool": '{"ipv4":["p"]}' };

agents("reads a pool that was deleted and made anew as if it had never seen it", async () => {
  const clock = createVirtualClock();
  const server = createMemoryCluster({ clock, resources: Object.values(api) });
  const user = server.connect();
  const requests: ClusterRequest[] = [];
  const cluster = server.connect({ latencyMs: 2, faults: (request) => void requests.push(request) });
  const settings = { ...defaultIpamSettings, nodeName: "n" };
  const agent = new Agent({ cluster, clock, random: seededRandom(1), settings, log: silentLog, warn: () => {} });
  const makePool = (): Promise<SpiderIPPool> => {
    const spec = { ipVersion: 4 as const, subnet: "10.0.0.0/24", ips: ["10.0.0.1-10.0.0.9"] };
    return user.create<SpiderIPPool>(spiderIPPools, { metadata: { name: "p" }, spec });
  };
  /** Serves a new pod; returns how often the pool was read for it. */
  const serve = async (name: string): Promise<number> => {
    const { metadata } = await user.create<Pod>(pods, {
      metadata: { namespace, name, annotations },
      spec: { nodeName: "n" },
    });
    await clock.advance(20);
    requests.length = 0;
    const { uid = "" } = metadata;
    const args: AddArgs = {
      containerID: "c",
      podNamespace: namespace,
      podName: name,
      podUID: uid,
      ifName: "eth0",
      netNamespace: "/n",
    };
    const answer = agent.add(args);
    await clock.advance(1_000);
    assert.is((await answer).ips.length, 1);
    return requests.filter(({ verb, resource }) => verb === "get" && resource === spiderIPPools).length;
  };
  await user.create(namespaces, { metadata: { name: namespace } });
  await makePool();
  const started = agent.start();
  await clock.advance(20);
  await started;
  assert.is(await serve("a"), 1);
  assert.is(await serve("b"), 0);

  await user.delete(spiderIPPools, { name: "p" });
  await clock.advance(20);
  await makePool();

  assert.is(await serve("c"), 1);
  await agent.stop();
});

agents.run();
