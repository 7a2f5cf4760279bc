/**
 * Which pools the world shows to whom.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCidr } from "../../src/address/cidr.ts";
import { LiveWorld, overlaid } from "../../src/admission/live-world.ts";
import { knownPool, type World } from "../../src/admission/rules/world.ts";
import { PoolIndex } from "../../src/observe/pool-index.ts";
import { pool } from "./cases/case.ts";

const pools = [
  pool("inside", { subnet: "10.0.1.0/24" }),
  pool("same", { subnet: "10.0.0.0/16" }),
  pool("around", { subnet: "10.0.0.0/8" }),
  pool("around too", { subnet: "10.0.0.0/8" }),
  pool("beside", { subnet: "10.1.0.0/16" }),
  pool("another family", { subnet: "fd00::/16" }),
  pool("unreadable", { subnet: "10.0.0.0" }),
];

function worldOf(): World {
  const index = new PoolIndex(() => undefined);
  for (const object of pools) index.take({ type: "added", object });
  const subnets = { get: () => undefined, names: () => [], book: () => undefined };
  return new LiveWorld({ pools: index, subnets, departed: new Set() }, { families: [4, 6], enableSubnet: true });
}

const namesBeside = (world: World, cidr: string): string[] =>
  [...(world.poolsBeside?.(parseCidr(cidr)) ?? [])].map(({ name }) => name).sort((a, b) => a.localeCompare(b));

const live = suite("live world");

live("shows the pools of other CIDRs that overlap with one", () => {
  assert.equal(namesBeside(worldOf(), "10.0.0.0/16"), ["around", "around too", "inside"]);
  assert.equal(namesBeside(worldOf(), "fd00::/32"), ["another family"]);
  assert.equal(namesBeside(worldOf(), "192.0.2.0/24"), []);
});

live("shows a pool as it was just read, whatever the caches say", () => {
  const read = [pool("beside", { subnet: "10.0.0.0/12" }), pool("inside", { subnet: "172.16.0.0/24" })];
  const world = overlaid(worldOf(), { pools: read.flatMap((object) => knownPool(object) ?? []) });

  const names = namesBeside(world, "10.0.0.0/16");

  assert.ok(names.includes("beside"));
  assert.equal(
    [...(world.poolsBeside?.(parseCidr("10.0.0.0/16")) ?? [])].find(({ name }) => name === "inside")?.cidr.canonical,
    "172.16.0.0/24",
  );
});

live.run();
