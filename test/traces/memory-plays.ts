/**
 * Lives that are recorded on a cluster in memory: what a real API server does not do on demand, and random ones.
 * @module
 */

import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { deployments, pods, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { ApiError } from "../../src/cluster/cluster.ts";
import { seededRandom } from "../../src/random.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { Chaos } from "../operator/chaos.ts";
import { onlyPool, onS4, settled } from "../operator/scene.ts";
import { MemoryWorld, type WorldOptions } from "../support/memory-world.ts";
import {
  allocate,
  annotateWorkload,
  annotationsOf,
  cloneSet,
  createWorkload,
  NAMESPACE,
  podOf,
  subnet,
} from "../support/scenario.ts";

export type MemoryPlay = (options: WorldOptions) => Promise<void>;

/** What a user does, and the operator's rest after it. */
type Act = (world: Refusing) => Promise<unknown>;

/** A cluster in which a webhook may forbid to write pools. */
class Refusing extends MemoryWorld {
  isStrict = false;

  override start(): void {
    super.start(({ verb, resource, subresource }) => {
      const isWrite = ["create", "update", "patch", "delete"].includes(verb) && subresource !== "status";
      if (!this.isStrict || !isWrite || resource !== spiderIPPools) return undefined;
      return { kind: "refuse", error: new ApiError(403, "Forbidden", "not on a Friday") };
    });
  }
}

function play(...acts: Act[]): MemoryPlay {
  return async (options) => {
    const world = new Refusing(options);
    await world.act((user) => user.create(spiderSubnets, subnet("s4", "10.4.0.0/24", ["10.4.0.10-10.4.0.19"])));
    world.start();
    await settled(world);
    for (const act of acts) {
      await act(world);
      await settled(world);
    }
    await world.close();
  };
}

/** Pools cannot be written from now on, or again; long enough for what is tried now and then. */
const strict =
  (isStrict: boolean): Act =>
  async (world) => {
    world.isStrict = isStrict;
    await world.clock.advance(40_000);
  };

/** Does things while no operator runs. */
const away =
  (...acts: Act[]): Act =>
  async (world) => {
    world.crash();
    for (const act of acts) await act(world);
    world.start();
  };

const asks = (number: string, reclaim?: boolean) => annotationsOf({ ...onS4, number, reclaim });
const create =
  (name: string, number: string, reclaim?: boolean): Act =>
  (world) =>
    world.act((user) => createWorkload(user, deployments, name, 1, asks(number, reclaim)));
const ask =
  (number: string, reclaim?: boolean): Act =>
  (world) =>
    world.act((user) => annotateWorkload(user, deployments, "web", asks(number, reclaim)));
const end =
  (name = "web"): Act =>
  (world) =>
    world.act((user) => user.delete(deployments, { namespace: NAMESPACE, name }));
const occupy =
  (...addresses: string[]): Act =>
  (world) =>
    world.act((user) => allocate(user, onlyPool(world), addresses));
const edit =
  (patch: object): Act =>
  (world) => {
    const { name } = onlyPool(world).metadata;
    world.excuse(name, "pool");
    return world.act((user) => user.patch(spiderIPPools, { name }, patch));
  };
/** The application wants no pool any more. */
const none: Act = (world) => world.act((user) => annotateWorkload(user, deployments, "web", {}));
const removePool: Act = (world) =>
  world.act((user) => user.delete(spiderIPPools, { name: onlyPool(world).metadata.name }));
const forgetRecords: Act = (world) => {
  world.excuse(onlyPool(world).metadata.name, "record");
  const status = { controlledIPPools: null };
  return world.act((user) => user.patch(spiderSubnets, { name: "s4" }, { status }, { subresource: "status" }));
};
const inUse = ["10.4.0.10", "10.4.0.11", "10.4.0.12"];

/** Every change of mind while a pool waits to become smaller. */
const scalingInterrupted = play(
  create("web", "4"),
  occupy(...inUse),
  ask("2"),
  ask("1"),
  ask("4"),
  ask("2"),
  ask("2", false),
  end(),
  create("web", "2"),
  occupyAll([]),
  occupy(...inUse.slice(0, 2)),
  ask("1"),
  removePool,
  ask("3"),
  occupyAll([]),
  ask("5"),
  end(),
);

/** For when there are several pools. */
function occupyAll(addresses: readonly string[]): Act {
  return async (world) => {
    for (const pool of world.pools) await world.act((user) => allocate(user, pool, addresses));
  };
}

/** An application that ends while it waits for its pool, and one whose wish cannot be read meanwhile. */
const pendingGivenUp = play(
  create("big", "8"),
  create("web", "5"),
  end("web"),
  create("web", "6"),
  ask("7"),
  (world) => world.act((user) => annotateWorkload(user, deployments, "web", { "ipam.spidernet.io/subnet": "{" })),
  ask("6"),
  end("big"),
  ask("2"),
);

/** A pool that is kept, and that could not become smaller when its application went; and one that wants nothing for a while. */
const keptWhileBlocked = play(
  create("web", "4", false),
  occupy(...inUse),
  ask("2", false),
  end(),
  occupy(),
  create("web", "4", false),
  none,
  ask("4", false),
  away(end(), forgetRecords),
);

/** What people do to pools whose application is gone. */
const orphansEdited = play(
  create("web", "3", false),
  end(),
  forgetRecords,
  edit({ spec: { ips: ["10.4.0.10-10.4.0.11"] } }),
  create("web", "2", false),
  end(),
  occupy("10.4.0.10"),
  edit({ metadata: { labels: { [LABEL.reclaim]: "true" } } }),
  occupy(),
  create("web", "3"),
  occupyAll([]),
  end(),
  create("web", "2"),
);

/** Nobody may write pools for a while, again and again: neither make, change nor delete them. */
const writesRefused = play(
  strict(true),
  create("web", "2"),
  strict(false),
  strict(true),
  ask("3"),
  ask("4"),
  strict(false),
  strict(true),
  ask("4", false),
  strict(false),
  ask("4"),
  strict(true),
  end(),
  strict(true),
  edit({ metadata: { labels: { [LABEL.reclaim]: "false" } } }),
  edit({ metadata: { labels: { [LABEL.reclaim]: "true" } } }),
  create("web", "4"),
  strict(false),
  strict(true),
  none,
  strict(true),
  ask("4"),
  strict(false),
);

/** A pool is deleted and cannot be made again, until somebody brings it back from a backup. */
async function lostAndBroughtBack(world: Refusing): Promise<void> {
  const { apiVersion = "", kind = "", metadata, spec } = onlyPool(world);
  await edit({ metadata: { finalizers: null } })(world);
  await removePool(world);
  await world.clock.advance(1_000);
  const { uid: _, resourceVersion: __, ...kept } = metadata;
  await world.act((user) => user.create<SpiderIPPool>(spiderIPPools, { apiVersion, kind, metadata: kept, spec }));
}

/** The same for the pool of an application that is not native, which waits for addresses at first. */
const pinnedRefused = play(
  create("big", "8"),
  (world) => world.act((user) => user.create(cloneSets, cloneSet("game"))),
  addPod("game-1", "3"),
  end("big"),
  strict(true),
  lostAndBroughtBack,
  strict(false),
  strict(true),
  edit({ metadata: { labels: { [LABEL.reclaim]: "false" } } }),
  strict(true),
  strict(false),
  strict(true),
  edit({ metadata: { labels: { [LABEL.reclaim]: "false" } } }),
  (world) => world.act((user) => user.delete(cloneSets, { namespace: NAMESPACE, name: "game" })),
  strict(false),
  (world) => world.act((user) => user.create(cloneSets, cloneSet("game"))),
  addPod("game-2", "3"),
  away((world) => world.act((user) => user.delete(cloneSets, { namespace: NAMESPACE, name: "game" })), forgetRecords),
);

/** Everything that can befall the pool of an application that is not native. */
const pinnedByHand = play(
  (world) => world.act((user) => user.create(cloneSets, cloneSet("game"))),
  addPod("game-1", "3"),
  edit({ spec: { ips: ["10.4.0.10-10.4.0.11"] } }),
  edit({ metadata: { labels: { [LABEL.reclaim]: "false" } } }),
  forgetRecords,
  removePool,
  addPod("game-2", "4"),
  (world) => world.act((user) => user.delete(cloneSets, { namespace: NAMESPACE, name: "game" })),
  forgetRecords,
  edit({ spec: { ips: ["10.4.0.10"] } }),
  removePool,
  (world) => world.act((user) => user.create(cloneSets, cloneSet("game"))),
  addPod("game-3", "2"),
  (world) => world.act((user) => user.delete(spiderSubnets, { name: "s4" })),
);

function addPod(name: string, number: string): Act {
  return async (world) => {
    const owner = world.objects(cloneSets)[0];
    if (owner) await world.act((user) => user.create(pods, podOf(owner, name, asks(number))));
  };
}

function random(seed: number): MemoryPlay {
  return async (options) => {
    const world = new MemoryWorld({ ...options, seed });
    const dice = seededRandom(seed);
    const user = new Chaos(world, dice, () => undefined);
    await user.begin();
    world.start();
    for (let act = 0; act < 12; act++) {
      await user.act();
      await world.clock.advance(Math.floor(dice() * 1_000));
    }
    await settled(world);
    await world.close();
  };
}

/** By the names of their files. */
export const memoryPlays: Readonly<Record<string, MemoryPlay>> = {
  "scaling-interrupted": scalingInterrupted,
  "pending-given-up": pendingGivenUp,
  "orphans-edited": orphansEdited,
  "kept-while-blocked": keptWhileBlocked,
  "writes-refused": writesRefused,
  "pinned-and-refused": pinnedRefused,
  "pinned-by-hand": pinnedByHand,
  "random-life": random(7),
};
