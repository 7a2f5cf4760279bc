/**
 * Records of pools that the webhook has let in: left alone while the pool may be on its way, given back when it never came.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatVersion } from "../../src/api/controlled-pools.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { toTimestamp } from "../../src/clock.ts";
import { bookOf } from "../support/invariants.ts";
import type { MemoryWorld } from "../support/memory-world.ts";
import { manualPool } from "../support/scenario.ts";
import { ledger, scenario, settled } from "./scene.ts";

const CIDR = "10.4.0.0/24";
const IPS = ["10.4.0.12-10.4.0.14"];

const letIn = suite("the record of a pool that was let in");

/** Writes what the webhook writes when it lets a pool in. */
function admit(world: MemoryWorld, ips: readonly string[], version?: string): Promise<unknown> {
  const admittedAt = toTimestamp(world.clock.now());
  const record = { ips, admittedAt, ...(version !== undefined && { admittedVersion: version }) };
  const status = { controlledIPPools: JSON.stringify({ p: record }) };
  return world.act((user) => user.patch(spiderSubnets, { name: "s4" }, { status }, { subresource: "status" }));
}

function isMarked(world: MemoryWorld): boolean {
  const subnet = world.subnets.find(({ metadata }) => metadata.name === "s4");
  assert.ok(subnet);
  return bookOf(subnet).entries.get("p")?.admitted !== undefined;
}

letIn(
  "stays for 90 s, and goes then if there is no pool",
  scenario(async (world) => {
    await admit(world, IPS);

    await world.clock.advance(85_000);
    assert.equal(ledger(world, "s4"), { p: 3 });

    await world.clock.advance(10_000);
    assert.equal(ledger(world, "s4"), {});
  }),
);

letIn(
  "outlives the operator, and goes all the same",
  scenario(async (world) => {
    await admit(world, IPS);
    world.crash();
    await world.clock.advance(40_000);
    world.start();
    await settled(world);
    assert.equal(ledger(world, "s4"), { p: 3 });

    await world.clock.advance(55_000);

    assert.equal(ledger(world, "s4"), {});
  }),
);

letIn(
  "is any other record once the pool has come, and goes with it at once",
  scenario(async (world) => {
    await admit(world, IPS);
    const pool = await world.act((user) => user.create(spiderIPPools, manualPool("p", CIDR, IPS)));
    await admit(world, IPS, formatVersion(pool.metadata.uid ?? "", 1));
    await settled(world);
    assert.equal([ledger(world, "s4"), isMarked(world)], [{ p: 3 }, false]);

    await world.act((user) => user.delete(spiderIPPools, { name: "p" }));
    await settled(world);

    assert.equal(ledger(world, "s4"), {});
  }),
);

letIn(
  "is not cut while the pool may still grow into it, and is when it never did",
  scenario(async (world) => {
    const pool = await world.act((user) => user.create(spiderIPPools, manualPool("p", CIDR, IPS)));
    await settled(world);
    await admit(world, ["10.4.0.12-10.4.0.17"], formatVersion(pool.metadata.uid ?? "", 9));

    await world.clock.advance(80_000);
    assert.equal(ledger(world, "s4"), { p: 6 });

    await world.clock.advance(20_000);
    await settled(world);
    assert.equal([ledger(world, "s4"), isMarked(world)], [{ p: 3 }, false]);
  }),
);

letIn(
  "gives no address to anybody else meanwhile",
  scenario(async (world) => {
    await admit(world, ["10.4.0.10-10.4.0.18"]);
    await settled(world);

    const late = manualPool("q", CIDR, ["10.4.0.18"]);
    world.excuse("q", "pool");
    await world.act((user) => user.create(spiderIPPools, late));
    await settled(world);
    assert.equal(ledger(world, "s4"), { p: 9 });

    await world.clock.advance(95_000);
    await settled(world);

    assert.equal(ledger(world, "s4"), { q: 1 });
  }),
);

letIn.run();
