/** autopool as it is deployed: both walks, a leader that dies, an update under load, an installation taken off and put on again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { deployments, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { systemClock } from "../../src/clock.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { DeployedWorld, LEASE_SECONDS } from "../support/deployed-world.ts";
import { eventually } from "../support/eventually.ts";
import { kubectl } from "../support/kubectl.ts";
import { addressesOf, type NodePlace, uidOf } from "../support/node-place.ts";
import { fromSubnets } from "../support/node-workloads.ts";
import { nodeNumbers } from "../support/node-world.ts";
import { withPatience } from "../support/patience.ts";
import { Watcher } from "../support/watcher.ts";

const seed = new URL("../fixtures/seed/", import.meta.url).pathname;
const app = "custom-kruise-cloneset";

const deployed = suite("deployed with kubectl apply -k deploy/");
let world: DeployedWorld;

deployed.before(async () => {
  world = await DeployedWorld.open();
});
deployed.after.each(() => world.clear());
deployed.after(() => world.close());

const imageOf = ({ spec }: Pod): string =>
  (spec as { containers?: readonly { image: string }[] } | undefined)?.containers?.[0]?.image ?? "";

const secondsSince = (began: number): number => (systemClock.now() - began) / 1000;

/** What the kernel says of the program in a pod. */
async function statusOf(pod: Pod): Promise<Map<string, string>> {
  const text = await world.node(pod, 'console.log(require("node:fs").readFileSync("/proc/1/status", "utf8"))');
  return new Map(
    text.split("\n").map((line) => [line.split(":")[0] ?? "", line.split(/:\s*/)[1]?.split("\t")[0] ?? ""]),
  );
}

deployed(
  "two replicas on two nodes and an agent on each are ready, and have no more rights than is written",
  async () => {
    const [operators, agents] = [await world.pods("operator"), await world.pods("agent")];

    for (const all of [operators, agents]) {
      assert.is(new Set(all.map(({ spec }) => spec?.nodeName)).size, nodeNumbers.length);
      assert.is(all.length, nodeNumbers.length);
    }
    for (const [pod, user] of [
      ...operators.map((pod) => [pod, "65532"] as const),
      ...agents.map((pod) => [pod, "0"] as const),
    ]) {
      const status = await statusOf(pod);
      const [name, ...rights] = [pod.metadata.name, "Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp"];
      assert.equal(
        [name, ...rights.map((right) => status.get(right))],
        [name, user, "0".repeat(16), "0".repeat(16), "1", "2"],
      );
      const write = 'require("node:fs").writeFileSync("/opt/autopool/autopool.mjs", "")';
      assert.match(await world.node(pod, `try { ${write} } catch ({ code }) { console.log(code) }`), /EROFS|EACCES/);
    }
    const socket =
      'console.log((require("node:fs").statSync("/var/run/spidernet/spiderpool.sock").mode & 0o777).toString(8))';
    for (const agent of agents) assert.match(await world.node(agent, socket), /^600$/m);
  },
);

deployed("walk 1: pods have addresses of the administrator's pool", async () => {
  const place = world.defaultPlace();
  place.own(spiderIPPools, "custom-ipv4-ippool");
  place.own(cloneSets, app);
  await kubectl("apply", "-f", `${seed}manual.yaml`);

  const running = await place.agreed(app, 3);
  await place.assertReach(running, running);
  await place.scale(cloneSets, app, 11);
  const all = await place.agreed(app, 11);

  for (const pod of all) assert.match(addressesOf(pod).join(" "), /^172\.18\.41\.(?:4\d|50)$/);
  await place.end(cloneSets, app);
  await place.free();
});

deployed("walk 2: pods have addresses of pools that the operator makes", async () => {
  const place = world.defaultPlace();
  for (const name of ["subnet-demo-v4", "subnet-demo-v6"]) place.own(spiderSubnets, name);
  place.own(cloneSets, app);
  await kubectl("apply", "-f", `${seed}subnets.yaml`, "-f", `${seed}automatic.yaml`);

  const running = await place.agreed(app, 3);

  for (const pod of running) assert.match(addressesOf(pod).join(" "), /^172\.16\.41\.[1-5] fc00:f853:ccd:e790::[1-5]$/);
  await place.assertReach(running, running);
  const totals = (await place.autoPools()).map(({ status }) => [status?.allocatedIPCount, status?.totalIPCount]);
  assert.equal(totals, [
    [3, 5],
    [3, 5],
  ]);
  await place.end(cloneSets, app);
  await place.free();
});

