/**
 * Where traces are kept: bounded, whole from any beginning, and never in the operator's way.
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, spiderSubnets } from "../../src/api/resources.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { replay } from "../../src/trace/replay.ts";
import { TraceRing } from "../../src/trace/ring.ts";
import { TraceFile } from "../../src/trace/trace-file.ts";
import { readTrace } from "../../src/trace/trace-reader.ts";
import { onS4 } from "../operator/scene.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { annotationsOf, createWorkload, NAMESPACE, scaleWorkload, subnet } from "../support/scenario.ts";

const ref = { namespace: NAMESPACE, name: "web" };

/** Lets an application live often enough to fill what is small. */
async function live(world: MemoryWorld, rounds: number): Promise<void> {
  await world.act((user) => createWorkload(user, deployments, "web", 1, annotationsOf(onS4)));
  for (let round = 0; round < rounds; round++) {
    await world.act((user) => scaleWorkload(user, deployments, "web", 1 + (round % 3)));
    await world.settle();
  }
}

async function withS4(world: MemoryWorld): Promise<MemoryWorld> {
  await world.act((user) => user.create(spiderSubnets, subnet("s4", "10.4.0.0/24", ["10.4.0.10-10.4.0.19"])));
  world.start();
  await world.settle();
  return world;
}

const ring = suite("trace: ring");

ring("holds the last lines from a checkpoint on, which replay exactly", async () => {
  const kept = new TraceRing(60_000);
  const world = await withS4(new MemoryWorld({ sinks: [kept] }));
  let before = 0;
  for (let round = 0; round < 4; round++) {
    await live(world, 8);
    await world.act((user) => user.delete(deployments, ref));
    await world.settle();
    const texts = [...kept.texts()];
    const { difference, decisions } = await replay(readTrace(texts));
    assert.is(difference, undefined);
    assert.ok(decisions > 5, `${decisions} decisions`);
    const length = texts.join("").length;
    assert.ok(length < 120_000, `${length} bytes are held`);
    before = Math.max(before, length);
  }
  assert.match([...kept.texts()][0] ?? "", /"begins":"checkpoint"/);
  assert.ok(before > 20_000);
  await world.close();
});

ring.run();

const file = suite("trace: file");
const directory = mkdtempSync(join(tmpdir(), "autopool-trace-"));
const textsOf = (path: string): string[] => readFileSync(path, "utf8").trimEnd().split("\n");

file("begins anew at its limit, with a checkpoint, and keeps one file of the past", async () => {
  const path = join(directory, "rotating");
  const clock = createVirtualClock();
  const sink = new TraceFile({ path, bytesMax: 30_000, clock, onError: assert.unreachable });
  const world = await withS4(new MemoryWorld({ sinks: [sink] }));
  await live(world, 30);
  sink.close();
  const [past, present] = [textsOf(`${path}.1`), textsOf(path)];
  for (const texts of [past, present, [...past, ...present]]) {
    const { difference, lines } = await replay(readTrace(texts));
    assert.equal([difference, lines], [undefined, texts.length]);
  }
  assert.match(present[0] ?? "", /"begins":"checkpoint"/);
  assert.ok(statSync(`${path}.1`).size < 40_000);
  await world.close();
});

file("adds to what an earlier process left, half a line included", async () => {
  const path = join(directory, "kept");
  const clock = createVirtualClock();
  for (const _ of [1, 2]) {
    const sink = new TraceFile({ path, clock, onError: assert.unreachable });
    const world = await withS4(new MemoryWorld({ sinks: [sink] }));
    await live(world, 1);
    sink.close();
    await world.close();
    writeFileSync(path, '{"line":"see', { flag: "a" });
  }
  const headers = textsOf(path).filter((text) => text.startsWith('{"line":"header"'));
  assert.is(headers.length, 2);
  assert.is((await replay(readTrace(textsOf(path)))).difference, undefined);
});

file("is written within a moment, and given up where the disk refuses it", async () => {
  const path = join(directory, "slow");
  const clock = createVirtualClock();
  const errors: unknown[] = [];
  const sink = new TraceFile({ path, clock, onError: (error) => errors.push(error) });
  sink.take({ line: "opened", t: 0 });
  assert.is(statSync(path).size, 0);
  await clock.advance(200);
  assert.is(readFileSync(path, "utf8"), '{"line":"opened","t":0}\n');
  assert.throws(() => new TraceFile({ path: join(directory, "no", "such"), clock, onError: () => {} }), /ENOENT/);
  const full = new TraceFile({ path: "/dev/full", clock, onError: (error) => errors.push(error) });
  full.take({ line: "opened", t: 0 });
  await clock.advance(200);
  full.take({ line: "opened", t: 1 });
  full.close();
  assert.equal(
    errors.map((error) => (error as NodeJS.ErrnoException).code),
    ["ENOSPC"],
  );
  sink.close();
});

file.after(() => rmSync(directory, { recursive: true }));
file.run();
