/**
 * Whatever the API server answers, whoever edits what and whenever the operator dies: no invariant breaks at any commit, and
 * once the faults stop everything comes to rest as it should be.
 *
 * `AUTOPOOL_SEED=123 npm exec -- uvu test/operator 'faults'` plays one seed again and tells what happens.
 * @module
 */

import { suite } from "uvu";
import type { SpiderSubnetStatus } from "../../src/api/subnet.ts";
import type { ObjectMeta } from "../../src/cluster/cluster.ts";
import { randomFaults } from "../../src/cluster/memory/faults.ts";
import { createLog, silentLog } from "../../src/log.ts";
import { seededRandom } from "../../src/random.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { Chaos } from "./chaos.ts";
import { unsettled } from "./settled.ts";

/** One seed, or a range such as `1-20`. */
const only = process.env["AUTOPOOL_SEED"];
const [first = 1, last = first] = only === undefined ? [1, 500] : only.split("-").map(Number);
const isTold = first === last;
const minutes = 60_000;
/** The longest wait that the operator has: addresses which the API server refused are not picked for 10 minutes. */
const restMs = 12 * minutes;
const pauses = [0, 0, 3, 50, 400, 2_000, 15_000];

/** Plays one seed; returns what went wrong. */
async function play(seed: number, tell: (line: string) => void): Promise<string[]> {
  const random = seededRandom(seed);
  const world = new MemoryWorld({
    seed,
    latencyMs: () => 1 + Math.floor(random() * 20),
    log: (clock) => (isTold ? createLog({ clock, level: "debug", format: "text", write: tell }) : silentLog),
  });
  const drawn = randomFaults({ random, rate: random() * 0.6 });
  let isFaulty = true;
  const faults: typeof drawn = (request) => {
    const fault = isFaulty ? drawn(request) : undefined;
    if (fault && isTold)
      tell(`  fault ${request.verb} ${request.resource?.plural} ${request.ref?.name ?? ""} ${JSON.stringify(fault)}`);
    return fault;
  };
  if (isTold) {
    world.server.observe(({ type, version, resource: { plural }, object }) => {
      const { metadata, spec, status } = object as { metadata: ObjectMeta; spec?: { ips?: unknown }; status?: object };
      if (plural.startsWith("spider")) {
        const ledger = (status as SpiderSubnetStatus | undefined)?.controlledIPPools ?? "";
        tell(`  ${version} ${type} ${metadata.name} ${spec?.ips} ${metadata.deletionTimestamp ?? ""} ${ledger}`);
      }
    });
  }
  const chaos = new Chaos(world, random, faults);
  await chaos.begin();
  world.start(faults);
  for (let left = 10 + Math.floor(random() * 45); left > 0; left--) {
    await world.clock.advance(pauses[Math.floor(random() * pauses.length)] as number);
    const action = await chaos.act();
    if (isTold) tell(`> ${action}`);
  }
  isFaulty = false;
  await world.clock.advance(restMs);
  const problems = [...world.broken, ...unsettled(world, chaos.apps)];
  const [version, count] = [world.server.version(), world.requests.length];
  await world.clock.advance(10 * minutes);
  const late = world.requests.slice(count).filter(({ verb }) => verb !== "watch");
  if (world.server.version() !== version)
    problems.push(`${world.server.version() - version} writes in ten quiet minutes`);
  if (late.length > 0)
    problems.push(`requests in ten quiet minutes: ${late.map(({ verb, resource }) => `${verb} ${resource?.plural}`)}`);
  await world.close();
  return problems;
}

const faults = suite("operator: faults");

faults("break no invariant and leave nothing undone", async () => {
  const failures: string[] = [];
  for (let seed = first; seed <= last; seed++) {
    const problems = await play(seed, console.log);
    if (problems.length > 0) {
      failures.push(
        `AUTOPOOL_SEED=${seed} npm exec -- uvu test/operator 'faults'\n  ${problems.slice(0, 8).join("\n  ")}`,
      );
    }
  }
  if (failures.length === 0) return;
  const few = failures.slice(0, 12).join("\n");
  throw new Error(`${failures.length} of ${last - first + 1} seeds failed; each is played again by\n${few}`);
});

faults.run();
