/**
 * The agent is killed after its n-th write, for every n of an ADD, a second NIC, a StatefulSet's retrieval and a DEL.
 *
 * Whoever comes after it is asked the same again, as a container runtime does, and must come to the same end: nothing twice, and
 * nothing left that the collector would not find.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AddAnswer } from "../../src/api/agent-protocol.ts";
import type { Pod } from "../../src/api/pod.ts";
import { statefulSets } from "../../src/api/resources.ts";
import { defaultCollectorSettings } from "../../src/ipam/collector-settings.ts";
import { addressesIn } from "../support/agent-caller.ts";
import type { AgentArming } from "../support/crashing-agent.ts";
import { eventually } from "../support/eventually.ts";
import { MortalAgents } from "../support/mortal-agents.ts";
import { PodPlace } from "../support/pod-place.ts";
import { realCluster } from "../support/real.ts";
import { Stage } from "../support/stage.ts";

interface World {
  place: PodPlace;
  agents: MortalAgents;
  v4: string;
  v6: string;
}

/** No request of an agent has as many writes. */
const writesMax = 12;
const moments: readonly AgentArming["moment"][] = ["answered", "sent"];

const crashing = suite<World>("an agent that is killed");

crashing.before(async (world) => {
  const cluster = await realCluster();
  world.place = await PodPlace.open(cluster);
  world.v4 = await world.place.pool(60);
  world.v6 = await world.place.pool(60, {}, 6);
  world.agents = new MortalAgents(world.place.node);
});

crashing.after(async ({ place, agents }) => {
  await agents.end();
  await place.close();
  await place.cluster.close();
});

/** Plays for every write, until the agent survives; there must have been at least so many. */
async function forEveryWrite(
  writesMin: number,
  play: (arming: AgentArming, id: string) => Promise<boolean>,
): Promise<void> {
  for (const moment of moments) {
    let write = 1;
    for (let hasDied = true; hasDied; write += 1) {
      assert.ok(write <= writesMax, `the agent dies at write ${write}`);
      hasDied = await play({ write, moment }, `${moment}-${write}`).catch((error: Error) => {
        error.message += `\n\nkilled at write ${write}, when it was ${moment}`;
        throw error;
      });
    }
    // The last one was survived.
    assert.ok(write - 2 >= writesMin, `there were ${write - 2} writes (${moment})`);
  }
}

const annotationsOf = ({ v4, v6 }: World): Record<string, unknown> => ({ ippool: { ipv4: [v4], ipv6: [v6] } });

/** The addresses of an answer are in the pools under this pod's UID, in its endpoint, and nothing else is. */
async function assertHeld({ place, v4, v6 }: World, pod: Pod, { ips }: AddAnswer): Promise<void> {
  const addresses = addressesIn({ ips });
  assert.is(new Set(addresses).size, ips.length, "no address twice");
  const records = new Map([...(await place.records(v4)), ...(await place.records(v6))]);
  const held = [...records].flatMap(([address, uid]) => (uid === pod.metadata.uid ? [address] : []));
  assert.equal(new Set(held), new Set(addresses), "records of the pod");
  const current = (await place.endpoint(pod.metadata.name))?.status?.current;
  assert.is(current?.uid, pod.metadata.uid);
  const listed = (current?.ips ?? []).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
  assert.equal(new Set(listed), new Set(ips.map(({ address }) => address)), "addresses of the endpoint");
}

async function end({ place, agents }: World, pod: Pod): Promise<void> {
  await place.deletePod(pod);
  await (await agents.caller()).delWell(pod);
}

crashing("has a successor that completes the ADD", async (world) => {
  const { place, agents } = world;
  await forEveryWrite(3, async (arming, id) => {
    const pod = await place.pod(`add-${id}`, { annotations: annotationsOf(world) });
    const hasDied = await agents.diesDuring(arming, (agent) => agent.addWell(pod));

    const answer = await (await agents.caller()).addWell(pod);

    assert.is(answer.ips.length, 2);
    await assertHeld(world, pod, answer);
    await place.assertBooks();
    await end(world, pod);
    await place.assertEmpty();
    return hasDied;
  });
});