deployed("a subnet that cannot be right is refused, by way of the webhook's Service", async () => {
  const place = await world.place();
  const name = await place.subnet(4, 4);
  const { spec } = await world.cluster.get<SpiderSubnet>(spiderSubnets, { name });

  const told = await world.cluster
    .create<SpiderSubnet>(spiderSubnets, { metadata: { name: `${name}-again` }, spec })
    .then(() => "", String);

  assert.match(told, /admission webhook "spidersubnet\.spiderpool\.spidernet\.io" denied the request: .*overlap/);
});

/** Makes an application without pods that wants two addresses of each family. */
async function makeApplication(place: NodePlace, name: string, subnets: readonly [string, string]): Promise<void> {
  await place.run(deployments, name, 0, { annotations: fromSubnets(...subnets, "2") });
}

/** Makes so many of them, four at a time. */
async function makeApplications(place: NodePlace, count: number, subnets: readonly [string, string]): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `app-${index}`);
  const make = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      await makeApplication(place, name, subnets);
    }
  };
  await Promise.all(Array.from({ length: 4 }, make));
}

for (const { how, count, go, secondsMax } of [
  // The lease runs out, and then there is a first pool to be made.
  { how: "killed", count: 200, go: (pod: Pod) => world.signal(pod, "KILL"), secondsMax: LEASE_SECONDS + 2 },
  { how: "told to end", count: 60, go: (pod: Pod) => world.signal(pod, "TERM"), secondsMax: 1 },
  // Both may lead for a moment.
  { how: "robbed of its lease", count: 60, go: () => world.deleteLease(), secondsMax: 5 },
]) {
  deployed(
    `while ${count} applications are made, a leader that is ${how} is succeeded within ${secondsMax} s`,
    async () => {
      const place = await world.place();
      // Exactly the addresses that all of them want: a single one given twice or lost would be missing.
      const subnets = [await place.subnet(4, 2 * count), await place.subnet(6, 2 * count)] as const;
      const { spec } = await world.cluster.get<SpiderSubnet>(spiderSubnets, { name: subnets[0] });
      const watcher = await Watcher.start(world.cluster, spec.subnet);
      try {
        const making = makeApplications(place, count - 1, subnets);
        await eventually(() => assert.ok(watcher.pools.size >= 20), { seconds: 30 });
        const leader = await world.leadingPod();
        const term = await world.term();

        await go(leader);
        const began = systemClock.now();
        await eventually(async () => assert.is.not(await world.term(), term), { seconds: 30 });
        const before = new Set(watcher.pools.keys());
        // Where all others have their pools by now, there is one left for the next leader.
        await makeApplication(place, "last", subnets);
        await eventually(() => assert.ok([...watcher.pools.keys()].some((name) => !before.has(name))), { seconds: 30 });
        const seconds = secondsSince(began);
        const limit = withPatience(secondsMax * 1000) / 1000;

        await making;
        const all = Array.from({ length: 2 * count }, () => 2);
        const totals = async (): Promise<unknown> =>
          (await place.autoPools()).map(({ status }) => status?.totalIPCount);
        // First by what is watched anyway: hundreds of pools listed again and again cost the API server more than making them.
        const isMade = ({ status }: SpiderIPPool): boolean => status?.totalIPCount === 2;
        await eventually(() => assert.is([...watcher.pools.values()].filter(isMade).length, count), { seconds: 60 });
        await eventually(async () => assert.equal(await totals(), all), { seconds: 60 });
        if (process.env["VERBOSE"]) console.log(`${how}: ${seconds} s of ${limit}`);
        assert.ok(seconds <= limit, `the next leader made a pool after ${seconds} s of ${limit}`);
      } finally {
        await watcher.stop();
      }
      assert.equal(watcher.check(), []);
      await world.settled();
    },
  );
}

