/**
 * Lives that are recorded on a cluster in memory: what a real API server does not do on demand, and random ones.
 * @module
 */

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
type Act = (world: MemoryWorld) => Promise<unknown>;

function play(...acts: Act[]): MemoryPlay {
  return (options) => playOn(new MemoryWorld(options), acts);
}

async function playOn(world: MemoryWorld, acts: readonly Act[]): Promise<void> {
  await world.act((user) => user.create(spiderSubnets, subnet("s4", "10.4.0.0/24", ["10.4.0.10-10.4.0.19"])));
  world.start();
  await settled(world);
  for (const act of acts) {
    await act(world);
    await settled(world);
  }
  await world.close();
}

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

/** A webhook that lets nobody write pools until it is told to. */
const writesRefused: MemoryPlay = async (options) => {
  let isStrict = false;
  const admit: NonNullable<WorldOptions["admit"]> = ({ plural }, object, old) => {
    const isStatus = JSON.stringify(object.metadata) === JSON.stringify(old?.metadata);
    if (isStrict && plural === spiderIPPools.plural && !isStatus)
      throw new ApiError(403, "Forbidden", "not on a Friday");
  };
  const strict =
    (now: boolean): Act =>
    async (world) => {
      isStrict = now;
      await world.clock.advance(40_000);
    };
  await playOn(new MemoryWorld({ ...options, admit }), [
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
  ]);
};

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
  "writes-refused": writesRefused,
  "pinned-by-hand": pinnedByHand,
  "random-life": random(7),
};
