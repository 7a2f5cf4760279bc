/** What `autopool adopt --check` says of clusters that somebody else has kept. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { adopt } from "../../src/commands/adopt.ts";
import { onS4, scenario, settled, web } from "../operator/scene.ts";
import type { MemoryWorld } from "../support/memory-world.ts";
import { annotationsOf, createWorkload } from "../support/scenario.ts";

const adoption = suite("adopt --check");

/** Asks while no operator runs; returns the lines and the exit code, and sees that nothing was written. */
async function ask(world: MemoryWorld): Promise<{ lines: string[]; code: number }> {
  const lines: string[] = [];
  const before = world.server.version();
  const print = (line: string): void => void lines.push(...line.split("\n"));
  const cluster = world.server.connect({ latencyMs: 2 });
  const asked = adopt.ask(cluster, world.clock, ["--check"], { signal: new AbortController().signal, print });
  let code: number | undefined;
  void asked.then((value) => {
    code = value;
  });
  // Nothing is written twice, so that all is over soon.
  assert.ok(await world.clock.runUntil(() => code !== undefined, 20_000), "it comes to rest");
  assert.is(world.server.version(), before, "nothing was written");
  return { lines, code: await asked };
}

/** An application that has its pool, as the reference leaves it: without what autopool adds to the status. */
async function asKept(world: MemoryWorld): Promise<void> {
  await world.act((user) => createWorkload(user, deployments, "web", 3, annotationsOf(onS4)));
  await settled(world);
  world.crash();
  const status = { state: null, conditions: null, observedGeneration: null };
  const options = { subresource: "status" } as const;
  await world.act(async (user) => {
    for (const { metadata } of world.pools)
      await user.patch(spiderIPPools, { name: metadata.name }, { status }, options);
    const { conditions, observedGeneration } = status;
    for (const { metadata } of world.subnets) {
      const patch = { status: { conditions, observedGeneration } };
      await user.patch(spiderSubnets, { name: metadata.name }, patch, options);
    }
  });
}

adoption(
  "finds nothing to change where pools are as they should be, and counts what autopool adds",
  scenario(async (world) => {
    await asKept(world);
    const { lines, code } = await ask(world);
    assert.is(code, 0);
    assert.match(lines.join("\n"), /^Nothing would change; \d+ would get fields of autopool's own in their status$/);
  }),
);

adoption(
  "names what would be made larger, made, or deleted, with the fields",
  scenario(async (world) => {
    await asKept(world);
    await world.act((user) => user.patch(deployments, web, { spec: { replicas: 5 } }));
    await world.act((user) => createWorkload(user, deployments, "other", 1, annotationsOf(onS4)));
    const { lines, code } = await ask(world);
    assert.is(code, 1);
    const text = lines.join("\n");
    assert.match(text, /^changed {2}SpiderIPPool auto4-web-eth0-\w+: .*spec\.ips/m);
    assert.match(text, /^created {2}SpiderIPPool auto4-other-eth0-\w+$/m);
    assert.match(text, /^changed {2}SpiderSubnet s4: status\.allocatedIPCount, status\.controlledIPPools$/m);
    await world.act((user) => user.delete(deployments, web));
    assert.match((await ask(world)).lines.join("\n"), /^deleted {2}SpiderIPPool auto4-web-eth0-\w+$/m);
  }),
);

adoption.run();