/** Longer than a lease, and than it takes until nodes are given up for lost; their pods are not, for five minutes. */
const cutSeconds = 60;

deployed("cut off from the API server, operator and agents come back by themselves, and no pod has moved", async () => {
  const place = await world.place();
  const subnets = [await place.subnet(4, 10), await place.subnet(6, 10)] as const;
  await place.run(deployments, "web", 2, { annotations: fromSubnets(...subnets, "+2") });
  const running = await place.agreed("web", 2);

  await world.cutNodes(cutSeconds);
  await place.scale(deployments, "web", 4);

  const after = (await place.agreed("web", 4, 90)).map(uidOf);
  assert.ok(running.every((pod) => after.includes(uidOf(pod))));
  await world.settled();
});

deployed("an update of operator and agents under load fails no pod's start", async () => {
  const place = await world.place();
  const subnets = [await place.subnet(4, 20), await place.subnet(6, 20)] as const;
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } };
  await place.run(deployments, "web", 4, { annotations: fromSubnets(...subnets, "+4") }, { strategy });
  await place.agreed("web", 4);
  // The first pods may have waited for a leader, after what the test before has done to it.
  const toldBefore = await place.warnings();
  let isUpdated = false;
  let rounds = 0;
  const load = async (): Promise<void> => {
    while (!isUpdated) {
      await kubectl("-n", place.namespace, "rollout", "restart", "deployment/web");
      await kubectl("-n", place.namespace, "rollout", "status", "deployment/web", "--timeout=120s");
      rounds += 1;
    }
  };

  const loading = load();
  await world.update();
  await world.settled().finally(() => {
    isUpdated = true;
  });
  await loading;

  await place.agreed("web", 4);
  assert.ok(rounds >= 2, `pods were replaced ${rounds} times meanwhile`);
  const images = [...(await world.pods("operator")), ...(await world.pods("agent"))].map(imageOf);
  assert.equal([...new Set(images)], [world.nextImage]);
  const told = await place.warnings();
  assert.equal(told, toldBefore);
});

deployed("taken off, it leaves pools and addresses as they are; put on again, it serves them on", async () => {
  const place = await world.place();
  const subnets = [await place.subnet(4, 10), await place.subnet(6, 10)] as const;
  await place.run(deployments, "web", 3, { annotations: fromSubnets(...subnets, "+2") });
  const running = await place.agreed("web", 3);
  const pools = await place.autoPools();
  const books = async (): Promise<unknown> =>
    Promise.all(subnets.map(async (name) => (await world.cluster.get<SpiderSubnet>(spiderSubnets, { name })).status));
  const before = await books();

  await world.uninstall();

  assert.equal(await place.autoPools(), pools);
  assert.equal(await books(), before);
  assert.equal((await place.agreed("web", 3)).map(addressesOf), running.map(addressesOf));
  await place.assertReach(running, running);

  await world.install();

  assert.equal((await place.agreed("web", 3)).map(uidOf), running.map(uidOf));
  await place.scale(deployments, "web", 5);
  const five = await place.agreed("web", 5);
  const uids = (all: typeof pools): unknown => all.map((pool) => [pool.metadata.name, uidOf(pool)]);
  assert.equal(uids(await place.autoPools()), uids(pools));
  assert.equal(
    (await place.autoPools()).map(({ status }) => status?.totalIPCount),
    [7, 7],
  );
  for (const pod of running) assert.ok(five.map(uidOf).includes(uidOf(pod)));
});

deployed("on their nodes' network, as deploy/host-network has it, operators serve as well", async () => {
  await world.install("deploy/host-network");

  const place = await world.place();
  const subnets = [await place.subnet(4, 4), await place.subnet(6, 4)] as const;
  await place.run(deployments, "web", 2, { annotations: fromSubnets(...subnets, "+1") });
  await place.agreed("web", 2);
  for (const { status } of await world.pods("operator")) assert.match(status?.podIP ?? "", /^172\.30\.0\./);
});

deployed.run();
