/** What the operator's defence looks at, and how often: it must not cost what has nothing to do with it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../src/api/ippool.ts";
import { LABEL } from "../src/api/names.ts";
import { createVirtualClock } from "../src/cluster/memory/virtual-clock.ts";
import { Defence, type DefendedKind } from "../src/defence.ts";
import { PoolIndex } from "../src/observe/pool-index.ts";
import { SubnetIndex } from "../src/observe/subnet-index.ts";
import { manualPool, subnet } from "./support/scenario.ts";

const CIDR = "10.0.0.0/8";

/** A defence over caches that count how often pools are walked through. */
class Scene {
  readonly pools = new PoolIndex(() => undefined);
  readonly subnets = new SubnetIndex();
  readonly clock = createVirtualClock();
  readonly judged: string[] = [];
  walks = 0;
  readonly defence: Defence;
  #uid = 0;

  constructor() {
    const { pools, subnets } = this;
    this.defence = new Defence({
      caches: {
        pools: {
          get: (name) => pools.get(name),
          cidrs: () => pools.cidrs(),
          ofCidr: (cidr) => this.#walk(pools.ofCidr(cidr)),
          manualOfCidr: (cidr) => this.#walk(pools.manualOfCidr(cidr)),
        },
        subnets,
        reservedObject: () => undefined,
      },
      families: [4],
      clock: this.clock,
      onJudged: (kind: DefendedKind, name, verdict) => this.judged.push(`${kind} ${name} ${verdict?.reason ?? "fine"}`),
    });
    subnets.take({ type: "added", object: stamped(subnet("s", CIDR, ["10.0.0.0-10.255.255.255"]), 0) });
    this.defence.open([]);
  }

  /** Takes a pool in as it is now. */
  async put(pool: SpiderIPPool): Promise<void> {
    const previous = this.pools.get(pool.metadata.name);
    const object = stamped(pool, ++this.#uid);
    this.pools.take({ type: previous ? "modified" : "added", object });
    this.defence.onPool(pool.metadata.name, previous);
    while (!this.defence.isIdle) await this.clock.advance(0);
  }

  #walk(pools: Iterable<SpiderIPPool>): Iterable<SpiderIPPool> {
    this.walks += 1;
    return pools;
  }
}

function stamped<T extends SpiderIPPool | ReturnType<typeof subnet>>(object: T, second: number): T {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
  return { ...object, metadata: { ...object.metadata, uid: `${second}`, creationTimestamp } };
}

function automatic(name: string, ips: string[]): SpiderIPPool {
  const pool = manualPool(name, CIDR, ips);
  return { ...pool, metadata: { name, labels: { [LABEL.applicationName]: name, [LABEL.ownerSubnet]: "s" } } };
}

const defence = suite("defence");

defence("looks at nothing for an automatic pool as long as nobody is refused", async () => {
  const scene = new Scene();
  await scene.put(manualPool("p", CIDR, ["10.0.0.1"]));
  scene.walks = 0;
  for (let i = 0; i < 100; i++) await scene.put(automatic(`auto-${i % 10}`, [`10.0.1.${i}`]));
  assert.equal([scene.walks, scene.judged], [0, ["SpiderIPPool p fine"]]);
});

defence(
  "looks again at who is refused when an automatic pool lets go, and at nobody when only its status changes",
  async () => {
    const scene = new Scene();
    await scene.put(automatic("auto", ["10.0.0.1-10.0.0.2"]));
    await scene.put(manualPool("p", CIDR, ["10.0.0.2"]));
    await scene.put({ ...automatic("auto", ["10.0.0.1-10.0.0.2"]), status: { allocatedIPCount: 1 } });
    await scene.put({ ...(scene.pools.get("p") as SpiderIPPool), status: { allocatedIPCount: 1 } });
    assert.equal(scene.judged, ["SpiderIPPool p Overlap", "SpiderIPPool p Overlap"].slice(0, scene.judged.length));
    const before = scene.judged.length;
    await scene.put(automatic("auto", ["10.0.0.1"]));
    assert.equal(scene.judged.slice(before), ["SpiderIPPool p fine"]);
  },
);

defence("judges a thousand pools that come one by one in the time of a few thousand looks", async () => {
  const scene = new Scene();
  for (let i = 0; i < 1_000; i++) await scene.put(manualPool(`p${i}`, CIDR, [`10.1.${i >> 8}.${i & 255}`]));
  assert.equal(scene.judged.length, 1_000);
  assert.ok(scene.walks <= 5_000, `${scene.walks} walks`);
});

defence.run();
