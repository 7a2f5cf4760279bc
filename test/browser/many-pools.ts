/**
 * A process that serves the page of ten thousand pools, some of which change all the time; it tells its parent what that costs.
 *
 * There is no operator: the lines of its trace are made up, so that nothing is measured but the page.
 * @module
 */

import { formatAddress } from "../../src/address/address.ts";
import { formatControlledPools, type PoolRecord } from "../../src/api/controlled-pools.ts";
import { GROUP, LABEL } from "../../src/api/names.ts";
import { systemClock } from "../../src/clock.ts";
import { LiveView } from "../../src/live-view.ts";
import type { TraceLine } from "../../src/trace/trace-line.ts";
import { knownMachines } from "../../src/view/known-machines.ts";
import type { MachineGraph } from "../../src/view/machine-graph.ts";
import { serveView } from "../../src/view-server.ts";
import { poolDocument } from "../../src/viewing.ts";

const POOLS = 10_000;
const SIZE = 4;
/** How often a pool changes, in milliseconds. */
const CHANGE_MS = 50;

const address = (index: number): string => formatAddress(0x0a_00_00_00n + BigInt(index), 4);
const nameOf = (index: number): string => `auto4-app-${index}-eth0-${(index % 2 ** 16).toString(16).padStart(5, "0")}`;
const keyOf = (index: number): string => `team-${index % 40}/Deployment.apps/app-${index}/eth0/4@big`;
const ipsOf = (index: number): string[] => [`${address(index * SIZE)}-${address(index * SIZE + SIZE - 1)}`];

function poolLine(t: number, index: number, inUse: number): TraceLine {
  const uses = Array.from({ length: inUse }, (_, use) => [
    address(index * SIZE + use),
    { pod: `team-${index % 40}/app-${index}-${use}`, podUid: `uid-${index}-${use}` },
  ]);
  const labels = { [LABEL.applicationName]: `app-${index}`, [LABEL.ownerSubnet]: "big" };
  const object = {
    metadata: { name: nameOf(index), uid: `pool-${index}`, labels },
    spec: { ipVersion: 4, subnet: "10.0.0.0/8", ips: ipsOf(index) },
    status: { allocatedIPs: JSON.stringify(Object.fromEntries(uses)), totalIPCount: SIZE, allocatedIPCount: inUse },
  };
  return {
    line: "seen",
    t,
    of: `spiderippools.${GROUP}`,
    key: `/${nameOf(index)}`,
    uid: `pool-${index}`,
    type: "modified",
    object,
  };
}

const factOf = (index: number, inUse: number) =>
  ({
    size: SIZE,
    reserved: SIZE,
    inUse,
    uid: `pool-${index}`,
    owner: `app-${index}`,
    reclaim: true,
    terminating: false,
    drifted: false,
  }) as const;

function* firstLines(): Generator<TraceLine> {
  const settings = { defaultNumber: "+1", families: [4, 6] as const };
  const head = {
    line: "header",
    t: 0,
    format: "autopool-trace",
    version: 1,
    autopool: "0",
    begins: "checkpoint",
  } as const;
  yield { ...head, at: "2026-01-01T00:00:00.000000Z", settings };
  const records = new Map<string, PoolRecord>();
  for (let index = 0; index < POOLS; index++) records.set(nameOf(index), { ips: ipsOf(index) });
  const object = {
    metadata: { name: "big", uid: "big" },
    spec: { subnet: "10.0.0.0/8", ips: [`${address(0)}-${address(65_535)}`] },
    status: { controlledIPPools: formatControlledPools(records), totalIPCount: 65_536, allocatedIPCount: POOLS * SIZE },
  };
  yield { line: "seen", t: 0, of: `spidersubnets.${GROUP}`, key: "/big", uid: "big", type: "added", object };
  for (let index = 0; index < POOLS; index++) {
    yield poolLine(0, index, index % SIZE);
    const workload = { desired: SIZE, uid: `app-${index}`, reclaim: true };
    const facts = { workload, pool: factOf(index, index % SIZE) };
    const state = "created.managed";
    yield {
      line: "machine",
      t: 0,
      key: keyOf(index),
      application: `app-${index}`,
      native: true,
      subnet: "big",
      state,
      facts,
    };
  }
  yield { line: "resumed", t: 0, due: [] };
}

const lines = [...firstLines()];
const graph = (knownMachines["pool"] as { graph(): MachineGraph }).graph();
const view = new LiveView({ graph, clock: systemClock });
for (const line of lines) view.take(line);

const document = await poolDocument("live");
const source = { trace: () => lines.map((line) => `${JSON.stringify(line)}\n`), live: { view, lines: () => lines } };
const { url } = await serveView({ port: 0, clock: systemClock, document, source });

let changes = 0;
function change(): void {
  changes += 1;
  const [t, index, inUse] = [changes * CHANGE_MS, (changes * 7_919) % POOLS, changes % (SIZE + 1)];
  const state = "created.managed";
  view.take(poolLine(t, index, inUse));
  const event = { type: "pool.observed", ...factOf(index, inUse) } as const;
  view.take({ line: "step", t, key: keyOf(index), event, from: state, to: state, operations: [] });
  systemClock.after(CHANGE_MS, change);
}
systemClock.after(CHANGE_MS, change);

process.on("message", () => process.send?.({ cpu: process.cpuUsage(), changes }));
process.on("disconnect", () => process.exit());
process.send?.({ url });
