/** Walk 2 of the walkthrough on real nodes: OpenKruise's CloneSet with automatic pools of five addresses. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { spiderSubnets } from "../../src/api/resources.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { eventually } from "../support/eventually.ts";
import { kubectl } from "../support/kubectl.ts";
import { addressesOf, type NodePlace, uidOf } from "../support/node-place.ts";
import { NodeWorld } from "../support/node-world.ts";

const seed = new URL("../fixtures/seed/", import.meta.url).pathname;
const app = "custom-kruise-cloneset";
const namespace = "default";

const walk = suite("walk 2: automatic pools");
let world: NodeWorld;

walk.before(async () => {
  world = await NodeWorld.open();
});
walk.after.each(() => world.clear());
walk.after(() => world.close());

async function start(): Promise<{ place: NodePlace; running: Pod[]; suffix: string }> {
  const place = world.defaultPlace();
  place.own(spiderSubnets, "subnet-demo-v4");
  place.own(spiderSubnets, "subnet-demo-v6");
  place.own(cloneSets, app);
  await kubectl("apply", "-f", `${seed}subnets.yaml`, "-f", `${seed}automatic.yaml`);
  const running = await place.agreed(app, 3);
  const { metadata } = await world.cluster.get(cloneSets, { namespace, name: app });
  return { place, running, suffix: metadata.uid?.split("-").at(-1)?.slice(0, 5) ?? "" };
}

const poolTable = (suffix: string): Promise<string> =>
  kubectl("get", "sp", `auto4-${app}-eth0-${suffix}`, `auto6-${app}-eth0-${suffix}`);
const wantedTable = (suffix: string, count: number): string =>
  `NAME                                      VERSION   SUBNET                    ALLOCATED-IP-COUNT   TOTAL-IP-COUNT   DEFAULT   DISABLE   APP-NAMESPACE
auto4-${app}-eth0-${suffix}   4         172.16.0.0/16             ${count}                    5                false     false     default
auto6-${app}-eth0-${suffix}   6         fc00:f853:ccd:e790::/64   ${count}                    5                false     false     default
`;

function assertInPools(running: readonly Pod[]): void {
  for (const pod of running) {
    assert.match(addressesOf(pod).join(" "), /^172\.16\.41\.[1-5] fc00:f853:ccd:e790::[1-5]$/);
  }
}

walk("three pods run with an IPv4 and an IPv6 address each, and kubectl shows the walkthrough's table", async () => {
  const { place, running, suffix } = await start();

  assertInPools(running);
  await place.assertReach(running, running);
  assert.is(await poolTable(suffix), wantedTable(suffix, 3));
});

walk("five pods take all five addresses, a sixth waits and says so, and starts when another ends", async () => {
  const { place, running: three, suffix } = await start();

  await place.scale(cloneSets, app, 5);
  const five = await place.agreed(app, 5);
  assertInPools(five);
  assert.is(new Set(five.map(({ spec }) => spec?.nodeName)).size, 2, "the pods are on both nodes");
  await place.assertReach(five, five);
  assert.is(await poolTable(suffix), wantedTable(suffix, 5));

  await place.scale(cloneSets, app, 6);
  const sixth = await eventually(async () => {
    const [added] = (await place.pods(app)).filter((pod) => !five.map(uidOf).includes(uidOf(pod)));
    assert.ok(added);
    return added;
  });
  await place.toldOfPod(sixth.metadata.name, [/all IP addresses used out/, new RegExp(`auto4-${app}`)]);
  assert.equal(addressesOf(await place.pod(sixth.metadata.name)), []);

  const [leaving] = three;
  assert.ok(leaving);
  // Deleted by its CloneSet, which then makes no successor that would want the address too.
  const scaleStrategy = { podsToDelete: [leaving.metadata.name] };
  await world.cluster.patch(cloneSets, { namespace, name: app }, { spec: { replicas: 5, scaleStrategy } });
  await eventually(
    async () => assert.is((await place.pod(sixth.metadata.name)).status?.phase, "Running", "the sixth pod's phase"),
    { seconds: 60 },
  );

  assertInPools(await place.agreed(app, 5));
});

walk("without its CloneSet the pools stay, and all their addresses are free", async () => {
  const { place, suffix } = await start();

  await place.end(cloneSets, app);

  await place.free();
  await eventually(async () => assert.is(await poolTable(suffix), wantedTable(suffix, 0)));
});

walk.run();