crashing("has a successor that gives the second NIC its own addresses", async (world) => {
  const { place, agents } = world;
  await forEveryWrite(3, async (arming, id) => {
    const pod = await place.pod(`nic-${id}`, { annotations: annotationsOf(world) });
    const first = await (await agents.caller()).addWell(pod);
    const hasDied = await agents.diesDuring(arming, (agent) => agent.addWell(pod, { ifName: "net1" }));

    const both = await (await agents.caller()).addWell(pod, { ifName: "net1" });

    assert.equal(
      both.ips.filter(({ nic }) => nic === "eth0"),
      first.ips,
    );
    assert.is(both.ips.length, 4);
    await assertHeld(world, pod, both);
    await place.assertBooks();
    await end(world, pod);
    await place.assertEmpty();
    return hasDied;
  });
});

crashing("has a successor that gives a StatefulSet's pod what its predecessor had", async (world) => {
  const { place, agents } = world;
  await place.statefulSet("db", 1, annotationsOf(world));
  let pod = await place.podNamed("db-0");
  const first = await (await agents.caller()).addWell(pod);
  await forEveryWrite(3, async (arming) => {
    await place.deletePod(pod);
    await (await agents.caller()).delWell(pod);
    pod = await place.podNamed("db-0", pod);
    const hasDied = await agents.diesDuring(arming, (agent) => agent.addWell(pod));

    assert.equal(await (await agents.caller()).addWell(pod), first);

    await assertHeld(world, pod, first);
    await place.assertBooks();
    return hasDied;
  });
  await place.cluster.delete(statefulSets, { namespace: place.namespace, name: "db" });
  await eventually(async () => {
    await (await agents.caller()).delWell(pod);
    await place.assertEmpty();
  });
});

crashing("has a successor that completes the DEL", async (world) => {
  const { place, agents } = world;
  await forEveryWrite(3, async (arming, id) => {
    const pod = await place.pod(`del-${id}`, { annotations: annotationsOf(world) });
    await (await agents.caller()).addWell(pod);
    await place.deletePod(pod);
    const hasDied = await agents.diesDuring(arming, (agent) => agent.delWell(pod));

    await (await agents.caller()).delWell(pod);

    await place.assertEmpty();
    return hasDied;
  });
});

crashing("leaves nothing that the operator does not collect, where nobody asks again", async (world) => {
  const { place, agents, v4, v6 } = world;
  for (const moment of moments) {
    for (const write of [1, 2, 3]) {
      const annotations = annotationsOf(world);
      const half = await place.pod(`half-${moment}-${write}`, { annotations });
      await agents.diesDuring({ write, moment }, (agent) => agent.addWell(half));
      const over = await place.pod(`over-${moment}-${write}`, { annotations });
      await (await agents.caller()).addWell(over);
      await place.deletePod(over);
      await agents.diesDuring({ write, moment }, (agent) => agent.delWell(over));
      await place.deletePod(half);
    }
  }
  const living = await place.pod("living", { annotations: annotationsOf(world) });
  const answer = await (await agents.caller()).addWell(living);

  const collection = { ...defaultCollectorSettings, gcDelayMs: 200 };
  const stage = await Stage.open({ settings: { collection } });
  try {
    await eventually(
      async () => {
        assert.is((await place.records(v4)).size, 1);
        assert.is((await place.records(v6)).size, 1);
        await assertHeld(world, living, answer);
        await place.assertBooks();
      },
      { seconds: 20 },
    );
    await place.deletePod(living);
    await eventually(() => place.assertEmpty(), { seconds: 20 });
  } finally {
    await stage.close();
  }
});

crashing.run();
