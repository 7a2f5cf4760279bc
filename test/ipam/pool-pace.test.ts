/** Agents of several nodes that write one pool at the same time: how often they collide, and whether each gets its turn. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spiderIPPools } from "../../src/api/resources.ts";
import { sleep } from "../../src/clock.ts";
import { startReflector } from "../../src/cluster/reflector.ts";
import { PoolPace } from "../../src/ipam/pool-pace.ts";
import { seededRandom } from "../../src/random.ts";
import { PoolScene, poolName } from "./pool-scene.ts";

const pace = suite("the pace of pool writes");

/** Milliseconds of what an ADD does beside the pool's write. */
const besideMs = 40;

/** Lets agents with so many callers each take addresses for so long; returns how many each has got, and the longest wait. */
async function play(agents: number, callers: number, ms: number): Promise<{ served: number[]; longestMs: number }> {
  const scene = new PoolScene();
  await scene.create({ ips: ["10.0.0.1-10.0.15.254"] });
  const end = scene.clock.now() + ms;
  const served = Array.from({ length: agents }, () => 0);
  let longestMs = 0;
  const reflectors = served.map((_, agent) => {
    const commits = scene.commits({ seed: agent + 1 });
    const call = async (caller: number): Promise<void> => {
      for (let i = 0; scene.clock.now() < end; i += 1) {
        const beganAt = scene.clock.now();
        const id = `${agent}-${caller}-${i}`;
        await commits.claim(poolName, { pod: `default/${id}`, podUid: id, count: 1, known: [] });
        longestMs = Math.max(longestMs, scene.clock.now() - beganAt);
        served[agent] = (served[agent] ?? 0) + 1;
        await sleep(scene.clock, besideMs);
      }
    };
    const reflector = startReflector({
      cluster: scene.server.connect(),
      resource: spiderIPPools,
      clock: scene.clock,
      random: seededRandom(agent),
      onEvent: ({ type, object }) => {
        if (type !== "deleted") commits.observe(object as never);
      },
    });
    return { reflector, calls: Array.from({ length: callers }, (_, caller) => call(caller)) };
  });
  await scene.all(reflectors.flatMap(({ calls }) => calls));
  await Promise.all(reflectors.map(({ reflector }) => reflector.stop()));
  assert.is(
    Object.keys(scene.records).length,
    served.reduce((sum, count) => sum + count, 0),
  );
  return { served, longestMs };
}

pace("gives five agents about the same, and lets nobody wait for seconds", async () => {
  const { served, longestMs } = await play(5, 10, 2_000);

  assert.ok(Math.min(...served) > 0.6 * Math.max(...served), `served ${served}`);
  assert.ok(longestMs < 1_000, `${longestMs} ms`);
});

pace("does not slow an agent that is alone", async () => {
  const { longestMs } = await play(1, 1, 2_000);

  assert.ok(longestMs < 20, `${longestMs} ms`);
});

pace("forgets others who have not written for long", async () => {
  const { clock } = new PoolScene();
  const alone = new PoolPace({ clock, random: () => 0.9 });
  alone.saw("1");
  alone.wrote("2", 50, 1);
  const beganAt = clock.now();
  const first = alone.turn(() => 1);
  await clock.advance(1_000);
  await first;
  assert.ok(clock.now() > beganAt);

  await clock.advance(10_000);
  alone.wrote("3", 50, 1);

  let isThere = false;
  void alone
    .turn(() => 1)
    .then(() => {
      isThere = true;
    });
  await clock.advance(0);
  assert.ok(isThere);
});

pace.run();
