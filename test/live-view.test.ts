import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createVirtualClock, type VirtualClock } from "../src/cluster/memory/virtual-clock.ts";
import { DELTA_MS, type LiveMessage, LiveView } from "../src/live-view.ts";
import type { TraceLine } from "../src/trace/trace-line.ts";
import { knownMachines } from "../src/view/known-machines.ts";
import type { MachineGraph } from "../src/view/machine-graph.ts";

const graph = knownMachines["pool"]?.graph() as MachineGraph;

const pool = (name: number | string, t = 1): TraceLine => {
  const object = { metadata: { name: `pool-${name}`, uid: `uid-${name}` }, spec: { subnet: "10.0.0.0/8", ips: [] } };
  return {
    line: "seen",
    t,
    of: "spiderippools.spiderpool.spidernet.io",
    key: `/pool-${name}`,
    uid: `uid-${name}`,
    type: "added",
    object,
  };
};

interface Scene {
  readonly clock: VirtualClock;
  readonly view: LiveView;
  readonly told: LiveMessage[];
}

function scene(): Scene {
  const clock = createVirtualClock();
  return { clock, view: new LiveView({ graph, clock }), told: [] };
}

const keysOf = ({ data }: LiveMessage): string[] => JSON.parse(data).pools.map(({ key }: { key: string }) => key);

const live = suite("LiveView");

live("tells a newcomer everything, then what changes, gathered for a moment", async () => {
  const { clock, view, told } = scene();
  view.take(pool(1));
  view.listen((message) => told.push(message));
  for (let index = 2; index < 50; index++) view.take(pool(index));
  await clock.advance(DELTA_MS);

  assert.equal(
    told.map(({ event }) => event),
    ["state", "delta"],
  );
  assert.equal(keysOf(told[0] as LiveMessage), ["pool/pool-1"]);
  assert.is(keysOf(told[1] as LiveMessage).length, 48);
});

live("says nothing while nothing changes, and nothing to those who went", async () => {
  const { clock, view, told } = scene();
  const leave = view.listen((message) => told.push(message));
  await clock.advance(10 * DELTA_MS);
  leave();
  view.take(pool(1));
  await clock.advance(10 * DELTA_MS);

  assert.is(told.length, 1);
  assert.is(clock.pending(), 0);
});

live("tells who comes back what it has missed", async () => {
  const { clock, view, told } = scene();
  const leave = view.listen((message) => told.push(message));
  view.take(pool(1));
  await clock.advance(DELTA_MS);
  leave();
  view.take(pool(2));
  view.listen((message) => told.push(message), told.at(-1)?.id);

  assert.equal(
    told.map(({ event }) => event),
    ["state", "delta", "delta"],
  );
  assert.equal(keysOf(told[2] as LiveMessage), ["pool/pool-2"]);
  const before = told.length;
  view.listen((message) => told.push(message), told.at(-1)?.id);
  assert.is(told.length, before);
});

live("tells everything to who comes back with an id that it does not know", async () => {
  const { view, told } = scene();
  view.take(pool(1));
  for (const id of ["other-0", "nonsense", "", `${told[0]?.id ?? "x"}-99`]) {
    view.listen((message) => told.push(message), id)();
    assert.is(told.at(-1)?.event, "state", id);
  }
});

live("tells everything where so much was missed that it is not kept", async () => {
  const { clock, view, told } = scene();
  const leave = view.listen((message) => told.push(message));
  const { id } = told[0] as LiveMessage;
  for (let round = 0; round < 60; round++) {
    for (let index = 0; index < 200; index++) view.take(pool(`${round}-${index}`));
    await clock.advance(DELTA_MS);
  }
  leave();
  told.length = 0;
  view.listen((message) => told.push(message), id);

  assert.equal(
    told.map(({ event }) => event),
    ["state"],
  );
});

live("tells everything anew where a process begins", async () => {
  const { clock, view, told } = scene();
  view.listen((message) => told.push(message));
  const settings = { defaultNumber: "+1", families: [4] as const };
  const at = "2026-01-01T00:00:00.000000Z";
  view.take({
    line: "header",
    t: 0,
    format: "autopool-trace",
    version: 1,
    at,
    autopool: "1",
    settings,
    begins: "start",
  });
  await clock.advance(DELTA_MS);

  assert.equal(
    told.map(({ event }) => event),
    ["state", "state"],
  );
});

live.run();
