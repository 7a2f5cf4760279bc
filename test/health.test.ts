/** What the kubelet is told about an operator's process. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as api from "../src/api/resources.ts";
import type { Clock } from "../src/clock.ts";
import { ApiError } from "../src/cluster/cluster.ts";
import { createMemoryCluster } from "../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../src/cluster/memory/virtual-clock.ts";
import { OperatorHealth } from "../src/health.ts";
import { silentLog } from "../src/log.ts";
import { Operator } from "../src/operator.ts";
import { seededRandom } from "../src/random.ts";
import { defaultSettings } from "../src/settings.ts";

const health = suite("health");

interface World {
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly operator: Operator;
  readonly health: OperatorHealth;
  /** Blocks the event loop for so long. */
  block(ms: number): Promise<void>;
  /** What is not served yet. */
  unserved: string | undefined;
  isAway: boolean;
  isEnding: boolean;
}

function world(): World {
  const clock = createVirtualClock();
  let blockedMs = 0;
  const steadyClock: Clock = { now: () => clock.now() + blockedMs, after: clock.after };
  const refusal = new ApiError(503, "ServiceUnavailable", "away");
  const cluster = createMemoryCluster({ clock, resources: Object.values(api) }).connect({
    latencyMs: 2,
    faults: () => (made.isAway ? { kind: "refuse", error: refusal } : undefined),
  });
  const shared = { clock, random: seededRandom(1), log: silentLog };
  const operator = new Operator({ ...shared, cluster, settings: defaultSettings });
  const made: World = {
    clock,
    operator,
    unserved: undefined,
    isAway: false,
    isEnding: false,
    async block(ms) {
      blockedMs += ms;
      await clock.advance(300);
    },
    health: new OperatorHealth({
      clock,
      steadyClock,
      lagMaxMs: 10_000,
      watches: () => operator.watches(),
      isFilled: () => operator.isFilled,
      isEnding: () => made.isEnding,
      unserved: () => made.unserved,
    }),
  };
  return made;
}

async function close({ clock, operator, health: judged }: World): Promise<void> {
  judged.stop();
  await Promise.all([operator.stop(), clock.advance(1_000)]);
}

health("is ready once the caches are filled and all is served, until it ends", async () => {
  const made = world();
  const obstacle = (): string | undefined => made.health.obstacle();
  assert.match(obstacle() ?? "", /^Not filled yet are the caches of deployments, .*spiderippools/);
  const started = made.operator.start();
  await made.clock.advance(1_000);
  await started;
  assert.is(obstacle(), undefined);
  made.unserved = "The webhook has no certificate yet";
  assert.is(obstacle(), "The webhook has no certificate yet");
  made.unserved = undefined;
  made.isEnding = true;
  assert.is(obstacle(), "The process is ending");
  assert.is(made.health.ailment(), undefined);
  await close(made);
});

health("takes an event loop for ill that comes later than a lease allows, and forgives it in time", async () => {
  const made = world();
  await made.block(9_000);
  assert.is(made.health.ailment(), undefined);
  await made.block(12_000);
  assert.is(made.health.ailment(), "The event loop came 12.0 s late, more than 10 s");
  await made.clock.advance(30_000);
  assert.is(made.health.ailment(), undefined);
  await close(made);
});

health("takes an API server that is away, or has nothing to tell, for no illness", async () => {
  const made = world();
  const started = made.operator.start();
  await made.clock.advance(1_000);
  await started;
  await made.clock.advance(3_600_000);
  assert.is(made.health.ailment(), undefined);
  made.isAway = true;
  await made.clock.advance(3_600_000);
  assert.is(made.health.ailment(), undefined);
  await close(made);
});

health("takes a watch for ill that neither tells anything nor fails", async () => {
  const made = world();
  const started = made.operator.start();
  await made.clock.advance(1_000);
  await started;
  const [first] = made.operator.watches();
  const hung = { ...first, resource: "deployments", lastTurn: () => made.clock.now() - 601_000 };
  const judged = new OperatorHealth({
    clock: made.clock,
    steadyClock: made.clock,
    lagMaxMs: 10_000,
    watches: () => [hung as never],
    isFilled: () => true,
    isEnding: () => false,
    unserved: () => undefined,
  });
  assert.is(judged.ailment(), 'The watch of "deployments" has neither told anything nor failed for 600 s');
  judged.stop();
  await close(made);
});

health.run();
