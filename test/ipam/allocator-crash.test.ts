/**
 * The agent dies right after its n-th write, for every n: the next one, asked the same, comes to the same end.
 *
 * It dies in two ways: killed, so that it does nothing any more; or cut off, so that it sees no answer and goes on trying.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { pods, statefulSets } from "../../src/api/resources.ts";
import { type AllocationScene, fromPools, fromPoolsOfNics, on } from "./allocation-scene.ts";

const WRITING = new Set(["create", "patch", "update", "delete"]);

/** What is done before anything fails, what is done while it fails and again after it, and what holds then. */
interface Story {
  readonly title: string;
  prepare(scene: AllocationScene): Promise<Pod>;
  act(scene: AllocationScene, pod: Pod): Promise<unknown>;
  /** `pool address…` of what is recorded in the end. */
  readonly outcome: readonly string[];
}

const both = fromPoolsOfNics("eth0 p p-v6", "net1 q");

const stories: readonly Story[] = [
  {
    title: "the ADD of one NIC",
    prepare: (scene) => scene.pod("a", { annotations: fromPools("p") }),
    act: (scene, pod) => scene.ips(pod),
    outcome: ["p 10.0.0.1"],
  },
  {
    title: "the ADD of NICs with names and two families",
    prepare: (scene) => scene.pod("a", { annotations: both }),
    act: (scene, pod) => scene.ips(pod),
    outcome: ["p 10.0.0.1", "q 10.0.1.1", "p-v6 fd00:1::1"],
  },
  {
    title: "the ADDs of NICs without names out of one pool",
    prepare: (scene) => scene.pod("a", { annotations: fromPoolsOfNics("_ p", "_ p", "_ p") }),
    async act(scene, pod) {
      for (const nic of ["eth0", "net1", "net2"]) await scene.add(pod, nic);
    },
    outcome: ["p 10.0.0.1 10.0.0.2 10.0.0.3"],
  },
  {
    title: "the second NIC's ADD",
    async prepare(scene) {
      const pod = await scene.pod("a", { annotations: fromPools("p") });
      await scene.add(pod);
      return pod;
    },
    act: (scene, pod) => scene.ips(pod, "net1"),
    outcome: ["p 10.0.0.1 10.0.0.2"],
  },
  {
    title: "the ADD in place of a pod that has gone",
    async prepare(scene) {
      await scene.add(await scene.pod("a", { annotations: fromPools("q") }));
      await scene.end("a");
      return scene.pod("a", { annotations: fromPools("p") });
    },
    act: (scene, pod) => scene.ips(pod),
    outcome: ["p 10.0.0.1", "q 10.0.1.1"],
  },
  {
    title: "the retrieval of a StatefulSet's addresses",
    prepare: (scene) => restarted(scene, both, both),
    act: (scene, pod) => scene.ips(pod),
    outcome: ["p 10.0.0.1", "q 10.0.1.1", "p-v6 fd00:1::1"],
  },
  {
    title: "the ADD of a StatefulSet's pod with one pool changed",
    prepare: (scene) => restarted(scene, both, fromPoolsOfNics("eth0 q", "net1 q")),
    act: (scene, pod) => scene.ips(pod),
    outcome: ["q 10.0.1.1 10.0.1.2"],
  },
  {
    title: "the DEL of two NICs",
    async prepare(scene) {
      const pod = await scene.pod("a", { annotations: both, isHeld: true });
      await scene.add(pod);
      await scene.end("a");
      return pod;
    },
    act: (scene, pod) => scene.del(pod),
    outcome: [],
  },
  {
    title: "the DEL of a StatefulSet's last pod",
    async prepare(scene) {
      const pod = await scene.pod("db-0", { annotations: both, owner: await scene.owner(statefulSets, "db") });
      await scene.add(pod);
      await scene.edit(statefulSets, "db", { spec: { replicas: 0 } });
      await scene.end("db-0");
      return pod;
    },
    act: (scene, pod) => scene.del(pod),
    outcome: [],
  },
  {
    title: "a batch release",
    async prepare(scene) {
      const pod = await scene.pod("a", { annotations: both });
      await scene.add(pod);
      return pod;
    },
    async act(scene, pod) {
      await scene.batchDel(pod);
      await scene.add(pod);
    },
    outcome: ["p 10.0.0.1", "q 10.0.1.1", "p-v6 fd00:1::1"],
  },
];

const crash = suite("an agent that dies");

for (const story of stories) {
  for (const isKilled of [true, false]) {
    crash(`${isKilled ? "killed" : "cut off"} after any write of ${story.title} is made good by the next`, async () => {
      let writes = 0;
      for (let n = 1; writes === n - 1; n++) {
        const tell = on(async (scene) => {
          writes = await dieAfter(scene, n, isKilled, story);
        });
        await tell();
      }
      assert.ok(writes > 0, "nothing was written");
    });
  }
}

crash.run();

/** Tells the story with a death after the n-th write, and returns how many writes there were. */
async function dieAfter(scene: AllocationScene, n: number, isKilled: boolean, story: Story): Promise<number> {
  await scene.pool("p", 0, "1-9");
  await scene.pool("p-v6", 0, "1-9");
  await scene.pool("q", 1, "1-9");
  const pod = await story.prepare(scene);
  let writes = 0;
  const isDying = (): boolean => writes >= n;
  scene.onWrite = () => {
    writes += 1;
    if (isKilled && isDying()) scene.kill();
  };
  scene.faults = ({ verb }) => {
    if (isKilled) return undefined;
    if (isDying()) return { kind: "loseRequest", afterMs: 5 };
    return writes === n - 1 && WRITING.has(verb) ? { kind: "loseAnswer", afterMs: 5 } : undefined;
  };
  await story.act(scene, pod).catch(() => undefined);
  scene.onWrite = () => {};
  scene.faults = () => undefined;
  await scene.start();
  await story.act(scene, pod);
  await story.act(scene, pod);
  check(scene, story.outcome);
  const { metadata } = scene.server.objects<Pod>(pods).find((object) => object.metadata.uid === pod.metadata.uid) ?? {};
  if (metadata && !metadata.deletionTimestamp) await releaseAll(scene, pod, story);
  return writes;
}

/** After the end of the pod everything is free that was its own. */
async function releaseAll(scene: AllocationScene, pod: Pod, { outcome }: Story): Promise<void> {
  const uid = pod.metadata.uid ?? "";
  const isStatic = scene.endpoint(pod.metadata.name)?.metadata.ownerReferences === undefined;
  if (isStatic) await scene.edit(statefulSets, "db", { spec: { replicas: 0 } });
  await scene.remove(pods, pod.metadata.name);
  await scene.del(pod);
  const pools = outcome.map((line) => line.split(" ")[0] ?? "");
  for (const pool of pools) assert.not.ok(Object.values(scene.records(pool)).includes(uid), pool);
  assert.is(scene.endpoint(pod.metadata.name), undefined);
}

function check(scene: AllocationScene, outcome: readonly string[]): void {
  const found = ["p", "q", "p-v6"].flatMap((pool) => {
    const addresses = Object.keys(scene.records(pool));
    return addresses.length === 0 ? [] : [[pool, ...addresses].join(" ")];
  });
  assert.equal(found, outcome);
}

async function restarted(
  scene: AllocationScene,
  before: Record<string, string>,
  after: Record<string, string>,
): Promise<Pod> {
  const owner = await scene.owner(statefulSets, "db");
  await scene.add(await scene.pod("db-0", { annotations: before, owner }));
  await scene.remove(pods, "db-0");
  return scene.pod("db-0", { annotations: after, owner });
}
