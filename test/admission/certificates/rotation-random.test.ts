/** Replicas start, crash and lag while requests fail: whoever is served is served by an authority that clients trust. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Lifetimes } from "../../../src/admission/certificates/lifetimes.ts";
import { randomFaults } from "../../../src/cluster/memory/faults.ts";
import { type Random, seededRandom } from "../../../src/random.ts";
import { CertificateScene, minute } from "./certificate-scene.ts";

const random = suite("certificates: random lives");
const seeds = 8;

/** The proportions of the real ones, more or less; retirement outlasts the longest silence of a watch, eight minutes. */
const lifetimes: Lifetimes = {
  caMs: 600 * minute,
  caRenewAt: 0.8,
  servingMs: 100 * minute,
  servingRenewAt: 2 / 3,
  backdateMs: 60 * minute,
  propagationMs: 10 * minute,
  retireMs: 30 * minute,
};

class Life {
  readonly #scene: CertificateScene;
  readonly #random: Random;
  readonly #seed: number;
  #starts = 0;

  constructor(scene: CertificateScene, seed: number) {
    this.#scene = scene;
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  start(): void {
    this.#starts += 1;
    const random = seededRandom(this.#seed * 100 + this.#starts);
    const faults = randomFaults({ random, rate: this.#random() * 0.3 });
    this.#scene.start({ faults, latencyMs: () => 1 + random() * 100 });
  }

  async step(): Promise<void> {
    const scene = this.#scene;
    const luck = this.#random();
    const [first] = scene.replicas;
    if (first && luck < 0.15) scene.crash(first);
    else if (scene.replicas.size < 3 && luck < 0.35) this.start();
    else if (luck < 0.38) scene.server.compact();
    await scene.pass(this.#random() * 20 * minute);
  }
}

for (let seed = 1; seed <= seeds; seed += 1) {
  random(`serves everybody at every moment, seed ${seed}`, async () => {
    const scene = new CertificateScene({ lifetimes, lagMs: 4 * minute });
    scene.excuse(10 * minute);
    await scene.install();
    const life = new Life(scene, seed);
    life.start();
    life.start();
    await scene.pass(10 * minute);

    for (let step = 0; step < 120; step += 1) await life.step();

    assert.equal(scene.broken, []);
    const bundles = scene.trusted();
    assert.ok(bundles.every(({ length }) => length >= 1 && length <= 3));
    await scene.close();
  });
}

random.run();
