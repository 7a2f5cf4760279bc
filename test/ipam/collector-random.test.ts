/** Pods come, go and come again in any order while requests fail and caches lag: what lives keeps its addresses, the rest is freed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { pods, spiderEndpoints, spiderIPPools } from "../../src/api/resources.ts";
import { randomFaults } from "../../src/cluster/memory/faults.ts";
import { type Random, seededRandom } from "../../src/random.ts";
import { CollectorScene } from "./collector-scene.ts";

const random = suite("collector: random lives");
const seeds = 60;
const minute = 60_000;
const ended = { containerStatuses: [{ state: { terminated: { finishedAt: "2025-12-31T00:00:00Z" } } }] };

/** Lets things happen to pods of four names; an ADD may stop half way. */
class Life {
  readonly #scene: CollectorScene;
  readonly #random: Random;
  #addresses = 0;

  constructor(scene: CollectorScene, random: Random) {
    this.#scene = scene;
    this.#random = random;
  }

  async step(): Promise<void> {
    const name = `a${Math.floor(this.#random() * 4)}`;
    const pod = this.#scene.server.objects<Pod>(pods).find(({ metadata }) => metadata.name === name);
    const luck = this.#random();
    if (!pod) await this.#begin(name);
    else if (luck < 0.3) await this.#scene.end(pod);
    else if (luck < 0.45) await this.#scene.terminate(pod);
    else if (luck < 0.55) await this.#scene.podStatus(pod, { phase: "Failed", podIPs: [], ...ended });
    else if (luck < 0.7) await this.#scene.podStatus(pod, ended);
    else if (luck < 0.8) await this.#scene.record(pod, this.#next());
    await this.#scene.pass(Math.floor(this.#random() * 20_000));
  }

  /** An ADD begins by taking away what is left of another pod's endpoint. */
  async #begin(name: string): Promise<void> {
    const pod = await this.#scene.pod(name);
    const old = this.#scene.server.objects(spiderEndpoints).find(({ metadata }) => metadata.name === name);
    if (old) {
      await this.#scene.user.patch(spiderEndpoints, old.metadata, { metadata: { finalizers: null } });
      await this.#scene.user.delete(spiderEndpoints, old.metadata).catch(() => undefined);
    }
    await this.#scene.record(pod, this.#next());
    if (this.#random() < 0.8) await this.#scene.give(pod, [this.#next(), this.#next()]);
  }

  #next(): string {
    this.#addresses += 1;
    return `10.0.${this.#addresses >> 8}.${this.#addresses & 255}`;
  }
}

/** Pods whose addresses are theirs: not ended for good, as far as a node can tell. */
function livingUids(scene: CollectorScene): Set<string> {
  const isLiving = ({ metadata, status }: Pod): boolean => {
    const isRunning = status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
    return isRunning || (status?.phase !== "Failed" && !metadata.deletionTimestamp);
  };
  return new Set(
    scene.server
      .objects<Pod>(pods)
      .filter(isLiving)
      .map(({ metadata }) => metadata.uid ?? ""),
  );
}

async function live(seed: number): Promise<void> {
  const chance = seededRandom(seed);
  const scene = new CollectorScene({
    faults: randomFaults({ random: seededRandom(seed + 1000), rate: 0.2, until: Date.UTC(2026, 0, 1, 0, 10) }),
  });
  await scene.pool();
  await scene.node("n", true);
  const life = new Life(scene, chance);
  for (let step = 0; step < 5; step += 1) await life.step();
  await scene.start();
  for (let step = 0; step < 30; step += 1) await life.step();
  await scene.pass(40 * minute);

  const living = livingUids(scene);
  const [pool] = scene.server.objects<SpiderIPPool>(spiderIPPools);
  const held = [...parseAllocatedIPs(pool?.status?.allocatedIPs).values()].map(({ podUid }) => podUid);
  assert.equal(scene.broken, [], `seed ${seed}`);
  assert.equal(
    held.filter((uid) => !living.has(uid)),
    [],
    `seed ${seed}: records of pods that are over`,
  );
  await scene.stop();
}

random(`no address of a living pod is freed, and no other one is kept, in ${seeds} histories`, async () => {
  for (let seed = 1; seed <= seeds; seed += 1) await live(seed);
});

random.run();
